// The list of annotations beside the text: filtering, opening, and moving through it.

import { grouped, inTextOrder } from "./order.js";
import { readSpans } from "./spans.js";

export class Panel {
  /** `opened(card)` is told of what is chosen, and of null; `painted(cards)` of what is shown. */
  constructor(text, highlights, { opened, painted }) {
    Object.assign(this, { text, highlights, opened, painted, cards: [] });
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
    this.cards = inTextOrder([...this.list.querySelectorAll(".card")].map(read));
    const wanted = this.#wanted();
    for (const card of this.cards) {
      card.shown = wanted(card);
      card.element.hidden = !card.shown;
    }
    this.#arrange();
    this.#count();
    const standing = this.cards.filter((card) => card.shown && !card.retracted);
    this.highlights.paint(standing);
    this.painted(standing);
    document.getElementById("nothing").hidden = this.cards.some((card) => card.shown);
  }

  /** Put cards that the server sent in their place: of the same annotation, or as new ones. */
  take(elements) {
    for (const element of elements) {
      const there = document.getElementById(element.id);
      if (there) there.replaceWith(element);
      else this.list.append(element);
    }
    this.refresh();
  }

  /** The annotation that is open, if any. */
  get chosenCard() {
    return this.cards.find((card) => card.id === this.chosen);
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
    this.opened(card);
    const detail = detailOf(card);
    detail.hidden = false;
    await htmx.ajax("GET", this.address(card), { target: detail, swap: "innerHTML" });
    card.element.scrollIntoView({ block: "nearest" });
  }

  /** Open the one with this DOM id, if it is in the list. */
  chooseById(id, options) {
    const card = this.cards.find((each) => each.id === id);
    if (card && options?.onlyShown && !card.shown) this.closeAll();
    else if (card) this.choose(card, options);
    return Boolean(card);
  }

  /** Go to the next (1) or the previous (-1) shown annotation. */
  step(by) {
    // In the order of the list, whatever that is.
    const order = new Map([...this.list.children].map((element, index) => [element, index]));
    const shown = this.cards.filter((card) => card.shown);
    shown.sort((a, b) => order.get(a.element) - order.get(b.element));
    if (!shown.length) return;
    const at = shown.findIndex((card) => card.id === this.chosen);
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by;
    this.choose(shown[Math.min(Math.max(next, 0), shown.length - 1)]);
  }

  /** Close what is open. */
  closeAll() {
    this.cards.forEach((card) => this.#close(card));
    this.chosen = null;
    this.highlights.show("chosen", []);
    this.opened(null);
  }

  #close(card) {
    card.element.classList.remove("chosen");
    card.element.querySelector(".card-open").setAttribute("aria-expanded", "false");
    const detail = card.element.querySelector(".detail");
    if (detail) detail.hidden = true;
  }

  /** Where one annotation is read: the page gives the address with the nil UUID in it. */
  address(card) {
    const { readUrl } = document.getElementById("desk").dataset;
    return readUrl.replace(/[0-]{36}/, card.uuid);
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
    const card = this.cards.find((each) => each.element === element);
    this.highlights.show("pointed", card ? card.spans : []);
  }

  #wanted() {
    const kinds = new Set(
      [...this.filters.querySelectorAll("[name=kind]:checked")].map((box) => box.value),
    );
    const chosen = (name) => this.filters.querySelector(`[name=${name}]`).value;
    const [author, type] = [chosen("author"), chosen("type")];
    const retracted = this.filters.querySelector("[name=retracted]").checked;
    return (card) =>
      kinds.has(card.kind) &&
      (!author || card.author === author) &&
      (!type || card.type === type) &&
      (retracted || !card.retracted);
  }

  /** Put the cards in the order that is asked for, under headings where it has groups. */
  #arrange() {
    const by = this.filters.querySelector("[name=order]").value;
    const groups = grouped(by === "text" ? this.cards : this.cards.filter((card) => card.shown), by);
    const wanted = groups.flatMap(({ heading, cards }) => [
      ...(heading ? [headingOf(heading, cards.length)] : []),
      ...cards.map((card) => card.element),
    ]);
    if (by !== "text") wanted.push(...this.cards.filter((c) => !c.shown).map((c) => c.element));
    const now = [...this.list.children];
    if (now.length === wanted.length && now.every((element, i) => element === wanted[i])) return;
    this.list.replaceChildren(...wanted);
  }

  #count() {
    for (const output of this.filters.querySelectorAll("[data-count]")) {
      const kind = output.dataset.count;
      const there = this.cards.filter((card) => card.kind === kind && !card.retracted);
      output.textContent = there.length;
    }
    for (const name of ["author", "type"]) {
      const select = this.filters.querySelector(`[name=${name}]`);
      const known = new Set([...select.options].map((option) => option.value));
      for (const card of this.cards) {
        if (!card[name] || known.has(card[name])) continue;
        select.add(new Option(card[name].replaceAll("_", " "), card[name]));
        known.add(card[name]);
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

/** What a card says of its annotation. */
function read(element) {
  const { dataset, id } = element;
  const name = element.querySelector(".linked");
  return {
    element,
    id,
    uuid: id.slice(2),
    kind: dataset.kind,
    type: dataset.type,
    author: dataset.author,
    revision: dataset.revision,
    retracted: dataset.state === "retracted",
    spans: readSpans(dataset.spans),
    about: dataset.about,
    entity: dataset.entity,
    entityName: dataset.entityName ?? name?.textContent,
    get what() {
      return element.querySelector(".card-what").textContent.trim();
    },
    get name() {
      return `${element.querySelector(".card-kind").textContent}: ${this.what}`;
    },
  };
}

function headingOf(words, number) {
  const item = document.createElement("li");
  item.className = "group";
  const heading = document.createElement("h3");
  heading.dir = "auto";
  heading.textContent = `${words} (${number})`;
  item.append(heading);
  return item;
}
