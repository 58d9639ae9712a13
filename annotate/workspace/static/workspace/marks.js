// Bars in the margin, one column for each kind of annotation.

import { make } from "./dom.js";
import { KINDS } from "./highlights.js";

const COLUMN = 5;
const WIDTH = 3;

export class Marks {
  constructor(text) {
    this.text = text;
    this.canvas = make("canvas", { className: "marks", ariaHidden: "true" });
    // Outside the text element, so that copying gives the text alone.
    text.root.before(this.canvas);
    this.cards = [];
    new ResizeObserver(() => this.#scheduleDraw()).observe(text.root);
    document.addEventListener("pressmark:theme", () => this.#scheduleDraw());
  }

  show(cards) {
    this.cards = cards;
    this.#scheduleDraw();
  }

  #scheduleDraw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { canvas } = this;
    const root = this.text.root.getBoundingClientRect();
    const scale = devicePixelRatio;
    canvas.width = KINDS.length * COLUMN * scale;
    canvas.height = Math.min(root.height * scale, 30_000);
    canvas.style.height = `${root.height}px`;
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(this.text.root);
    const down = canvas.height / root.height;
    const colours = KINDS.map((kind) => style.getPropertyValue(`--mark-${kind}`));
    for (const card of this.cards) {
      const column = KINDS.indexOf(card.kind);
      pen.fillStyle = colours[column];
      for (const span of card.spans) {
        const box = this.text.range(span)?.getBoundingClientRect();
        if (!box) continue;
        const [top, height] = [(box.top - root.top) * down, Math.max(3, (box.height - 4) * down)];
        pen.fillRect(column * COLUMN * scale, top + 2, WIDTH * scale, height);
      }
    }
  }
}
