/** Return the unit after (1) or before (-1) a span; without a span, the first or last one. */
export function findNextUnit(units, span, by) {
  const edge = by > 0 ? units[0] : units.at(-1);
  if (!span) return edge;
  const next = by > 0 ? units.find((u) => u.start >= span.end) : units.findLast((u) => u.end <= span.start);
  return next ?? (by > 0 ? units.at(-1) : units[0]);
}

export function mergeSpans(a, b) {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

export class Caret {
  constructor(text, onMove) {
    Object.assign(this, { text, onMove });
    text.root.addEventListener("keydown", (event) => {
      const by = !event.ctrlKey && !event.metaKey && this.#getDirection(event.key);
      if (by && this.#move(event, by)) event.preventDefault();
    });
  }

  reset() {
    this.span = this.anchor = this.focus = null;
  }

  #move({ key, altKey, shiftKey }, by) {
    const existing = this.text.getSelectedSpan({ exact: true });
    // Continue from a selection that was made with the mouse.
    if (existing && (existing.start !== this.span?.start || existing.end !== this.span.end)) {
      this.span = this.anchor = this.focus = existing;
    }
    if (altKey) return shiftKey && this.#extendByCharacter(by);
    const units = this.text.getUnits(/Up|Down/.test(key) ? "sentence" : "word");
    const unit = findNextUnit(units, this.focus, by);
    if (!unit) return false;
    this.focus = unit;
    if (!shiftKey || !this.anchor) this.anchor = unit;
    return this.#select(mergeSpans(this.anchor, unit), false);
  }

  #extendByCharacter(by) {
    const { span } = this;
    if (!span) return false;
    const characters = this.text.getUnits("grapheme");
    const character = by > 0 ? findNextUnit(characters, span, 1) : characters.findLast((c) => c.end <= span.end);
    const end = by > 0 ? character.end : character.start;
    return end > span.start && this.#select({ start: span.start, end }, true);
  }

  #select(span, exact) {
    this.span = span;
    this.onMove(span, exact);
    return true;
  }

  /** In right-to-left text, the left arrow moves forward. */
  #getDirection(key) {
    const forward = this.text.isRtl(this.focus?.start ?? 0) ? -1 : 1;
    return { ArrowDown: 1, ArrowUp: -1, ArrowRight: forward, ArrowLeft: -forward }[key] ?? 0;
  }
}
