import { getLatinKey } from "../ui/keys.js";
import { byId, make } from "./dom.js";

export class Commands {
  /** `list`: commands `{ id, title, keys, when, run }`. */
  constructor(list) {
    this.list = list;
    this.dialog = byId("palette");
    this.input = byId("palette-input");
    this.options = byId("palette-list");
    this.input.addEventListener("input", () => this.#showMatches());
    this.input.addEventListener("keydown", (event) => this.#onKey(event));
    this.options.addEventListener("click", (event) => {
      const option = event.target.closest("[data-id]");
      if (option) this.#select(option);
    });
  }

  run(id) {
    this.#runFirst((command) => command.id === id);
  }

  /** Run the command of this key. Return whether there is one now. */
  runKey(pressed) {
    return this.#runFirst((command) => command.keys.includes(pressed));
  }

  #runFirst(matches) {
    const command = this.list.find((each) => matches(each) && each.when());
    command?.run();
    return Boolean(command);
  }

  open() {
    this.input.value = "";
    this.#showMatches();
    this.dialog.showModal();
  }

  #showMatches() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = ({ title }) => words.every((word) => title.toLowerCase().includes(word));
    const available = this.list.filter((each) => each.when() && matches(each));
    this.options.replaceChildren(...available.map(createOption));
    this.#highlight(0);
  }

  #highlight(index) {
    const all = [...this.options.children];
    all.forEach((each, i) => (each.ariaSelected = String(i === index)));
    all[index]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", all[index]?.id ?? "");
  }

  #onKey(event) {
    const all = [...this.options.children];
    const at = all.findIndex((each) => each.ariaSelected === "true");
    if (event.key === "ArrowDown") this.#highlight(Math.min(at + 1, all.length - 1));
    else if (event.key === "ArrowUp") this.#highlight(Math.max(at - 1, 0));
    else if (event.key === "Enter" && all[at]) this.#select(all[at]);
    else return;
    event.preventDefault();
  }

  #select(option) {
    this.dialog.close();
    this.run(option.dataset.id);
  }
}

export function getKey(event) {
  const control = event.ctrlKey || event.metaKey;
  const key = getLatinKey(event);
  if (!control) return key;
  return `Ctrl+${event.shiftKey ? "Shift+" : ""}${key.toLowerCase()}`;
}

function createOption({ id, title, keys }) {
  const item = make("li", { id: `palette-${id}`, role: "option" });
  item.dataset.id = id;
  item.append(make("span", { textContent: title }));
  if (keys.length) item.append(make("kbd", { textContent: keys[0] }));
  return item;
}
