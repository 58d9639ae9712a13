import { byId, fetchFragment, make } from "./dom.js";
import { groupCards, sortByPosition } from "./order.js";
import { readSpans } from "./spans.js";

export class Panel {
  /** `onOpen()` runs after a card opens or closes, `onPaint(cards)` after cards are painted. */
  constructor(text, highlights, { onOpen, onPaint }) {
    Object.assign(this, { text, highlights, onOpen, onPaint, cards: [] });
    this.list = byId("annotations");
    this.filters = byId("filters");
    if (!this.list) return;
    const point = (event) => {
      const element = event.target.closest(".card");
      highlights.show("pointed", this.cards.find((card) => card.element === element)?.spans ?? []);
    };
    this.filters.addEventListener("change", () => this.refresh());
    this.list.addEventListener("click", (event) => this.#onClick(event));
    this.list.addEventListener("pointerover", point);
    this.list.addEventListener("focusin", point);
    this.list.addEventListener("pointerleave", () => highlights.show("pointed", []));
  }

  refresh() {
    if (!this.list) return;
    this.cards = sortByPosition([...this.list.querySelectorAll(".card")].map(readCard));
    const isWanted = this.#createFilter();
    for (const card of this.cards) card.element.hidden = !(card.shown = isWanted(card));
    this.#arrange();
    this.#count();
    const active = this.cards.filter((card) => card.shown && !card.retracted);
    this.highlights.paint(active);
    this.onPaint(active);
    byId("nothing").hidden = this.cards.some((card) => card.shown);
  }

  update(elements) {
    for (const element of elements) {
      const existing = byId(element.id);
      if (existing) existing.replaceWith(element);
      else this.list.append(element);
    }
    this.refresh();
  }

  get selectedCard() {
    return this.cards.find((card) => card.id === this.selected);
  }

  /** Return the shown annotations at an offset of the text, the shortest first. */
  getCards(offset) {
    const size = (card) => card.spans.reduce((sum, span) => sum + span.end - span.start, 0);
    return this.cards
      .filter((card) => card.shown && !card.retracted)
      .filter((card) => card.spans.some((span) => span.start <= offset && offset < span.end))
      .sort((a, b) => size(a) - size(b));
  }

  /** Open one annotation, close the others and scroll to it. */
  async select(card, { scrollText = true, focus = true } = {}) {
    const { element, spans, id } = card;
    this.#close();
    this.selected = id;
    this.highlights.show("selected", spans);
    element.hidden = false;
    element.classList.add("selected");
    const button = element.querySelector(".card-open");
    button.ariaExpanded = "true";
    if (focus) button.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
    if (scrollText && spans.length) this.#scrollTextTo(spans[0]);
    this.onOpen();
    let detail = element.querySelector(".detail");
    if (!detail) element.append((detail = make("div", { className: "detail", textContent: gettext("Loading…") })));
    detail.hidden = false;
    const html = await fetchFragment(this.getUrl(card));
    if (html !== null) detail.innerHTML = html;
    element.scrollIntoView({ block: "nearest" });
  }

  selectById(id, options) {
    const card = this.cards.find((each) => each.id === id);
    if (card && options?.onlyShown && !card.shown) this.closeAll();
    else if (card) this.select(card, options);
    return Boolean(card);
  }

  selectNext(by) {
    const shown = [...this.list.querySelectorAll(".card:not([hidden])")];
    const at = shown.findIndex((element) => element.id === this.selected);
    const next = at < 0 && by < 0 ? shown.length - 1 : Math.min(Math.max(at + by, 0), shown.length - 1);
    if (shown.length) this.selectById(shown[next].id);
  }

  closeAll() {
    this.#close();
    this.selected = null;
    this.highlights.show("selected", []);
    this.onOpen();
  }

  #close() {
    for (const element of this.list.querySelectorAll(".selected")) {
      element.classList.remove("selected");
      element.querySelector(".card-open").ariaExpanded = "false";
      element.querySelector(".detail")?.setAttribute("hidden", "");
    }
  }

  /** Return the URL of an annotation. The page's URL has the nil UUID as a placeholder. */
  getUrl(card) {
    return byId("workspace").dataset.readUrl.replace(/[0-]{36}/, card.uuid);
  }

  #onClick(event) {
    const go = event.target.closest("[data-go]");
    if (go && this.selectById(go.dataset.go)) event.preventDefault();
    const button = event.target.closest(".card-open");
    if (button?.ariaExpanded === "true") this.closeAll();
    else if (button) this.selectById(button.closest(".card").id);
  }

  #createFilter() {
    const { author, type, retracted } = this.filters.elements;
    const boxes = [...this.filters.querySelectorAll("[name=kind]:checked")];
    const kinds = new Set(boxes.map((box) => box.value));
    return (card) =>
      kinds.has(card.kind) &&
      (!author.value || card.author === author.value) &&
      (!type.value || card.type === type.value) &&
      (retracted.checked || !card.retracted);
  }

  #arrange() {
    const groups = groupCards(this.cards, this.filters.elements.order.value);
    for (const old of this.list.querySelectorAll(".group")) old.remove();
    // Move only what is out of place: laying out a long list is slow.
    let at = this.list.firstElementChild;
    for (const { heading, cards } of groups) {
      const number = cards.filter((card) => card.shown).length;
      if (heading && number) this.list.insertBefore(createHeading(`${heading} (${number})`), at);
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
      for (const card of this.cards) {
        const value = card[name];
        if (value && !known.has(value)) select.add(new Option(card[`${name}Name`] ?? value, value));
        known.add(value);
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

function readCard(element) {
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

function createHeading(title) {
  const item = make("li", { className: "group" });
  item.append(make("h3", { dir: "auto", textContent: title }));
  return item;
}
