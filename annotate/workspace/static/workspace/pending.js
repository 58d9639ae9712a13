import { byId, cloneTemplate } from "./dom.js";
import { deleteEntry, getEntries, saveEntry } from "./drafts.js";
import { readSpans } from "./spans.js";

const getLabels = (state) =>
  ({
    pending: [gettext("Unsaved"), gettext("Send now")],
    rejected: [gettext("Rejected"), gettext("Review")],
    draft: [gettext("Draft"), gettext("Resume")],
  })[state];

export class PendingList {
  /** `open(entry)` resumes a draft of the user, version and project of `context`. */
  constructor(context, highlights, { open, retry }) {
    Object.assign(this, { context, highlights, open, retry });
    this.list = byId("pending");
    this.list.addEventListener("click", (event) => this.#onClick(event));
  }

  refresh(openKey) {
    const { user, version, project } = this.context;
    const all = getEntries(user).filter((e) => e.version === version && e.project === project);
    const shown = all.filter((e) => e.key !== openKey && !(e.state === "pending" && e.quiet));
    this.list.replaceChildren(...shown.map((e) => this.#createItem(e)));
    this.highlights.show("pending", shown.flatMap((e) => readSpans(e.spans)));
  }

  #createItem(entry) {
    const item = cloneTemplate("pending-item").firstElementChild;
    if (entry.kind) item.classList.add(entry.kind);
    Object.assign(item.dataset, { key: entry.key, state: entry.state, spans: entry.spans });
    const setText = (selector, text) => (item.querySelector(selector).textContent = text);
    const [state, action] = getLabels(entry.state);
    setText(".card-kind", state);
    setText(".card-what", entry.label || entry.kind);
    setText(".error", entry.error || "");
    setText("[data-do=open]", action);
    return item;
  }

  #onClick(event) {
    const action = event.target.closest("button")?.dataset.do;
    const key = event.target.closest("li")?.dataset.key;
    const entry = getEntries(this.context.user).find((each) => each.key === key);
    if (!entry) return;
    if (action === "discard" && (entry.state === "draft" || confirm(gettext("Discard draft?")))) {
      deleteEntry(key);
      this.refresh();
    } else if (action === "open" && entry.state === "draft") {
      this.open(entry);
    } else if (action === "open") {
      // A rejected write that is sent again comes back with its errors, or with the conflict.
      saveEntry({ key, state: "pending" });
      this.retry();
    }
  }
}
