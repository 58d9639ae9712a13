// The form of one annotation: opening it, keeping what is typed, and handing it in.

import { byId, copyOf, fetched, make } from "./dom.js";
import { entry as keptEntry, keep, newKey } from "./keep.js";
import { joined, readSpans, writeSpans } from "./spans.js";

// Which form was open in this tab, to be opened again after a reload.
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

  get key() {
    return this.form?.elements.idempotency_key?.value;
  }

  /** The passages of the open form, if it has some to be changed. */
  get spans() {
    const field = this.form?.elements.spans;
    return field?.type === "hidden" ? readSpans(field.value) : undefined;
  }

  async open(url) {
    this.#keepNow();
    this.bringHome();
    this.asked = url;
    const html = await fetched(url);
    // Of two that were asked for, the last one counts.
    if (html !== null && this.asked === url) this.#show(html);
  }

  async goOn(entry) {
    await this.open(entry.url);
    if (!this.form) return;
    fill(this.form, entry.fields);
    if (this.spans) this.setSpans(readSpans(entry.spans));
    keep({ key: entry.key, state: "draft" });
    this.#remember();
  }

  goOnAfterReload() {
    const entry = keptEntry(sessionStorage.getItem(OPEN));
    const here = ["user", "version", "project"].every((name) => entry?.[name] === this.about[name]);
    if (here && entry.state === "draft") this.goOn(entry);
  }

  showAgain(html) {
    this.#show(html);
    this.#keep();
  }

  addPassage(span) {
    this.setSpans(joined(this.spans, span));
  }

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

  close() {
    this.#keepNow();
    this.#leave();
  }

  /** Stand at the top of the panel: the card around it may go. */
  bringHome() {
    byId("desk-top").append(this.place);
  }

  #leave() {
    clearTimeout(this.timer);
    if (this.place.contains(document.activeElement)) this.text.root.focus({ preventScroll: true });
    this.place.replaceChildren();
    this.bringHome();
    this.#remember();
  }

  #show(html) {
    this.place.innerHTML = html;
    htmx.process(this.place);
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

  #keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#keepNow(), 250);
  }

  #keepNow() {
    clearTimeout(this.timer);
    if (!this.key) return;
    const untouched = JSON.stringify(this.#fields()) === this.asGiven;
    if (!untouched || keptEntry(this.key)) this.#keep();
  }

  #keep() {
    keep({ ...this.#entry(), state: "draft" });
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
    const label = said.text || said.body || said.url || words;
    const spans = this.spans ? said.spans : "";
    return { ...this.about, key: this.key, url: write, fields, kind, label, spans, why: "" };
  }

  #clicked(on) {
    const [drop, take, check] = ["drop", "take", "check"].map((name) => on(`[data-${name}]`)?.dataset);
    if (on("[data-close]")) this.close();
    if (drop) this.setSpans(this.spans.filter((span) => writeSpans([span]) !== drop.drop));
    // What somebody else wrote, or what Wikidata says, by the names of the fields.
    if (take) fill(this.form, Object.entries(JSON.parse(take.take)));
    if (check) for (const box of this.form.querySelectorAll("[type=checkbox]")) box.checked = check.check === "all";
    if (take || check) this.#keepSoon();
  }

  /** A new entity is called as the words are, until somebody says otherwise. */
  #toggled(details) {
    if (!details.matches(".new-entity")) return;
    const name = this.form.elements.new_name;
    if (!details.open) for (const field of details.querySelectorAll("input")) field.value = "";
    else if (!name.value) fill(this.form, [["entity", ""], ["new_name", details.dataset.words]]);
  }
}

/** Put values into a form; a choice that it does not offer is offered again. */
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
