// Selecting with the keyboard alone: by word, by sentence, by character.

/** The unit that follows (1) or precedes (-1) a span; the first one that touches it when there is none yet. */
export function step(units, span, by) {
  if (!units.length) return null;
  if (!span) return by > 0 ? units[0] : units.at(-1);
  const next =
    by > 0
      ? units.find((unit) => unit.start >= span.end)
      : units.findLast((unit) => unit.end <= span.start);
  return next ?? (by > 0 ? units.at(-1) : units[0]);
}

/** From the start of the first of two spans to the end of the last. */
export function union(a, b) {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

export class Caret {
  /** `moved(span, exact)` is told of each new selection. */
  constructor(text, moved) {
    this.text = text;
    this.moved = moved;
    text.root.addEventListener("keydown", (event) => {
      if (this.#act(event)) event.preventDefault();
    });
    text.root.addEventListener("pointerdown", () => this.forget());
  }

  /** Begin anew at the next key. */
  forget() {
    this.anchor = this.focus = null;
  }

  #act(event) {
    if (event.ctrlKey || event.metaKey) return false;
    const by = this.#direction(event.key);
    if (!by) return false;
    this.#takeUp();
    if (event.altKey) return event.shiftKey && this.#byCharacter(by);
    const along = event.key === "ArrowDown" || event.key === "ArrowUp" ? "sentence" : "word";
    const unit = step(this.text.units(along), this.focus, by);
    if (!unit) return false;
    this.focus = unit;
    if (!event.shiftKey || !this.anchor) this.anchor = unit;
    return this.#select(union(this.anchor, this.focus), false);
  }

  /** A selection that was made otherwise is where the keys go on from. */
  #takeUp() {
    const there = this.text.selected({ exact: true });
    if (there && this.selected?.start === there.start && this.selected.end === there.end) return;
    this.anchor = this.focus = there;
  }

  #byCharacter(by) {
    if (!this.selected && !this.anchor) return false;
    const now = this.selected ?? this.anchor;
    const signs = this.text.units("grapheme");
    const sign = by > 0 ? signs.find((s) => s.start >= now.end) : signs.findLast((s) => s.end <= now.end);
    if (!sign) return false;
    const end = by > 0 ? sign.end : sign.start;
    return end > now.start && this.#select({ start: now.start, end }, true);
  }

  #select(span, exact) {
    this.selected = span;
    this.moved(span, exact);
    return true;
  }

  /** Onward is to the left where the text runs from right to left. */
  #direction(key) {
    if (key === "ArrowDown") return 1;
    if (key === "ArrowUp") return -1;
    const at = this.text.blockAt(this.focus?.start ?? 0);
    const rtl = at && getComputedStyle(at.element).direction === "rtl";
    if (key === "ArrowRight") return rtl ? -1 : 1;
    if (key === "ArrowLeft") return rtl ? 1 : -1;
    return 0;
  }
}
