// The selected words: by mouse, touch or keys, as whole words or as exact characters.

import { Caret } from "./caret.js";
import { writeSpans } from "./spans.js";

export class Selecting {
  constructor(text, changed) {
    Object.assign(this, { text, changed, span: null });
    this.caret = new Caret(text, (span, exact) => this.#byKeys(span, exact));
    document.addEventListener("selectionchange", () => this.#look());
    // While the pointer is down the selection still grows.
    text.root.addEventListener("pointerdown", (event) => {
      this.growing = event.pointerType === "mouse";
      this.exact = false;
      this.caret.forget();
    });
    document.addEventListener("pointerup", (event) => {
      if (event.target.closest?.("#toolbar, #handles")) return;
      this.growing = false;
      this.exact = event.altKey;
      this.#look();
    });
    // What was selected before the scripts came counts too.
    queueMicrotask(() => this.#look());
  }

  clear() {
    getSelection().removeAllRanges();
    // The keys go on from where they were.
    this.caret.span = null;
    this.changed((this.span = null));
  }

  #look() {
    const there = this.text.selected({ exact: true });
    // What the keys selected is just that, whatever words it cuts.
    if (there && writeSpans([there]) === this.byKeys) return;
    this.byKeys = null;
    this.span = this.exact ? there : this.text.selected();
    if (!this.growing || !this.span) this.changed(this.span);
  }

  #byKeys(span, exact) {
    this.exact = exact;
    this.byKeys = writeSpans([span]);
    const range = this.text.range(span);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    const box = range.getBoundingClientRect();
    if (box.top < 80 || box.bottom > innerHeight - 40) scrollBy({ top: box.top - innerHeight / 3 });
    this.changed((this.span = span));
  }
}
