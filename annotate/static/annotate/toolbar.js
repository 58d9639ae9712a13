// What stands beside a selection: the kinds of annotation that can be made of it.

import { byId } from "./dom.js";

const MARGIN = 8;

export class Toolbar {
  constructor(onMake) {
    this.element = byId("toolbar");
    // A press must not take the selection away.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-make]");
      if (button) onMake(button.dataset.make);
    });
  }

  /** Stand over the end of the selection; below it where there is no room above. */
  show(range, canAddPassage) {
    this.element.querySelector("[data-make=passage]").hidden = !canAddPassage;
    this.element.hidden = false;
    const box = range.getBoundingClientRect();
    const { width, height } = this.element.getBoundingClientRect();
    const above = box.top - height - MARGIN;
    const top = above > 60 ? above : Math.min(box.bottom + MARGIN, innerHeight - height - MARGIN);
    const left = box.left + box.width / 2 - width / 2;
    this.element.style.top = `${top + scrollY}px`;
    this.element.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}
