import { byId, positionAt } from "./dom.js";

const MARGIN = 8;

export class Toolbar {
  constructor() {
    this.element = byId("toolbar");
    // Keep the selection when a button is pressed.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  show(range, canAddPassage) {
    this.element.querySelector("[data-command=passage]").hidden = !canAddPassage;
    this.element.hidden = false;
    const box = range.getBoundingClientRect();
    const { width, height } = this.element.getBoundingClientRect();
    const above = box.top - height - MARGIN;
    const top = above > 60 ? above : Math.min(box.bottom + MARGIN, innerHeight - height - MARGIN);
    const left = box.left + box.width / 2 - width / 2;
    positionAt(this.element, Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN)), top);
  }

  hide() {
    this.element.hidden = true;
  }
}
