// What stands at one place of the text: shown under the pointer, offered where it is several.

import { byId, make, putAt } from "./dom.js";

export class Chooser {
  constructor(text, panel, highlights) {
    Object.assign(this, { text, panel, highlights });
    this.element = byId("chooser");
    const cardOf = (event) => this.cards[[...this.element.children].indexOf(event.target.closest("button"))];
    this.element.addEventListener("click", (event) => {
      this.hide();
      panel.choose(cardOf(event), { scrollText: false });
    });
    for (const kind of ["pointerover", "focusin"]) {
      this.element.addEventListener(kind, (event) => highlights.show("pointed", cardOf(event)?.spans ?? []));
    }
    text.root.addEventListener("click", (event) => {
      if (!getSelection().isCollapsed) return;
      const found = this.#at(event);
      if (found.length === 1) panel.choose(found[0], { scrollText: false });
      this.#offer(found.length > 1 ? found : [], event);
    });
    text.root.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && getSelection().isCollapsed) this.#hover(this.#at(event)[0]);
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  hide() {
    this.element.hidden = true;
  }

  #at({ clientX, clientY }) {
    const place = this.text.placeAt(clientX, clientY);
    return place === null ? [] : this.panel.at(place);
  }

  /** What is under the pointer says which it is, before it is clicked. */
  #hover(card) {
    this.text.root.style.cursor = card ? "pointer" : "";
    if (card === this.hovered) return;
    this.hovered = card;
    this.highlights.show("pointed", card?.spans ?? []);
  }

  #offer(cards, { clientX, clientY }) {
    this.cards = cards;
    this.element.hidden = !cards.length;
    const buttons = cards.map(({ kind, name, author }) =>
      make("button", { className: kind, textContent: `${name} (${author})` }),
    );
    this.element.replaceChildren(...buttons);
    const left = Math.min(clientX, innerWidth - this.element.offsetWidth - 8);
    putAt(this.element, Math.max(8, left), clientY + 14);
  }
}
