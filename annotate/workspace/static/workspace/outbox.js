// Sends what waits, one after the other, until the server has answered. A write is kept before it is sent and forgotten after the answer: nothing loses it.

import { entriesOf, forget, keep } from "./keep.js";

const LONGEST_PAUSE = 30_000;

export class Outbox {
  /** `saved` and `refused` get `(entry, html)`; `trouble` a reason, or null when all is well. */
  constructor(user, { saved, refused, changed, trouble }) {
    Object.assign(this, { user, saved, refused, changed, trouble, failures: 0 });
    addEventListener("online", () => this.flush());
    addEventListener("focus", () => this.flush());
  }

  /** Keep a write and send it; without room in the browser there is still the server. */
  write(entry) {
    const kept = keep({ ...entry, user: this.user, state: "waiting" });
    this.changed();
    if (kept) this.flush();
    else this.#send(entry);
  }

  drop(entry) {
    forget(entry.key);
    this.changed();
  }

  get waiting() {
    return entriesOf(this.user).filter((entry) => entry.state === "waiting");
  }

  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    let why = null;
    for (let next; !why && (next = this.waiting[0]); ) why = await this.#send(next);
    this.busy = false;
    this.trouble(why);
    this.failures = why ? this.failures + 1 : 0;
    const pause = Math.min(500 * 2 ** this.failures, LONGEST_PAUSE);
    if (why) this.timer = setTimeout(() => this.flush(), pause);
  }

  /** Send one entry; give the reason when there is no answer. */
  async #send(entry) {
    let status = 0;
    let html = "";
    try {
      const headers = { "X-CSRFToken": csrfToken(), "X-Typed-By": this.user };
      const body = new URLSearchParams(entry.fields);
      const answer = await fetch(entry.url, { method: "POST", headers, body, redirect: "error" });
      html = await answer.text();
      ({ status } = answer);
    } catch {
      return "down";
    }
    if (status === 401 || status === 403) return "signed-out";
    if (status >= 500 || status === 429) return "down";
    if (status === 200) {
      forget(entry.key);
      this.saved(entry, html);
    } else {
      const isFragment = status === 409 || status === 422;
      const why = isFragment ? "" : "This is gone, or not yours to change.";
      keep({ ...entry, state: "refused", why });
      this.refused(entry, isFragment ? html : "");
    }
    this.changed();
    return null;
  }
}

/** Read anew each time: signing in in another tab changes it. */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}
