// Undo and redo: the changes that were made from here, also before a reload. A step is what one
// press did: one change, or several (`uuid:revision`).

import { readStored, store } from "./keep.js";

const MOST = 200;

export class History {
  constructor({ user, project, version }) {
    this.place = `pressmark:undo:${user}:${project}:${version}`;
  }

  /** Remember what was just done; what was undone before cannot be redone after it. */
  done(changes) {
    const { undo } = this.#read();
    store(this.place, { undo: [...undo, changes].slice(-MOST), redo: [] });
  }

  undo() {
    return this.#move("undo", "redo");
  }

  redo() {
    return this.#move("redo", "undo");
  }

  drop(change) {
    const steps = this.#read();
    for (const name in steps) steps[name] = steps[name].filter((step) => !step.includes(change));
    store(this.place, steps);
  }

  #move(from, to) {
    const steps = this.#read();
    const step = steps[from].pop();
    if (step) steps[to].push(step);
    store(this.place, steps);
    return step;
  }

  #read() {
    return { undo: [], redo: [], ...readStored(this.place) };
  }
}
