import { byId, cloneTemplate, fetchFragment, make } from "./dom.js";
import { createKey, getEntry, saveEntry } from "./drafts.js";
import { addSpan, readSpans, writeSpans } from "./spans.js";

// Reopened after a reload of the tab.
const OPEN_FORM = "pressmark:open";

export class Editor {
  /** `context`: user, version, project and page of the entries; `submit(entry)` sends one. */
  constructor(text, highlights, context, { submit, onChange }) {
    Object.assign(this, { text, highlights, context, submit, onChange });
    this.root = byId("editor");
    const on = (kind, act, capture) => this.root.addEventListener(kind, act, capture);
    on("click", (event) => this.#onClick((selector) => event.target.closest(selector)));
    on("input", () => this.#saveSoon());
    on("toggle", (event) => this.#onToggle(event.target), true);
    on("submit", (event) => {
      event.preventDefault();
      this.#onSubmit();
    });
    addEventListener("pagehide", () => this.#saveNow());
  }

  get form() {
    return this.root.querySelector("form");
  }

  get isOpen() {
    return Boolean(this.root.firstElementChild);
  }

  get key() {
    return this.form?.elements.idempotency_key?.value;
  }

  /** The passages of the open form, if they can be changed. */
  get spans() {
    const field = this.form?.elements.spans;
    return field?.type === "hidden" ? readSpans(field.value) : undefined;
  }

  async open(url) {
    this.#saveNow();
    this.detach();
    this.requestedUrl = url;
    const html = await fetchFragment(url);
    if (html !== null && this.requestedUrl === url) this.#show(html);
  }

  async resume(entry) {
    await this.open(entry.url);
    if (!this.form) return;
    fill(this.form, entry.fields);
    if (this.spans) this.setSpans(readSpans(entry.spans));
    saveEntry({ key: entry.key, state: "draft" });
    this.#rememberForm();
  }

  resumeAfterReload() {
    const entry = getEntry(sessionStorage.getItem(OPEN_FORM));
    const isHere = ["user", "version", "project"].every((name) => entry?.[name] === this.context[name]);
    if (isHere && entry.state === "draft") this.resume(entry);
  }

  showErrors(html) {
    this.#show(html);
    this.#save();
  }

  addPassage(span) {
    this.setSpans(addSpan(this.spans, span));
  }

  setSpans(spans) {
    this.form.elements.spans.value = writeSpans(spans);
    const items = this.spans.map((span) => {
      const item = cloneTemplate("passage-item");
      item.querySelector("q").textContent = this.text.getQuote(span);
      item.querySelector("button").dataset.remove = writeSpans([span]);
      return item;
    });
    this.form.querySelector(".passages ul").replaceChildren(...items);
    this.#rememberForm();
    this.#saveSoon();
  }

  close() {
    this.#saveNow();
    this.#clear();
  }

  /** Move the form out of its card, which may be replaced. */
  detach() {
    byId("editor-home").append(this.root);
  }

  #clear() {
    clearTimeout(this.timer);
    if (this.root.contains(document.activeElement)) this.text.root.focus({ preventScroll: true });
    this.root.replaceChildren();
    this.detach();
    this.#rememberForm();
  }

  #show(html) {
    this.root.innerHTML = html;
    htmx.process(this.root);
    const { form } = this;
    if (!form) return;
    const card = byId(form.dataset.annotation);
    if (card && !card.hidden) card.append(this.root);
    if (!this.key) form.append(make("input", { type: "hidden", name: "idempotency_key", value: createKey() }));
    this.initialFields = JSON.stringify(this.#fields());
    this.#rememberForm();
    this.root.scrollIntoView({ block: "nearest" });
    const fields = ":is(input:not([type=hidden]), textarea, select)";
    const first = form.querySelector(`.has-error ${fields}`) ?? form.querySelector(`[type=radio]:checked, ${fields}`);
    first?.focus({ preventScroll: true });
  }

  #onSubmit() {
    clearTimeout(this.timer);
    const entry = this.#entry();
    this.#clear();
    this.submit(entry);
  }

  #saveSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#saveNow(), 250);
  }

  #saveNow() {
    clearTimeout(this.timer);
    if (!this.key) return;
    const isUntouched = JSON.stringify(this.#fields()) === this.initialFields;
    if (!isUntouched || getEntry(this.key)) this.#save();
  }

  #save() {
    saveEntry({ ...this.#entry(), state: "draft" });
  }

  /** Remember which form is open and highlight its passages. */
  #rememberForm() {
    sessionStorage.setItem(OPEN_FORM, this.key ?? "");
    this.highlights.show("draft", this.spans ?? []);
    this.onChange();
  }

  #fields() {
    return [...new FormData(this.form)];
  }

  #entry() {
    const { write, kind } = this.form.dataset;
    const fields = this.#fields();
    const payload = Object.fromEntries(fields);
    const quote = (this.spans ?? []).map((span) => this.text.getQuote(span)).join(" … ");
    const label = payload.text || payload.body || payload.url || quote;
    const spans = this.spans ? payload.spans : "";
    return { ...this.context, key: this.key, url: write, fields, kind, label, spans, error: "" };
  }

  #onClick(on) {
    const [remove, use, check] = ["remove", "use", "check"].map((name) => on(`[data-${name}]`)?.dataset);
    if (on("[data-close]")) this.close();
    if (remove) this.setSpans(this.spans.filter((span) => writeSpans([span]) !== remove.remove));
    // Another person's values, or Wikidata's, by field name.
    if (use) fill(this.form, Object.entries(JSON.parse(use.use)));
    if (check) for (const box of this.form.querySelectorAll("[type=checkbox]")) box.checked = check.check === "all";
    if (use || check) this.#saveSoon();
  }

  /** Propose the selected text as the name of a new entity. */
  #onToggle(details) {
    if (!details.matches(".new-entity")) return;
    const name = this.form.elements.new_name;
    if (!details.open) for (const field of details.querySelectorAll("input")) field.value = "";
    else if (!name.value) fill(this.form, [["entity", ""], ["new_name", details.dataset.quote]]);
  }
}

/** Fill in a form. A choice that it no longer offers is added. */
function fill(form, fields) {
  for (const [name, value] of fields) {
    const matches = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
    const [field] = matches;
    if (!field) continue;
    if (field.type === "radio") checkRadio(matches, value);
    else if (field.type !== "checkbox") field.value = value;
    const details = field.closest("details");
    if (value && details) details.open = true;
  }
}

function checkRadio(radios, value) {
  let radio = radios.find((each) => each.value === value);
  if (!radio) {
    const label = make("label");
    radio = make("input", { type: "radio", name: radios[0].name, value });
    label.append(radio, " ", gettext("Your earlier choice"));
    radios.at(-1).closest("label").after(label);
  }
  radio.checked = true;
}
