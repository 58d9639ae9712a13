// Selecting with the keyboard alone: by word, by sentence, by character.

/** The unit after (1) or before (-1) a span; without a span, the first or last one. */
export function step(units, span, by) {
  const edge = by > 0 ? units[0] : units.at(-1);
  if (!span) return edge;
  const next = by > 0 ? units.find((u) => u.start >= span.end) : units.findLast((u) => u.end <= span.start);
  return next ?? (by > 0 ? units.at(-1) : units[0]);
}

export function union(a, b) {
  return { start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

export class Caret {
  constructor(text, moved) {
    Object.assign(this, { text, moved });
    text.root.addEventListener("keydown", (event) => {
      const by = !event.ctrlKey && !event.metaKey && this.#direction(event.key);
      if (by && this.#act(event, by)) event.preventDefault();
    });
  }

  forget() {
    this.span = this.anchor = this.focus = null;
  }

  #act({ key, altKey, shiftKey }, by) {
    const there = this.text.selected({ exact: true });
    // A selection that was made otherwise is where the keys go on from.
    if (there && (there.start !== this.span?.start || there.end !== this.span.end)) {
      this.span = this.anchor = this.focus = there;
    }
    if (altKey) return shiftKey && this.#byCharacter(by);
    const unit = step(this.text.units(/Up|Down/.test(key) ? "sentence" : "word"), this.focus, by);
    if (!unit) return false;
    this.focus = unit;
    if (!shiftKey || !this.anchor) this.anchor = unit;
    return this.#select(union(this.anchor, unit), false);
  }

  #byCharacter(by) {
    const { span } = this;
    if (!span) return false;
    const signs = this.text.units("grapheme");
    const sign = by > 0 ? step(signs, span, 1) : signs.findLast((s) => s.end <= span.end);
    const end = by > 0 ? sign.end : sign.start;
    return end > span.start && this.#select({ start: span.start, end }, true);
  }

  #select(span, exact) {
    this.span = span;
    this.moved(span, exact);
    return true;
  }

  /** Onward is to the left where the text runs from right to left. */
  #direction(key) {
    const onward = this.text.isRtlAt(this.focus?.start ?? 0) ? -1 : 1;
    return { ArrowDown: 1, ArrowUp: -1, ArrowRight: onward, ArrowLeft: -onward }[key] ?? 0;
  }
}
