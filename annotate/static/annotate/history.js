// Undo and redo: which changes were made from here, also before the page was loaded again.
//
// A step is what one press did: one change, or several (`uuid:revision`). The server undoes a
// change by another one, and refuses where somebody wrote over it since.

import { readStored, store } from "./keep.js";

const MOST = 200;

export class History {
  constructor({ user, project, version }) {
    this.place = `pressmark:undo:${user}:${project}:${version}`;
  }

  /** Remember what was just done; what was undone before cannot be redone after it. */
  done(changes) {
    const { undo } = this.#read();
    this.#write({ undo: [...undo, changes].slice(-MOST), redo: [] });
  }

  /** Take the last step that was done, to undo it; undefined when there is none. */
  undo() {
    const { undo, redo } = this.#read();
    const step = undo.pop();
    if (step) this.#write({ undo, redo: [...redo, step] });
    return step;
  }

  /** Take the last step that was undone, to do it again. */
  redo() {
    const { undo, redo } = this.#read();
    const step = redo.pop();
    if (step) this.#write({ undo: [...undo, step], redo });
    return step;
  }

  /** Forget a step that the server refused to undo or redo. */
  drop(change) {
    const without = (steps) => steps.filter((step) => !step.includes(change));
    const { undo, redo } = this.#read();
    this.#write({ undo: without(undo), redo: without(redo) });
  }

  #read() {
    return { undo: [], redo: [], ...readStored(this.place) };
  }

  /** Without room, undo ends with the page: nothing that was saved is lost. */
  #write(steps) {
    store(this.place, steps);
  }
}
