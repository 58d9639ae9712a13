// Sends pending writes in order and retries until the server answers. Writes are stored before they
// are sent and deleted after the answer.

import { deleteEntry, getEntries, saveEntry } from "./drafts.js";

const MAX_RETRY_DELAY = 30_000;

export class Outbox {
  /** `onSaved` and `onRejected` get `(entry, html)`; `onConnection` a problem, or null if all is well. */
  constructor(user, { onSaved, onRejected, onChange, onConnection }) {
    Object.assign(this, { user, onSaved, onRejected, onChange, onConnection, failures: 0 });
    addEventListener("online", () => this.flush());
    addEventListener("focus", () => this.flush());
  }

  /** Store and send a write. If the browser has no room, send it at once. */
  enqueue(entry) {
    const isStored = saveEntry({ ...entry, user: this.user, state: "pending" });
    this.onChange();
    if (isStored) this.flush();
    else this.#send(entry);
  }

  discard(entry) {
    deleteEntry(entry.key);
    this.onChange();
  }

  get pending() {
    return getEntries(this.user).filter((entry) => entry.state === "pending");
  }

  async flush() {
    if (this.isBusy) return;
    this.isBusy = true;
    clearTimeout(this.timer);
    let problem = null;
    for (let next; !problem && (next = this.pending[0]); ) problem = await this.#send(next);
    this.isBusy = false;
    this.onConnection(problem);
    this.failures = problem ? this.failures + 1 : 0;
    const delay = Math.min(500 * 2 ** this.failures, MAX_RETRY_DELAY);
    if (problem) this.timer = setTimeout(() => this.flush(), delay);
  }

  /** Send one entry. Return the problem with the connection, or null. */
  async #send(entry) {
    let status = 0;
    let html = "";
    try {
      const headers = { "X-CSRFToken": getCsrfToken(), "X-Expected-User": this.user };
      const body = new URLSearchParams(entry.fields);
      const response = await fetch(entry.url, { method: "POST", headers, body, redirect: "error" });
      html = await response.text();
      ({ status } = response);
    } catch {
      return "offline";
    }
    if (status === 401 || status === 403) return "signed-out";
    if (status >= 500 || status === 429) return "offline";
    if (status === 200) {
      deleteEntry(entry.key);
      this.onSaved(entry, html);
    } else {
      const isFragment = status === 409 || status === 422;
      const error = isFragment ? "" : gettext("This was deleted, or you can’t change it.");
      saveEntry({ ...entry, state: "rejected", error });
      this.onRejected(entry, isFragment ? html : "");
    }
    this.onChange();
    return null;
  }
}

/** Read the cookie each time: signing in in another tab changes it. */
export function getCsrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}
