import { byId, make, positionAt } from "./dom.js";

export class Handles {
  constructor(text, highlights, onChange) {
    Object.assign(this, { text, highlights, onChange });
    this.root = byId("handles");
    new ResizeObserver(() => this.#layOut()).observe(text.root);
    const on = (kind, act) => this.root.addEventListener(kind, act);
    on("pointerdown", (event) => this.#grab(event));
    on("pointermove", (event) => this.#drag(event));
    on("pointerup", () => this.held && this.#commit());
    on("pointercancel", () => this.#cancel());
    on("keydown", (event) => this.#onKey(event));
    on("focusout", () => this.held || this.#cancel());
  }

  show(spans) {
    this.spans = spans;
    this.held = this.moved = null;
    this.root.replaceChildren(...spans.flatMap((_, index) => [createHandle(index, "start"), createHandle(index, "end")]));
    this.root.hidden = !spans.length;
    this.#layOut();
  }

  #layOut() {
    for (const button of this.root.children) {
      const span = (this.moved ?? this.spans)[button.dataset.index];
      const isStart = button.dataset.end === "start";
      const box = [...(this.text.range(span)?.getClientRects() ?? [])].at(isStart ? 0 : -1);
      if (!box) continue;
      const edge = isStart !== this.text.isRtl(span.start) ? box.left : box.right;
      positionAt(button, edge, box.top);
      button.style.height = `${box.height}px`;
    }
  }

  #grab(event) {
    this.held = event.target.closest("button");
    if (!this.held) return;
    event.preventDefault();
    this.root.setPointerCapture(event.pointerId);
    this.root.classList.add("dragging");
  }

  #drag({ clientX, clientY, altKey }) {
    const offset = this.held ? this.text.getOffsetAtPoint(clientX, clientY) : null;
    if (offset !== null) this.#move(this.held, offset, !altKey);
  }

  #onKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter") this.#commit();
    else if (event.key === "Escape" && this.moved) this.#cancel();
    else if (by) this.#nudge(event.target, by, event.altKey ? "grapheme" : "word");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #nudge(button, by, granularity) {
    const { end, index } = button.dataset;
    const now = (this.moved ?? this.spans)[index][end];
    const units = this.text.getUnits(granularity);
    const unit = by > 0 ? units.find((u) => u[end] > now) : units.findLast((u) => u[end] < now);
    if (unit) this.#move(button, unit[end], false);
  }

  #move({ dataset }, offset, snap) {
    const moved = (this.moved ?? this.spans).map((span) => ({ ...span }));
    const span = moved[dataset.index];
    span[dataset.end] = offset;
    if (span.start >= span.end) return;
    if (snap) Object.assign(span, this.text.expandToWords(span));
    // Passages of one annotation must not overlap.
    if (moved.some((o) => o !== span && o.start < span.end && span.start < o.end)) return;
    this.#preview(moved);
  }

  #commit() {
    const { moved } = this;
    this.#cancel();
    if (moved) this.onChange(moved);
  }

  #cancel() {
    this.held = null;
    this.root.classList.remove("dragging");
    if (this.moved) this.#preview(null);
  }

  #preview(moved) {
    this.moved = moved;
    this.highlights.show("pointed", moved ?? []);
    this.#layOut();
  }
}

function createHandle(index, end) {
  const ariaLabel = interpolate(byId("handles").dataset[end], [index + 1]);
  const button = make("button", { type: "button", className: `handle ${end}`, ariaLabel });
  Object.assign(button.dataset, { index, end });
  return button;
}
