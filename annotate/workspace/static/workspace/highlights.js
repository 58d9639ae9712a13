import { findOverlaps } from "./spans.js";

export const KINDS = ["claim", "entity_tag", "source_link", "note"];
// Text shared by two claims is painted once more.
const LAYERS = ["claim", "claim_over", ...KINDS.slice(1), "pending", "draft", "pointed", "selected"];

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

  paint(cards) {
    for (const kind of KINDS) {
      const spans = cards.filter((card) => card.kind === kind).flatMap((card) => card.spans);
      this.show(kind, spans);
      if (kind === "claim") this.show("claim_over", findOverlaps(spans));
    }
  }

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
