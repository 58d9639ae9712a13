// Paints annotations over the text with the CSS Custom Highlight API; the DOM stays as it is.

const KINDS = ["claim", "entity_tag", "source_link", "note"];

export const canHighlight = Boolean(globalThis.CSS?.highlights && globalThis.Highlight);

export class Highlights {
  constructor(text) {
    this.text = text;
    this.layers = new Map();
    if (!canHighlight) return;
    [...KINDS, "draft", "pointed", "chosen"].forEach((name, priority) => {
      const layer = new Highlight();
      layer.priority = priority;
      CSS.highlights.set(name.replace("_", "-"), layer);
      this.layers.set(name, layer);
    });
  }

  /** Paint the shown cards, each in the layer of its kind. */
  paint(cards) {
    for (const kind of KINDS) {
      const spans = cards.filter((card) => card.kind === kind).flatMap((card) => card.spans);
      this.show(kind, spans);
    }
  }

  /** Make a layer show these spans and nothing else. */
  show(name, spans) {
    const layer = this.layers.get(name);
    if (!layer) return;
    layer.clear();
    for (const span of spans) {
      const range = this.text.range(span);
      if (range) layer.add(range);
    }
  }
}

/** Read spans as the server writes them: `12-45 60-70`. */
export function readSpans(written) {
  return (written || "")
    .split(" ")
    .filter(Boolean)
    .map((passage) => {
      const [start, end] = passage.split("-").map(Number);
      return { start, end };
    });
}

/** Write spans as the server reads them, in text order. */
export function writeSpans(spans) {
  return [...spans]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end }) => `${start}-${end}`)
    .join(" ");
}
