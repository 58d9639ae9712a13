import { byId, make, positionAt } from "./dom.js";

export class Chooser {
  constructor(text, panel, highlights) {
    Object.assign(this, { text, panel, highlights });
    this.element = byId("chooser");
    const getCard = (event) => this.cards[[...this.element.children].indexOf(event.target.closest("button"))];
    this.element.addEventListener("click", (event) => {
      this.hide();
      panel.select(getCard(event), { scrollText: false });
    });
    for (const kind of ["pointerover", "focusin"]) {
      this.element.addEventListener(kind, (event) => highlights.show("pointed", getCard(event)?.spans ?? []));
    }
    text.root.addEventListener("click", (event) => {
      if (!getSelection().isCollapsed) return;
      const found = this.#getCards(event);
      if (found.length === 1) panel.select(found[0], { scrollText: false });
      this.#offer(found.length > 1 ? found : [], event);
    });
    text.root.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && getSelection().isCollapsed) this.#hover(this.#getCards(event)[0]);
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  hide() {
    this.element.hidden = true;
  }

  #getCards({ clientX, clientY }) {
    const offset = this.text.getOffsetAtPoint(clientX, clientY);
    return offset === null ? [] : this.panel.getCards(offset);
  }

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
    positionAt(this.element, Math.max(8, left), clientY + 14);
  }
}
