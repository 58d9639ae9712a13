// The list of what is not saved yet: waiting, refused, or half typed.

import { byId, copyOf } from "./dom.js";
import { entriesOf, forget, keep } from "./keep.js";
import { readSpans } from "./spans.js";

const TOLD = {
  waiting: ["Waits to be saved", "Send now"],
  refused: ["Not accepted", "Look at it"],
  draft: ["Half typed", "Go on"],
};

export class Pending {
  /** `open(entry)` goes on with one of `about`'s user, version and project. */
  constructor(about, highlights, { open, retry }) {
    Object.assign(this, { about, highlights, open, retry });
    this.list = byId("pending");
    this.list.addEventListener("click", (event) => this.#clicked(event));
  }

  refresh(openKey) {
    const { user, version, project } = this.about;
    const all = entriesOf(user).filter((e) => e.version === version && e.project === project);
    const shown = all.filter((e) => e.key !== openKey && !(e.state === "waiting" && e.quiet));
    this.list.replaceChildren(...shown.map((e) => this.#item(e)));
    this.highlights.show("pending", shown.flatMap((e) => readSpans(e.spans)));
  }

  #item(entry) {
    const item = copyOf("pending-item").firstElementChild;
    if (entry.kind) item.classList.add(entry.kind);
    Object.assign(item.dataset, { key: entry.key, state: entry.state, spans: entry.spans });
    const put = (part, words) => (item.querySelector(part).textContent = words);
    const [state, go] = TOLD[entry.state];
    put(".card-kind", state);
    put(".card-what", entry.label || entry.kind);
    put(".error", entry.why || "");
    put("[data-do=go]", go);
    return item;
  }

  #clicked(event) {
    const what = event.target.closest("button")?.dataset.do;
    const key = event.target.closest("li")?.dataset.key;
    const entry = entriesOf(this.about.user).find((each) => each.key === key);
    if (!entry) return;
    if (what === "discard" && (entry.state === "draft" || confirm("Give up what you wrote?"))) {
      forget(key);
      this.refresh();
    } else if (what === "go" && entry.state === "draft") {
      this.open(entry);
    } else if (what === "go") {
      // Sent again, a refused one comes back with what is wrong, or with what is there now.
      keep({ key, state: "waiting" });
      this.retry();
    }
  }
}
