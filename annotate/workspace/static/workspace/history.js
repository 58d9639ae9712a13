// Undo and redo for the changes made here, also before a reload. A step is what one command did:
// one change or several (`uuid:revision`).

import { readStorage, writeStorage } from "./drafts.js";

const MAX_STEPS = 200;

export class History {
  constructor({ user, project, version }) {
    this.storageKey = `pressmark:undo:${user}:${project}:${version}`;
  }

  /** Record a step. What was undone before can no longer be redone. */
  record(changes) {
    const { undo } = this.#read();
    writeStorage(this.storageKey, { undo: [...undo, changes].slice(-MAX_STEPS), redo: [] });
  }

  undo() {
    return this.#move("undo", "redo");
  }

  redo() {
    return this.#move("redo", "undo");
  }

  remove(change) {
    const steps = this.#read();
    for (const name in steps) steps[name] = steps[name].filter((step) => !step.includes(change));
    writeStorage(this.storageKey, steps);
  }

  #move(from, to) {
    const steps = this.#read();
    const step = steps[from].pop();
    if (step) steps[to].push(step);
    writeStorage(this.storageKey, steps);
    return step;
  }

  #read() {
    return { undo: [], redo: [], ...readStorage(this.storageKey) };
  }
}
