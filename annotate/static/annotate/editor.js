// The form of one annotation: opening it, keeping what is typed in it, and handing it in.

import { entry as keptEntry, forget, keep, newKey } from "./keep.js";
import { joined, readSpans, writeSpans } from "./spans.js";

// The form that was open in this tab is opened again when the page is loaded again.
const OPEN = "pressmark:open";

export class Editor {
  /** `about`: user, version, project … of all entries; `handIn(entry)` sends; `changed()` after any change. */
  constructor(text, highlights, about, { handIn, changed }) {
    Object.assign(this, { text, highlights, about, handIn, changed });
    this.desk = document.getElementById("desk");
    this.home = document.getElementById("desk-top");
    this.place = document.getElementById("editor");
    this.place.addEventListener("click", (event) => this.#clicked(event));
    this.place.addEventListener("input", () => this.#keepSoon());
    this.place.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.place.addEventListener("toggle", (event) => this.#toggled(event.target), true);
    this.place.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form?.requestSubmit();
    });
    addEventListener("pagehide", () => this.#keepNow());
  }

  get form() {
    return this.place.querySelector("form");
  }

  get isOpen() {
    return Boolean(this.place.firstElementChild);
  }

  /** The idempotency key of the open form. */
  get key() {
    return this.form?.elements.idempotency_key?.value;
  }

  get spans() {
    return readSpans(this.form?.elements.spans?.value);
  }

  /** Where the form of a kind is, for these passages and values. */
  address(kind, spans, values = {}) {
    const query = { project: this.desk.dataset.project, spans: writeSpans(spans), ...values };
    return `${this.desk.dataset.newUrl.replace("KIND", kind)}?${new URLSearchParams(query)}`;
  }

  /** Open the form at an address; what stood in another one is kept first. */
  async open(url) {
    this.#keepNow();
    this.bringHome();
    await htmx.ajax("GET", url, { target: this.place, swap: "innerHTML" });
    this.#opened();
  }

  /** Open the form of a kept entry, as it was left. */
  async goOn(entry) {
    await this.open(entry.url);
    if (!this.form) return;
    fill(this.form, entry.fields);
    this.#keep(readSpans(entry.spans));
    keep({ key: entry.key, state: "draft" });
    this.#remember();
    this.changed();
  }

  /** Open again what was open in this tab before the page was loaded. */
  goOnAfterReload() {
    const entry = keptEntry(sessionStorage.getItem(OPEN));
    const { user, version, project } = this.about;
    if (entry?.state !== "draft" || entry.user !== user) return;
    if (entry.version === version && entry.project === project) this.goOn(entry);
  }

  /** Show the answer of a server that refused what was handed in. */
  showAgain(html) {
    this.bringHome();
    this.place.innerHTML = html;
    htmx.process(this.place);
    this.#keepNow("draft");
    this.#opened();
  }

  /** Add a span as one more passage. */
  addPassage(span) {
    this.setSpans(joined(this.spans, span));
  }

  /** Make the open form be about these passages. */
  setSpans(spans) {
    this.#keep(spans);
    this.#keepSoon();
  }

  /** Close the form; what was typed in it is kept. */
  close() {
    this.#keepNow();
    this.#leave();
  }

  /** Stand at the top of the panel again: the card around it is about to change. */
  bringHome() {
    if (this.place.parentElement !== this.home) this.home.append(this.place);
  }

  #leave() {
    clearTimeout(this.timer);
    this.place.replaceChildren();
    this.bringHome();
    sessionStorage.removeItem(OPEN);
    this.highlights.show("draft", []);
    this.changed();
  }

  /** After the form came: put it where it belongs, paint its passages, go to its first field. */
  #opened() {
    const card = document.getElementById(this.form?.dataset.annotation);
    if (card && !card.hidden) card.append(this.place);
    this.asGiven = JSON.stringify(this.#fields());
    if (!this.form) return;
    if (!this.form.elements.idempotency_key) {
      const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "idempotency_key", value: newKey() });
      this.form.append(hidden);
    }
    this.#remember();
    this.changed();
    this.#paint();
    this.place.scrollIntoView({ block: "nearest" });
    const wrong = this.form.querySelector(".has-error :is(input:not([type=hidden]), textarea, select)");
    const first = this.form.querySelector("[type=radio]:checked, textarea, input:not([type=hidden]), select");
    (wrong ?? first)?.focus({ preventScroll: true });
  }

  #submit() {
    const { form } = this;
    if (!form || form.dataset.write === undefined) return;
    clearTimeout(this.timer);
    const entry = this.#entry();
    this.#leave();
    this.handIn(entry);
  }

  // --- Keeping what is typed ---

  #keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#keepNow(), 250);
  }

  /** Keep the form as it is; one in which nothing was changed is nothing to keep. */
  #keepNow(state = "draft") {
    clearTimeout(this.timer);
    if (!this.form?.dataset.write || !this.key) return;
    const untouched = JSON.stringify(this.#fields()) === this.asGiven;
    if (!untouched || keptEntry(this.key)) keep({ ...this.#entry(), state });
  }

  #remember() {
    if (this.key) sessionStorage.setItem(OPEN, this.key);
  }

  #fields() {
    return this.form ? [...new FormData(this.form)].filter(([, value]) => typeof value === "string") : [];
  }

  #entry() {
    const fields = this.#fields();
    const value = (name) => fields.find((field) => field[0] === name)?.[1];
    const label = value("wording") || value("body") || value("url") || this.spans.map((s) => this.text.words(s)).join(" … ");
    const { kind } = this.form.dataset;
    return { ...this.about, key: this.key, url: this.form.dataset.write, fields, kind, label, spans: value("spans") ?? "", why: "" };
  }

  // --- Inside the form ---

  #clicked(event) {
    const on = (selector) => event.target.closest(selector);
    const candidate = on("[data-qid]");
    if (on("[data-close]")) this.close();
    else if (on("[data-drop]")) this.setSpans(this.spans.filter((s) => writeSpans([s]) !== on("[data-drop]").dataset.drop));
    else if (on("[data-take]")) this.#take(on("[data-take]").dataset);
    else if (on("[data-check]")) for (const box of this.form.elements.spans) box.checked = on("[data-check]").dataset.check === "all";
    else if (candidate) this.#takeCandidate(candidate.dataset);
    else if (on("[data-forget]")) {
      forget(this.key);
      this.#leave();
    }
  }

  /** Take the other's value, in a conflict. */
  #take({ take, value }) {
    fill(this.form, [[take, value]]);
    this.#keepSoon();
  }

  /** Describe the new entity as Wikidata does. */
  #takeCandidate({ name, qid, description }) {
    this.form.querySelector(".new-entity").open = true;
    fill(this.form, [["entity", ""], ["new_name", name], ["new_qid", qid], ["new_description", description]]);
    this.#keepSoon();
  }

  /** A new entity is called as the words are, until somebody says otherwise. */
  #toggled(details) {
    if (!details.matches?.(".new-entity")) return;
    const name = this.form.elements.new_name;
    if (details.open && !name.value) fill(this.form, [["entity", ""], ["new_name", details.dataset.words]]);
    if (!details.open) fill(this.form, [["new_name", ""], ["new_qid", ""], ["new_description", ""]]);
  }

  #keep(spans) {
    const { spans: field } = this.form.elements;
    if (!field?.name) return;
    field.value = writeSpans(spans);
    this.form.querySelector(".passages ul")?.replaceChildren(...this.spans.map((s) => this.#item(s)));
    this.#paint();
    this.changed();
  }

  #item(span) {
    const item = document.getElementById("passage-item").content.firstElementChild.cloneNode(true);
    item.querySelector("q").textContent = this.text.words(span);
    item.querySelector("button").dataset.drop = writeSpans([span]);
    return item;
  }

  #paint() {
    this.highlights.show("draft", this.spans);
  }
}

/** Put values into a form; a choice that it does not offer any more is offered again. */
function fill(form, fields) {
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (!field) continue;
    if (field instanceof RadioNodeList || field.type === "radio") choose(form, name, value);
    else if (field.type === "checkbox") field.checked = true;
    else field.value = value;
    if (value && name.startsWith("new_")) form.querySelector(".new-entity").open = true;
    const more = field.closest?.("details");
    if (value && more) more.open = true;
  }
}

function choose(form, name, value) {
  const all = [...form.querySelectorAll(`[type=radio][name="${CSS.escape(name)}"]`)];
  let radio = all.find((each) => each.value === value);
  if (!radio && all.length) {
    const label = document.createElement("label");
    radio = Object.assign(document.createElement("input"), { type: "radio", name, value });
    label.append(radio, " As chosen before");
    all.at(-1).closest("label").after(label);
  }
  if (radio) radio.checked = true;
}
