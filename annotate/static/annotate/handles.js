// The ends of a passage, to be dragged or moved with the arrow keys.

export class Handles {
  /** `changed(spans)` gets the passages after one of their ends was moved. */
  constructor(text, highlights, changed) {
    Object.assign(this, { text, highlights, changed });
    this.place = document.getElementById("handles");
    this.spans = [];
    addEventListener("resize", () => this.#lay());
    new ResizeObserver(() => this.#lay()).observe(text.root);
    this.place.addEventListener("pointerdown", (event) => this.#grab(event));
    this.place.addEventListener("pointermove", (event) => this.#drag(event));
    this.place.addEventListener("pointerup", () => this.#release());
    this.place.addEventListener("pointercancel", () => this.#cancel());
    this.place.addEventListener("keydown", (event) => this.#key(event));
    this.place.addEventListener("focusout", () => !this.held && this.#cancel());
  }

  /** Stand at the ends of these passages; at none, go away. */
  show(spans) {
    this.spans = spans.map((span) => ({ ...span }));
    this.moved = null;
    this.place.replaceChildren(
      ...this.spans.flatMap((_, index) => ["start", "end"].map((end) => handle(index, end))),
    );
    this.place.hidden = !spans.length;
    this.#lay();
  }

  #lay() {
    for (const button of this.place.children) {
      const span = (this.moved ?? this.spans)[button.dataset.index];
      const rects = this.text.range(span)?.getClientRects() ?? [];
      const box = button.dataset.end === "start" ? rects[0] : rects[rects.length - 1];
      if (!box) continue;
      const rtl = getComputedStyle(this.text.blockAt(span.start).element).direction === "rtl";
      const atLeft = (button.dataset.end === "start") !== rtl;
      button.style.left = `${(atLeft ? box.left : box.right) + scrollX}px`;
      button.style.top = `${box.top + scrollY}px`;
      button.style.height = `${box.height}px`;
    }
  }

  #grab(event) {
    const button = event.target.closest("button");
    if (!button) return;
    event.preventDefault();
    this.held = button;
    this.place.setPointerCapture(event.pointerId);
    this.place.classList.add("dragging");
  }

  #drag(event) {
    if (!this.held) return;
    const place = this.text.placeAt(event.clientX, event.clientY);
    if (place !== null) this.#move(this.held, place, !event.altKey);
  }

  #release() {
    if (!this.held) return;
    this.held = null;
    this.place.classList.remove("dragging");
    this.#keep();
  }

  #cancel() {
    this.held = null;
    this.place.classList.remove("dragging");
    if (!this.moved) return;
    this.moved = null;
    this.highlights.show("pointed", []);
    this.#lay();
  }

  #key(event) {
    const button = event.target.closest("button");
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter") this.#keep();
    else if (event.key === "Escape" && this.moved) this.#cancel();
    else if (by && button) this.#nudge(button, by, event.altKey ? "grapheme" : "word");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #nudge(button, by, along) {
    const span = (this.moved ?? this.spans)[button.dataset.index];
    const end = button.dataset.end;
    const units = this.text.units(along);
    const unit =
      by > 0 ? units.find((u) => u[end] > span[end]) : units.findLast((u) => u[end] < span[end]);
    if (unit) this.#move(button, unit[end], false);
  }

  #move(button, place, snap) {
    const moved = this.spans.map((span) => ({ ...span }));
    const span = moved[button.dataset.index];
    span[button.dataset.end] = place;
    if (span.start >= span.end) return;
    if (snap) Object.assign(span, this.text.wholeWords(span));
    // Passages of one annotation stay apart.
    const clash = moved.some((o) => o !== span && o.start < span.end && span.start < o.end);
    if (clash) return;
    this.moved = moved;
    this.highlights.show("pointed", moved);
    this.#lay();
  }

  #keep() {
    if (!this.moved) return;
    const { moved } = this;
    this.moved = null;
    this.highlights.show("pointed", []);
    this.changed(moved);
  }
}

function handle(index, end) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `handle ${end}`;
  button.dataset.index = index;
  button.dataset.end = end;
  button.ariaLabel = `${end === "start" ? "Start" : "End"} of passage ${index + 1}: arrow keys move it, Enter keeps it`;
  return button;
}
