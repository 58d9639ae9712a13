// The list of annotations beside the text: filtering, opening, and moving through it.

import { byId, fetched, make } from "./dom.js";
import { grouped, inTextOrder } from "./order.js";
import { readSpans } from "./spans.js";

export class Panel {
  /** `opened()` is told when one is opened or closed; `painted(cards)` what is shown. */
  constructor(text, highlights, { opened, painted }) {
    Object.assign(this, { text, highlights, opened, painted, cards: [] });
    this.list = byId("annotations");
    this.filters = byId("filters");
    if (!this.list) return;
    const point = (event) => {
      const element = event.target.closest(".card");
      highlights.show("pointed", this.cards.find((card) => card.element === element)?.spans ?? []);
    };
    this.filters.addEventListener("change", () => this.refresh());
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.list.addEventListener("pointerover", point);
    this.list.addEventListener("focusin", point);
    this.list.addEventListener("pointerleave", () => highlights.show("pointed", []));
  }

  /** Read the cards again and paint them. */
  refresh() {
    if (!this.list) return;
    this.cards = inTextOrder([...this.list.querySelectorAll(".card")].map(read));
    const wanted = this.#wanted();
    for (const card of this.cards) card.element.hidden = !(card.shown = wanted(card));
    this.#arrange();
    this.#count();
    const standing = this.cards.filter((card) => card.shown && !card.retracted);
    this.highlights.paint(standing);
    this.painted(standing);
    byId("nothing").hidden = this.cards.some((card) => card.shown);
  }

  take(elements) {
    for (const element of elements) {
      const there = byId(element.id);
      if (there) there.replaceWith(element);
      else this.list.append(element);
    }
    this.refresh();
  }

  get chosenCard() {
    return this.cards.find((card) => card.id === this.chosen);
  }

  /** The shown annotations at a place in the text, the shortest first. */
  at(place) {
    const size = (card) => card.spans.reduce((sum, span) => sum + span.end - span.start, 0);
    return this.cards
      .filter((card) => card.shown && !card.retracted)
      .filter((card) => card.spans.some((span) => span.start <= place && place < span.end))
      .sort((a, b) => size(a) - size(b));
  }

  /** Open one annotation, and no other, and bring it into view. */
  async choose(card, { scrollText = true, focus = true } = {}) {
    const { element, spans, id } = card;
    this.#close();
    this.chosen = id;
    this.highlights.show("chosen", spans);
    element.hidden = false;
    element.classList.add("chosen");
    const button = element.querySelector(".card-open");
    button.ariaExpanded = "true";
    if (focus) button.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    if (scrollText && spans.length) this.#scrollTextTo(spans[0]);
    this.opened();
    if (!element.querySelector(".detail")) element.append(make("div", { className: "detail" }));
    const detail = element.querySelector(".detail");
    detail.hidden = false;
    const html = await fetched(this.address(card));
    if (html !== null) detail.innerHTML = html;
    element.scrollIntoView({ block: "nearest" });
  }

  chooseById(id, options) {
    const card = this.cards.find((each) => each.id === id);
    if (card && options?.onlyShown && !card.shown) this.closeAll();
    else if (card) this.choose(card, options);
    return Boolean(card);
  }

  step(by) {
    const shown = [...this.list.querySelectorAll(".card:not([hidden])")];
    const at = shown.findIndex((element) => element.id === this.chosen);
    const next = at < 0 && by < 0 ? shown.length - 1 : Math.min(Math.max(at + by, 0), shown.length - 1);
    if (shown.length) this.chooseById(shown[next].id);
  }

  closeAll() {
    this.#close();
    this.chosen = null;
    this.highlights.show("chosen", []);
    this.opened();
  }

  #close() {
    for (const element of this.list.querySelectorAll(".chosen")) {
      element.classList.remove("chosen");
      element.querySelector(".card-open").ariaExpanded = "false";
      element.querySelector(".detail")?.setAttribute("hidden", "");
    }
  }

  /** Where one annotation is read: the page's address has the nil UUID in it. */
  address(card) {
    return byId("desk").dataset.readUrl.replace(/[0-]{36}/, card.uuid);
  }

  #clicked(event) {
    const go = event.target.closest("[data-go]");
    if (go && this.chooseById(go.dataset.go)) event.preventDefault();
    const button = event.target.closest(".card-open");
    if (button?.ariaExpanded === "true") this.closeAll();
    else if (button) this.chooseById(button.closest(".card").id);
  }

  #wanted() {
    const { author, type, retracted } = this.filters.elements;
    const boxes = [...this.filters.querySelectorAll("[name=kind]:checked")];
    const kinds = new Set(boxes.map((box) => box.value));
    return (card) =>
      kinds.has(card.kind) &&
      (!author.value || card.author === author.value) &&
      (!type.value || card.type === type.value) &&
      (retracted.checked || !card.retracted);
  }

  /** Put the cards in the order that is asked for, under headings. */
  #arrange() {
    const groups = grouped(this.cards, this.filters.elements.order.value);
    for (const old of this.list.querySelectorAll(".group")) old.remove();
    // Only what is out of place is moved: to lay a long list anew is costly.
    let at = this.list.firstElementChild;
    for (const { heading, cards } of groups) {
      const number = cards.filter((card) => card.shown).length;
      if (heading && number) this.list.insertBefore(headingOf(`${heading} (${number})`), at);
      for (const { element } of cards) {
        if (element === at) at = at.nextElementSibling;
        else this.list.insertBefore(element, at);
      }
    }
  }

  #count() {
    for (const output of this.filters.querySelectorAll("[data-count]")) {
      const { count } = output.dataset;
      output.value = this.cards.filter((card) => card.kind === count && !card.retracted).length;
    }
    for (const name of ["author", "type"]) {
      const select = this.filters.elements[name];
      const known = new Set([...select.options].map((option) => option.value));
      for (const value of new Set(this.cards.map((card) => card[name]))) {
        if (value && !known.has(value)) select.add(new Option(value.replaceAll("_", " "), value));
      }
    }
  }

  #scrollTextTo(span) {
    const box = this.text.range(span)?.getBoundingClientRect();
    if (!box || (box.top > 80 && box.bottom < innerHeight - 40)) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollBy({ top: box.top - innerHeight / 3, behavior: still ? "instant" : "smooth" });
  }
}

function read(element) {
  const part = (name) => element.querySelector(name)?.textContent.trim();
  return {
    ...element.dataset,
    element,
    id: element.id,
    uuid: element.id.slice(2),
    retracted: element.dataset.state === "retracted",
    spans: readSpans(element.dataset.spans),
    get what() {
      return part(".card-what");
    },
    get kindName() {
      return part(".card-kind");
    },
    get name() {
      return `${this.kindName}: ${this.what}`;
    },
    get entityName() {
      return element.dataset.entityName ?? part(".linked");
    },
  };
}

function headingOf(words) {
  const item = make("li", { className: "group" });
  item.append(make("h3", { dir: "auto", textContent: words }));
  return item;
}
