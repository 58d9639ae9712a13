// What can be done, by key and by name: the keys of the workspace and its command palette.

export class Commands {
  /** `list`: commands `{ id, title, keys, when, run }`; a key is written as `key()` writes it. */
  constructor(list) {
    this.list = list;
    this.dialog = document.getElementById("palette");
    this.words = document.getElementById("palette-words");
    this.options = document.getElementById("palette-list");
    this.words.addEventListener("input", () => this.#offer());
    this.words.addEventListener("keydown", (event) => this.#key(event));
    this.options.addEventListener("click", (event) => {
      const option = event.target.closest("[data-id]");
      if (option) this.#choose(option);
    });
  }

  /** Run the command of this name, where it applies. Tells whether it did. */
  run(id) {
    const command = this.list.find((each) => each.id === id);
    if (!command || !command.when()) return false;
    command.run();
    return true;
  }

  /** Run what this key stands for. Tells whether it stands for anything now. */
  press(pressed) {
    const command = this.list.find((each) => each.keys.includes(pressed) && each.when());
    command?.run();
    return Boolean(command);
  }

  /** Open the palette with all that can be done now. */
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

/** A key press as one string: `a`, `Z`, `Delete`, `Ctrl+k`. */
export function key(event) {
  const control = event.ctrlKey || event.metaKey;
  if (!control) return event.key;
  return `Ctrl+${event.shiftKey ? "Shift+" : ""}${event.key.toLowerCase()}`;
}

function option({ id, title, keys }) {
  const item = document.createElement("li");
  item.id = `palette-${id}`;
  item.dataset.id = id;
  item.role = "option";
  const name = document.createElement("span");
  name.textContent = title;
  item.append(name);
  if (keys.length) {
    const shown = document.createElement("kbd");
    shown.textContent = keys[0];
    item.append(shown);
  }
  return item;
}
