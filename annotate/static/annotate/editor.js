// The form of one annotation: opening it, keeping what is typed in it, and handing it in.

import { byId, copyOf, make } from "./dom.js";
import { entry as keptEntry, keep, newKey } from "./keep.js";
import { joined, readSpans, writeSpans } from "./spans.js";

// The form that was open in this tab is opened again when the page is loaded again.
const OPEN = "pressmark:open";

export class Editor {
  /** `about`: whose entries, where; `handIn(entry)` sends one; `changed()` after any change. */
  constructor(text, highlights, about, { handIn, changed }) {
    Object.assign(this, { text, highlights, about, handIn, changed });
    this.place = byId("editor");
    const on = (kind, act, capture) => this.place.addEventListener(kind, act, capture);
    on("click", (event) => this.#clicked((selector) => event.target.closest(selector)));
    on("input", () => this.#keepSoon());
    on("toggle", (event) => this.#toggled(event.target), true);
    on("submit", (event) => {
      event.preventDefault();
      this.#submit();
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

  /** The passages of the open form; undefined where it has none to be changed. */
  get spans() {
    const field = this.form?.elements.spans;
    return field?.type === "hidden" ? readSpans(field.value) : undefined;
  }

  /** Open the form at an address; what stands in another one is kept first. */
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
    if (this.spans) this.setSpans(readSpans(entry.spans));
    keep({ key: entry.key, state: "draft" });
    this.#remember();
  }

  /** Open again what was open in this tab before the page was loaded. */
  goOnAfterReload() {
    const entry = keptEntry(sessionStorage.getItem(OPEN));
    const here = ["user", "version", "project"].every((name) => entry?.[name] === this.about[name]);
    if (here && entry.state === "draft") this.goOn(entry);
  }

  /** Show the answer of a server that refused what was handed in. */
  showAgain(html) {
    this.place.innerHTML = html;
    htmx.process(this.place);
    this.#keepNow();
    this.#opened();
  }

  /** Add a span as one more passage. */
  addPassage(span) {
    this.setSpans(joined(this.spans, span));
  }

  /** Make the open form be about these passages. */
  setSpans(spans) {
    this.form.elements.spans.value = writeSpans(spans);
    const items = this.spans.map((span) => {
      const item = copyOf("passage-item");
      item.querySelector("q").textContent = this.text.words(span);
      item.querySelector("button").dataset.drop = writeSpans([span]);
      return item;
    });
    this.form.querySelector(".passages ul").replaceChildren(...items);
    this.#remember();
    this.#keepSoon();
  }

  /** Close the form; what was typed in it is kept. */
  close() {
    this.#keepNow();
    this.#leave();
  }

  /** Stand at the top of the panel again: the card around it is about to change. */
  bringHome() {
    byId("desk-top").append(this.place);
  }

  #leave() {
    clearTimeout(this.timer);
    this.place.replaceChildren();
    this.bringHome();
    this.#remember();
  }

  /** After the form came: put it where it belongs and go to its first field. */
  #opened() {
    const { form } = this;
    if (!form) return;
    const card = byId(form.dataset.annotation);
    if (card && !card.hidden) card.append(this.place);
    if (!this.key) form.append(make("input", { type: "hidden", name: "idempotency_key", value: newKey() }));
    this.asGiven = JSON.stringify(this.#fields());
    this.#remember();
    this.place.scrollIntoView({ block: "nearest" });
    const fields = ":is(input:not([type=hidden]), textarea, select)";
    const first = form.querySelector(`.has-error ${fields}`) ?? form.querySelector(`[type=radio]:checked, ${fields}`);
    first?.focus({ preventScroll: true });
  }

  #submit() {
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
  #keepNow() {
    clearTimeout(this.timer);
    if (!this.key) return;
    const untouched = JSON.stringify(this.#fields()) === this.asGiven;
    if (!untouched || keptEntry(this.key)) keep({ ...this.#entry(), state: "draft" });
  }

  /** Remember which form is open, and show its passages. */
  #remember() {
    sessionStorage.setItem(OPEN, this.key ?? "");
    this.highlights.show("draft", this.spans ?? []);
    this.changed();
  }

  #fields() {
    return [...new FormData(this.form)];
  }

  #entry() {
    const { write, kind } = this.form.dataset;
    const fields = this.#fields();
    const said = Object.fromEntries(fields);
    const words = (this.spans ?? []).map((span) => this.text.words(span)).join(" … ");
    const label = said.wording || said.body || said.url || words;
    const spans = this.spans ? said.spans : "";
    return { ...this.about, key: this.key, url: write, fields, kind, label, spans, why: "" };
  }

  // --- Inside the form ---

  #clicked(on) {
    const [drop, take, check, item] = ["drop", "take", "check", "qid"].map((name) => on(`[data-${name}]`)?.dataset);
    if (on("[data-close]")) this.close();
    if (drop) this.setSpans(this.spans.filter((span) => writeSpans([span]) !== drop.drop));
    // In a conflict, the other's value; of Wikidata's, what it says of the entity.
    if (take) fill(this.form, [[take.take, take.value]]);
    if (item) fill(this.form, [["entity", ""], ["new_name", item.name], ["new_qid", item.qid], ["new_description", item.description]]);
    if (check) for (const box of this.form.querySelectorAll("[type=checkbox]")) box.checked = check.check === "all";
    if (take || item || check) this.#keepSoon();
  }

  /** A new entity is called as the words are, until somebody says otherwise. */
  #toggled(details) {
    if (!details.matches(".new-entity")) return;
    const name = this.form.elements.new_name;
    if (!details.open) fill(this.form, [["new_name", ""], ["new_qid", ""], ["new_description", ""]]);
    else if (!name.value) fill(this.form, [["entity", ""], ["new_name", details.dataset.words]]);
  }
}

/** Put values into a form; a choice that it does not offer any more is offered again. */
function fill(form, fields) {
  for (const [name, value] of fields) {
    const found = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const [field] = found;
    if (!field) continue;
    if (field.type === "radio") choose(found, value);
    else if (field.type !== "checkbox") field.value = value;
    const details = field.closest("details");
    if (value && details) details.open = true;
  }
}

function choose(radios, value) {
  let radio = radios.find((each) => each.value === value);
  if (!radio) {
    const label = make("label");
    radio = make("input", { type: "radio", name: radios[0].name, value });
    label.append(radio, " As chosen before");
    radios.at(-1).closest("label").after(label);
  }
  radio.checked = true;
}
