// Paints annotations over the text with the CSS Custom Highlight API; the DOM stays as it is.

const KINDS = ["claim", "entity_tag", "source_link", "note"];
// Claims that share words with another are painted once more over it.
const LAYERS = ["claim", "claim_over", ...KINDS.slice(1), "draft", "pointed", "chosen"];

export const canHighlight = Boolean(globalThis.CSS?.highlights && globalThis.Highlight);

export class Highlights {
  constructor(text) {
    this.text = text;
    this.layers = new Map();
    if (!canHighlight) return;
    LAYERS.forEach((name, priority) => {
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
      if (kind === "claim") this.show("claim_over", shared(spans));
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

/** The stretches that two or more of the spans cover. */
function shared(spans) {
  const borders = spans.flatMap(({ start, end }) => [
    { place: start, by: 1 },
    { place: end, by: -1 },
  ]);
  borders.sort((a, b) => a.place - b.place || a.by - b.by);
  const found = [];
  let depth = 0;
  for (const { place, by } of borders) {
    if (by > 0 && depth === 1) found.push({ start: place });
    if (by < 0 && depth === 2) found.at(-1).end = place;
    depth += by;
  }
  return found;
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
