// The form of one annotation: opening it for the selected words, and keeping its passages.

import { readSpans, writeSpans } from "./highlights.js";

export class Editor {
  constructor(text, highlights) {
    this.text = text;
    this.highlights = highlights;
    this.desk = document.getElementById("desk");
    this.place = document.getElementById("editor");
    this.place.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) this.close();
      const drop = event.target.closest("[data-drop]");
      if (drop) this.#drop(drop.dataset.drop);
    });
    this.place.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form?.requestSubmit();
    });
  }

  get form() {
    return this.place.querySelector("form");
  }

  get isOpen() {
    return Boolean(this.place.firstElementChild);
  }

  /** Open the form of a kind for a span of the text. */
  async make(kind, span, values = {}) {
    const url = new URL(this.desk.dataset.newUrl.replace("KIND", kind), location.href);
    url.search = new URLSearchParams({
      project: this.desk.dataset.project,
      spans: writeSpans([span]),
      ...values,
    });
    await htmx.ajax("GET", url.pathname + url.search, { target: this.place, swap: "innerHTML" });
  }

  /** After the form came or was changed: paint its passages and go to its first field. */
  opened() {
    this.#paint();
    if (!this.form) return;
    this.place.scrollIntoView({ block: "nearest" });
    const wrong = this.form.querySelector(".has-error :is(input:not([type=hidden]), textarea, select)");
    const first = this.form.querySelector(
      "[type=radio]:checked, textarea, input:not([type=hidden]), select",
    );
    (wrong ?? first)?.focus({ preventScroll: true });
  }

  /** Add a span as one more passage; one that overlaps a passage is joined with it. */
  addPassage(span) {
    const joined = { ...span };
    const apart = this.#spans().filter((other) => {
      if (other.end < joined.start || other.start > joined.end) return true;
      joined.start = Math.min(joined.start, other.start);
      joined.end = Math.max(joined.end, other.end);
      return false;
    });
    this.#keep([...apart, joined]);
  }

  /** Close the form. */
  close() {
    this.place.replaceChildren();
    this.highlights.show("draft", []);
  }

  #drop(written) {
    this.#keep(this.#spans().filter((span) => writeSpans([span]) !== written));
  }

  #spans() {
    return readSpans(this.form?.elements.spans.value);
  }

  #keep(spans) {
    this.form.elements.spans.value = writeSpans(spans);
    const list = this.form.querySelector(".passages ul");
    list.replaceChildren(...readSpans(this.form.elements.spans.value).map((s) => this.#item(s)));
    this.#paint();
  }

  #item(span) {
    const item = document.createElement("li");
    const words = document.createElement("q");
    words.dir = "auto";
    words.textContent = this.text.words(span);
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "quiet";
    drop.dataset.drop = writeSpans([span]);
    drop.ariaLabel = "Leave this passage out";
    drop.textContent = "×";
    item.append(words, " ", drop);
    return item;
  }

  #paint() {
    this.highlights.show("draft", this.#spans());
  }
}
