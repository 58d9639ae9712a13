// The ends of a passage, to be dragged or moved with the arrow keys.

import { byId, make, putAt } from "./dom.js";

export class Handles {
  constructor(text, highlights, changed) {
    Object.assign(this, { text, highlights, changed });
    this.place = byId("handles");
    new ResizeObserver(() => this.#lay()).observe(text.root);
    const on = (kind, act) => this.place.addEventListener(kind, act);
    on("pointerdown", (event) => this.#grab(event));
    on("pointermove", (event) => this.#drag(event));
    on("pointerup", () => this.held && this.#keep());
    on("pointercancel", () => this.#cancel());
    on("keydown", (event) => this.#key(event));
    on("focusout", () => this.held || this.#cancel());
  }

  /** Stand at the ends of these passages; at none, go away. */
  show(spans) {
    this.spans = spans;
    this.held = this.moved = null;
    this.place.replaceChildren(...spans.flatMap((_, index) => [handle(index, "start"), handle(index, "end")]));
    this.place.hidden = !spans.length;
    this.#lay();
  }

  #lay() {
    for (const button of this.place.children) {
      const span = (this.moved ?? this.spans)[button.dataset.index];
      const isStart = button.dataset.end === "start";
      const box = [...(this.text.range(span)?.getClientRects() ?? [])].at(isStart ? 0 : -1);
      if (!box) continue;
      const edge = isStart !== this.text.isRtlAt(span.start) ? box.left : box.right;
      putAt(button, edge, box.top);
      button.style.height = `${box.height}px`;
    }
  }

  #grab(event) {
    this.held = event.target.closest("button");
    if (!this.held) return;
    event.preventDefault();
    this.place.setPointerCapture(event.pointerId);
    this.place.classList.add("dragging");
  }

  #drag({ clientX, clientY, altKey }) {
    const place = this.held ? this.text.placeAt(clientX, clientY) : null;
    if (place !== null) this.#move(this.held, place, !altKey);
  }

  #key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter") this.#keep();
    else if (event.key === "Escape" && this.moved) this.#cancel();
    else if (by) this.#nudge(event.target, by, event.altKey ? "grapheme" : "word");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #nudge(button, by, along) {
    const { end, index } = button.dataset;
    const now = (this.moved ?? this.spans)[index][end];
    const units = this.text.units(along);
    const unit = by > 0 ? units.find((u) => u[end] > now) : units.findLast((u) => u[end] < now);
    if (unit) this.#move(button, unit[end], false);
  }

  #move({ dataset }, place, snap) {
    const moved = (this.moved ?? this.spans).map((span) => ({ ...span }));
    const span = moved[dataset.index];
    span[dataset.end] = place;
    if (span.start >= span.end) return;
    if (snap) Object.assign(span, this.text.wholeWords(span));
    // Passages of one annotation stay apart.
    if (moved.some((o) => o !== span && o.start < span.end && span.start < o.end)) return;
    this.#preview(moved);
  }

  #keep() {
    const { moved } = this;
    this.#cancel();
    if (moved) this.changed(moved);
  }

  #cancel() {
    this.held = null;
    this.place.classList.remove("dragging");
    if (this.moved) this.#preview(null);
  }

  #preview(moved) {
    this.moved = moved;
    this.highlights.show("pointed", moved ?? []);
    this.#lay();
  }
}

function handle(index, end) {
  const ariaLabel = `${end === "start" ? "Start" : "End"} of passage ${index + 1}: move it with arrow keys, then Enter`;
  const button = make("button", { type: "button", className: `handle ${end}`, ariaLabel });
  Object.assign(button.dataset, { index, end });
  return button;
}
