import { Caret } from "./caret.js";
import { writeSpans } from "./spans.js";

export class SelectionTracker {
  constructor(text, onChange) {
    Object.assign(this, { text, onChange, span: null });
    this.caret = new Caret(text, (span, exact) => this.#selectByKeyboard(span, exact));
    document.addEventListener("selectionchange", () => this.#update());
    // While the pointer is down the selection still grows.
    text.root.addEventListener("pointerdown", (event) => {
      this.isGrowing = event.pointerType === "mouse";
      this.exact = false;
      this.caret.reset();
    });
    document.addEventListener("pointerup", (event) => {
      if (event.target.closest?.("#toolbar, #handles")) return;
      this.isGrowing = false;
      this.exact = event.altKey;
      this.#update();
    });
    // Text may have been selected before the scripts ran.
    queueMicrotask(() => this.#update());
  }

  clear() {
    getSelection().removeAllRanges();
    // Keep the caret's focus: the arrow keys continue from there.
    this.caret.span = null;
    this.onChange((this.span = null));
  }

  #update() {
    const existing = this.text.getSelectedSpan({ exact: true });
    // Do not expand a keyboard selection to whole words.
    if (existing && writeSpans([existing]) === this.keyboardSpan) return;
    this.keyboardSpan = null;
    this.span = this.exact ? existing : this.text.getSelectedSpan();
    if (!this.isGrowing || !this.span) this.onChange(this.span);
  }

  #selectByKeyboard(span, exact) {
    this.exact = exact;
    this.keyboardSpan = writeSpans([span]);
    const range = this.text.range(span);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const box = range.getBoundingClientRect();
    if (box.top < 80 || box.bottom > innerHeight - 40) scrollBy({ top: box.top - innerHeight / 3 });
    this.onChange((this.span = span));
  }
}
