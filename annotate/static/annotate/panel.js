// The list of annotations beside the text: filtering, opening, and moving through it.

import { readSpans } from "./highlights.js";

export class Panel {
  constructor(text, highlights) {
    this.text = text;
    this.highlights = highlights;
    this.list = document.getElementById("annotations");
    this.filters = document.getElementById("filters");
    this.filters?.addEventListener("change", () => this.refresh());
    this.list?.addEventListener("click", (event) => this.#clicked(event));
    this.list?.addEventListener("pointerover", (event) => this.#point(event));
    this.list?.addEventListener("focusin", (event) => this.#point(event));
    this.list?.addEventListener("pointerleave", () => this.highlights.show("pointed", []));
  }

  /** Read the cards again after any of them came, changed or went; then paint them. */
  refresh() {
    if (!this.list) return;
    this.cards = [...this.list.children].map((element) => ({
      element,
      id: element.id,
      kind: element.dataset.kind,
      author: element.dataset.author,
      retracted: element.dataset.state === "retracted",
      spans: readSpans(element.dataset.spans),
    }));
    this.#keepTextOrder();
    const wanted = this.#wanted();
    for (const card of this.cards) {
      card.shown = wanted(card);
      card.element.hidden = !card.shown;
    }
    this.#count();
    this.highlights.paint(this.cards.filter((card) => card.shown && !card.retracted));
    document.getElementById("nothing").hidden = this.cards.some((card) => card.shown);
  }

  /** The shown annotations that cover a place in the text, the shortest first. */
  at(place) {
    const size = (card) => card.spans.reduce((sum, span) => sum + span.end - span.start, 0);
    return this.cards
      .filter((card) => card.shown && !card.retracted)
      .filter((card) => card.spans.some((span) => span.start <= place && place < span.end))
      .sort((a, b) => size(a) - size(b));
  }

  /** Open one annotation, close the others, and bring both its ends into view. */
  async choose(card, { scrollText = true, focus = true } = {}) {
    if (card.element.hidden) card.element.hidden = false;
    for (const other of this.cards) if (other !== card) this.#close(other);
    this.chosen = card.id;
    this.highlights.show("chosen", card.spans);
    card.element.classList.add("chosen");
    const button = card.element.querySelector(".card-open");
    button.setAttribute("aria-expanded", "true");
    if (focus) button.focus({ preventScroll: true });
    card.element.scrollIntoView({ block: "nearest" });
    if (scrollText && card.spans.length) this.#scrollTextTo(card.spans[0]);
    const detail = detailOf(card);
    detail.hidden = false;
    await htmx.ajax("GET", this.#address(card), { target: detail, swap: "innerHTML" });
    card.element.scrollIntoView({ block: "nearest" });
  }

  /** Open the one with this DOM id, if it is in the list. */
  chooseById(id, options) {
    const card = this.cards?.find((each) => each.id === id);
    if (card && options?.onlyShown && !card.shown) this.closeAll();
    else if (card) this.choose(card, options);
    return Boolean(card);
  }

  /** Go to the next (1) or the previous (-1) shown annotation. */
  step(by) {
    const shown = (this.cards ?? []).filter((card) => card.shown);
    if (!shown.length) return;
    const at = shown.findIndex((card) => card.id === this.chosen);
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by;
    this.choose(shown[Math.min(Math.max(next, 0), shown.length - 1)]);
  }

  /** Close what is open. */
  closeAll() {
    this.cards?.forEach((card) => this.#close(card));
    this.chosen = null;
    this.highlights.show("chosen", []);
  }

  #close(card) {
    card.element.classList.remove("chosen");
    card.element.querySelector(".card-open").setAttribute("aria-expanded", "false");
    const detail = card.element.querySelector(".detail");
    if (detail) detail.hidden = true;
  }

  /** Where one annotation is read: the page gives the address with the nil UUID in it. */
  #address(card) {
    const { readUrl } = document.getElementById("desk").dataset;
    return readUrl.replace(/[0-]{36}/, card.id.slice(2));
  }

  #clicked(event) {
    const go = event.target.closest("[data-go]");
    if (go && this.chooseById(go.dataset.go)) event.preventDefault();
    const button = event.target.closest(".card-open");
    if (!button) return;
    const card = this.cards.find((each) => each.element.contains(button));
    if (button.getAttribute("aria-expanded") === "true") this.closeAll();
    else this.choose(card);
  }

  #point(event) {
    const element = event.target.closest(".card");
    const card = this.cards?.find((each) => each.element === element);
    this.highlights.show("pointed", card ? card.spans : []);
  }

  #wanted() {
    const kinds = new Set(
      [...this.filters.querySelectorAll("[name=kind]:checked")].map((box) => box.value),
    );
    const author = this.filters.querySelector("[name=author]").value;
    const retracted = this.filters.querySelector("[name=retracted]").checked;
    return (card) =>
      kinds.has(card.kind) &&
      (!author || card.author === author) &&
      (retracted || !card.retracted);
  }

  /** Newly made cards come last; put each where its first passage stands. */
  #keepTextOrder() {
    const place = (card) => card.spans[0]?.start ?? Infinity;
    const sorted = this.cards
      .map((card, index) => ({ card, index }))
      .sort((a, b) => place(a.card) - place(b.card) || a.index - b.index)
      .map(({ card }) => card);
    if (sorted.some((card, index) => card !== this.cards[index])) {
      this.list.append(...sorted.map((card) => card.element));
      this.cards = sorted;
    }
  }

  #count() {
    for (const output of this.filters.querySelectorAll("[data-count]")) {
      const kind = output.dataset.count;
      const there = this.cards.filter((card) => card.kind === kind && !card.retracted);
      output.textContent = there.length;
    }
    const authors = this.filters.querySelector("[name=author]");
    const known = new Set([...authors.options].map((option) => option.value));
    for (const { author } of this.cards) {
      if (!known.has(author)) {
        authors.add(new Option(author));
        known.add(author);
      }
    }
  }

  #scrollTextTo(span) {
    const box = this.text.range(span)?.getBoundingClientRect();
    if (!box) return;
    const head = document.querySelector(".site").getBoundingClientRect().bottom;
    if (box.top < Math.max(head, 0) + 20 || box.bottom > innerHeight - 40) {
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      scrollBy({ top: box.top - innerHeight / 3, behavior: still ? "instant" : "smooth" });
    }
  }
}

/** The place for all that an annotation says; made when the card is opened for the first time. */
function detailOf(card) {
  let detail = card.element.querySelector(".detail");
  if (!detail) {
    detail = document.createElement("div");
    detail.className = "detail";
    card.element.append(detail);
  }
  return detail;
}
