// Sends what waits, one after the other, again and again until the server has answered.
//
// A write is kept in the browser before it is sent and forgotten after the answer came, so that
// neither a closed tab nor a server that is down loses it.

import { entriesOf, forget, keep } from "./keep.js";

const LONGEST_PAUSE = 30_000;

export class Outbox {
  /** `saved(entry, html)` and `refused(entry, html)` get the answers; `trouble(why)` is null when all is well. */
  constructor(user, { saved, refused, changed, trouble }) {
    Object.assign(this, { user, saved, refused, changed, trouble });
    this.failures = 0;
    for (const [target, event] of [[window, "online"], [window, "focus"], [document, "visibilitychange"]]) {
      target.addEventListener(event, () => this.flush());
    }
  }

  /** Keep a write and send it. */
  write(entry) {
    const kept = keep({ ...entry, user: this.user, state: "waiting" });
    this.changed();
    if (kept) this.flush();
    // Without room in the browser there is still the server.
    else this.#send({ ...entry, user: this.user });
  }

  /** Give an entry up: there is nothing in it to be put right. */
  drop(entry) {
    forget(entry.key);
    this.changed();
  }

  get waiting() {
    return entriesOf(this.user).filter((entry) => entry.state === "waiting");
  }

  /** Send all that waits, unless that is being done already. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    try {
      for (let next; (next = this.waiting[0]); ) {
        if (!(await this.#send(next))) return this.#later();
      }
      this.failures = 0;
      this.trouble(null);
    } finally {
      this.busy = false;
    }
  }

  /** Send one entry; tell whether the server took or refused it, so that the next can follow. */
  async #send(entry) {
    let answer, html;
    try {
      answer = await fetch(entry.url, {
        method: "POST",
        headers: { "X-CSRFToken": csrfToken(), "X-Typed-By": this.user, "HX-Request": "true" },
        body: new URLSearchParams(entry.fields),
        redirect: "error",
      });
      html = await answer.text();
    } catch {
      return this.#trouble("down");
    }
    if (answer.status === 401 || answer.status === 403) return this.#trouble("signed-out");
    if (answer.status >= 500 || answer.status === 429) return this.#trouble("down");
    if (answer.ok) {
      forget(entry.key);
      this.saved(entry, html);
    } else {
      const isFragment = answer.status === 409 || answer.status === 422;
      const why = isFragment ? "" : "The server cannot take this: it may be gone, or not yours to change.";
      keep({ ...entry, state: "refused", why });
      this.refused(entry, isFragment ? html : "");
    }
    this.changed();
    return true;
  }

  #trouble(why) {
    this.trouble(why);
    return false;
  }

  #later() {
    this.failures += 1;
    this.timer = setTimeout(() => this.flush(), Math.min(500 * 2 ** this.failures, LONGEST_PAUSE));
    this.changed();
  }
}

/** Read anew each time: signing in in another tab changes it. */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}
