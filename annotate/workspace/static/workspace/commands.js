// What can be done, by key and by name: the keys and the command palette.

import { byId, make } from "./dom.js";

export class Commands {
  /** `list`: commands `{ id, title, keys, when, run }`. */
  constructor(list) {
    this.list = list;
    this.dialog = byId("palette");
    this.words = byId("palette-words");
    this.options = byId("palette-list");
    this.words.addEventListener("input", () => this.#offer());
    this.words.addEventListener("keydown", (event) => this.#key(event));
    this.options.addEventListener("click", (event) => {
      const option = event.target.closest("[data-id]");
      if (option) this.#choose(option);
    });
  }

  run(id) {
    this.#act((command) => command.id === id);
  }

  /** Run what this key stands for; tell whether that is anything now. */
  press(pressed) {
    return this.#act((command) => command.keys.includes(pressed));
  }

  #act(fits) {
    const command = this.list.find((each) => fits(each) && each.when());
    command?.run();
    return Boolean(command);
  }

  open() {
    this.words.value = "";
    this.#offer();
    this.dialog.showModal();
  }

  #offer() {
    const asked = this.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ title }) => asked.every((word) => title.toLowerCase().includes(word));
    const able = this.list.filter((each) => each.when() && fits(each));
    this.options.replaceChildren(...able.map(option));
    this.#point(0);
  }

  #point(index) {
    const all = [...this.options.children];
    all.forEach((each, i) => (each.ariaSelected = String(i === index)));
    all[index]?.scrollIntoView({ block: "nearest" });
    this.words.setAttribute("aria-activedescendant", all[index]?.id ?? "");
  }

  #key(event) {
    const all = [...this.options.children];
    const at = all.findIndex((each) => each.ariaSelected === "true");
    if (event.key === "ArrowDown") this.#point(Math.min(at + 1, all.length - 1));
    else if (event.key === "ArrowUp") this.#point(Math.max(at - 1, 0));
    else if (event.key === "Enter" && all[at]) this.#choose(all[at]);
    else return;
    event.preventDefault();
  }

  #choose(option) {
    this.dialog.close();
    this.run(option.dataset.id);
  }
}

export function key(event) {
  const control = event.ctrlKey || event.metaKey;
  if (!control) return event.key;
  return `Ctrl+${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}`;
}

function option({ id, title, keys }) {
  const item = make("li", { id: `palette-${id}`, role: "option" });
  item.dataset.id = id;
  item.append(make("span", { textContent: title }));
  if (keys.length) item.append(make("kbd", { textContent: keys[0] }));
  return item;
}
