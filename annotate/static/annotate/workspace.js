// The annotation workspace: joins the text, its highlights, the panel, the form and the keys.

import { Chooser } from "./chooser.js";
import { Commands, key } from "./commands.js";
import { Editor } from "./editor.js";
import { Handles } from "./handles.js";
import { canHighlight, Highlights } from "./highlights.js";
import { History } from "./history.js";
import { newKey } from "./keep.js";
import { Marks } from "./marks.js";
import { csrfToken, Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Pending } from "./pending.js";
import { Selecting } from "./selecting.js";
import { readSpans, writeSpans } from "./spans.js";
import { ArticleText } from "./text.js";
import { Toolbar } from "./toolbar.js";

const MOST_PROPOSED = 1000;

const desk = document.getElementById("desk");
const help = document.getElementById("help");
const mayAnnotate = desk.dataset.mayAnnotate === "true";
const { user, version, project, title } = desk.dataset;
const about = { user, version, project, title, page: location.pathname + location.search };

const text = new ArticleText(document.getElementById("text"));
const highlights = new Highlights(text);
const marks = new Marks(text);
const panel = new Panel(text, highlights, { opened: () => placeHandles(), painted: (cards) => marks.show(cards) });
const editor = new Editor(text, highlights, about, { handIn: (entry) => outbox.write(entry), changed });
const outbox = new Outbox(user, { saved, refused, changed, trouble });
const pending = new Pending(about, highlights, {
  open: (entry) => editor.goOn(entry),
  retry: () => outbox.flush().then(changed),
});
const history = new History(about);
const handles = new Handles(text, highlights, respan);
const toolbar = new Toolbar(make);
const chooser = new Chooser(text, panel, highlights);
const selecting = new Selecting(text, showSelected);

document.getElementById("too-old").hidden = canHighlight;
panel.refresh();
changed();
openAsked();
if (mayAnnotate) editor.goOnAfterReload();
outbox.flush();
performance.mark("usable");

// --- Making and changing ---

/** Make an annotation of a kind of the selected words, or add them to the open form. */
function make(kind) {
  const { span } = selecting;
  if (!span) return;
  selecting.clear();
  if (kind === "passage") return editor.addPassage(span);
  // A claim is proposed in the words of its sentence.
  const sentence = text.words(text.sentence(span)).trim();
  const fits = kind === "claim" && sentence.length <= MOST_PROPOSED;
  editor.open(editor.address(kind, [span], fits ? { wording: sentence } : {}));
}

/** Tag the selected words with a type at once; what it is linked to can be changed later. */
function tag(type) {
  send("entity_tag", [selecting.span], { type, quick: "1" });
  selecting.clear();
}

/** Make an annotation that needs no form. */
function send(kind, spans, values) {
  const label = spans.map((span) => text.words(span)).join(" … ");
  write(kind, editor.address(kind, spans), label, { spans: writeSpans(spans), ...values });
}

/** Write what a press says of one annotation: retract, restore, undo … */
function turn(card, action, fields = {}, more = {}) {
  const url = `${panel.address(card)}${action}/`;
  write(card.kind, url, card.what, { seen_revision: card.revision, ...fields }, { quiet: true, ...more });
}

function write(kind, url, label, fields, more = {}) {
  const key = newKey();
  const all = Object.entries({ ...fields, idempotency_key: key });
  outbox.write({ ...about, key, kind, url, label, spans: fields.spans ?? "", fields: all, ...more });
}

/** The ends of the passages were moved: of the open form, or of the chosen annotation. */
function respan(spans) {
  if (editor.form) editor.setSpans(spans);
  else if (panel.chosenCard) turn(panel.chosenCard, "spans", { spans: writeSpans(spans) });
}

function undo(direction) {
  if (outbox.waiting.length) return say("Wait until what is pending is saved.");
  const step = direction === "undo" ? history.undo() : history.redo();
  if (!step) return say(direction === "undo" ? "Nothing to undo." : "Nothing to do again.");
  // What was done last is undone first.
  for (const change of direction === "undo" ? [...step].reverse() : step) {
    const [uuid, revision] = change.split(":");
    const card = panel.cards.find((each) => each.uuid === uuid);
    if (card) turn(card, `${direction}/${revision}`, {}, { change });
    else history.drop(change);
  }
}

/** Open the form of a source for the chosen claim. */
function addSource(values = {}) {
  editor.open(editor.address("source_link", [], { claim: panel.chosenCard.uuid, ...values }));
}

/** Make the next link of the text that is no source yet one; for the chosen claim, if there is one. */
function linkNext(asked) {
  const links = [...document.querySelectorAll("[data-link]")];
  const taken = new Set(panel.cards.filter((c) => c.kind === "source_link" && !c.retracted).flatMap((c) => c.spans.map((s) => writeSpans([s]))));
  for (const entry of outbox.waiting) taken.add(entry.spans);
  const next = asked ?? links.find((link) => !taken.has(link.dataset.link));
  if (!next) return say(links.length ? "Every link of the text is a source already." : "There is no link in the text.");
  const claim = chosenOf("claim") ? { claim: panel.chosenCard.uuid } : {};
  send("source_link", readSpans(next.dataset.link), { url: next.querySelector("a").href, stance: "context", ...claim });
}

function finish() {
  const button = document.getElementById("finish");
  const { project: slug, finishUrl } = button.dataset;
  const done = button.ariaPressed === "true" ? "0" : "1";
  htmx.ajax("POST", finishUrl, { target: button, swap: "outerHTML", values: { project: slug, finished: done } });
}

// --- What came of it ---

function saved(entry, html) {
  const answer = document.createRange().createContextualFragment(html);
  const cards = [...answer.querySelectorAll(".card")];
  const here = entry.version === version && entry.project === project;
  const status = answer.querySelector("#status");
  const changes = status?.dataset.changes?.trim();
  if (!here) return changes && new History(entry).done(changes.split(" "));
  if (changes) history.done(changes.split(" "));
  show(cards, status);
}

function refused(entry, html) {
  const answer = document.createRange().createContextualFragment(html);
  if (entry.version !== version || entry.project !== project) return;
  if (answer.querySelector("form")) {
    // Another form may be open by now: then this one waits in the list.
    if (!editor.isOpen) editor.showAgain(html);
    else say("Something was not accepted: see the list.");
  } else if (html) {
    if (entry.change) history.drop(entry.change);
    outbox.drop(entry);
    show([...answer.querySelectorAll(".card")], answer.querySelector("#status"));
  }
}

/** Put what the server sent in its place. */
function show(cards, status) {
  editor.bringHome();
  panel.take(cards);
  if (!status) return;
  document.getElementById("status").replaceWith(status);
  panel.chooseById(status.dataset.about, { scrollText: false, focus: false, onlyShown: true });
}

/** After anything that is kept here changed. */
function changed() {
  pending.refresh(editor.key);
  placeHandles();
}

/** Say why the server takes nothing just now; nothing is wrong for null. */
function trouble(why) {
  const line = document.getElementById("connection");
  line.hidden = !why;
  if (why) line.replaceChildren(document.getElementById(why).content.cloneNode(true));
}

/** Tell the person something, also through a screen reader. */
function say(words, isError = false) {
  const status = document.getElementById("status");
  status.classList.toggle("error", isError);
  status.textContent = words;
}

// --- What is selected, and what is open ---

function showSelected(span) {
  highlights.show("pointed", span ? [span] : []);
  if (span && mayAnnotate) toolbar.show(text.range(span), { canAddPassage: Boolean(editor.form) });
  else toolbar.hide();
  const there = span ? panel.at(span.start).map((card) => card.name) : [];
  document.getElementById("spoken").textContent = there.length ? `In ${there.join("; ")}` : "";
}

/** Open the annotation that the address names. */
function openAsked() {
  const asked = new URLSearchParams(location.search).get("annotation");
  if (asked) panel.chooseById(`a-${asked}`, { focus: false });
}

function mayChange(card) {
  return mayAnnotate && (card.author === user || desk.dataset.role === "manager");
}

function chosenOf(kind) {
  const card = panel.chosenCard;
  return Boolean(card && !card.retracted && (!kind || card.kind === kind));
}

function placeHandles() {
  const card = panel.chosenCard;
  if (editor.form?.elements.spans?.name) handles.show(editor.spans);
  else handles.show(card && !editor.isOpen && !card.retracted && mayChange(card) ? card.spans : []);
}

// --- Commands and keys ---

const hasSelection = () => Boolean(selecting.span) && mayAnnotate;
const chosenIs = (kind) => () => mayAnnotate && chosenOf(kind);
const mayEdit = () => chosenOf() && mayChange(panel.chosenCard);
const openChosen = (action) => () => editor.open(`${panel.address(panel.chosenCard)}${action}/`);
const press = (id) => [() => Boolean(document.getElementById(id)), () => document.getElementById(id).click()];

/** What each command does, and when it can be done; `make:KIND` and `tag:TYPE` come in many. */
const doing = {
  make: [hasSelection, make],
  tag: [hasSelection, tag],
  passage: [() => hasSelection() && Boolean(editor.form), () => make("passage")],
  edit: [mayEdit, openChosen("edit")],
  "add-source": [chosenIs("claim"), () => addSource()],
  "add-note": [chosenIs(), () => editor.open(editor.address("note", [], { target: panel.chosenCard.uuid }))],
  mentions: [chosenIs("entity_tag"), openChosen("mentions")],
  retract: [mayEdit, () => turn(panel.chosenCard, "retract")],
  restore: [() => Boolean(panel.chosenCard?.retracted) && mayChange(panel.chosenCard), () => turn(panel.chosenCard, "restore")],
  link: [() => mayAnnotate, () => linkNext()],
  undo: [() => mayAnnotate, () => undo("undo")],
  redo: [() => mayAnnotate, () => undo("redo")],
  down: [() => true, () => panel.step(1)],
  up: [() => true, () => panel.step(-1)],
  text: [() => true, () => text.root.focus()],
  finish: [() => mayAnnotate, finish],
  help: [() => true, () => help.showModal()],
  palette: [() => true, () => commands.open()],
};

const commands = new Commands(
  JSON.parse(document.getElementById("commands").textContent).map((command) => {
    const [name, which] = command.id.split(":");
    const [when, run] = doing[name] ?? press(name);
    return { ...command, when, run: () => run(which) };
  }),
);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") return escape();
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
  // While somebody types, the keys are letters, and undoing is the browser's.
  if ((typing && key(event) !== "Ctrl+k") || event.altKey) return;
  if (commands.press(key(event))) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const command = event.target.closest("[data-command]")?.dataset.command;
  if (command) commands.run(command);
  const source = event.target.closest("[data-source-of]");
  if (source) linkNext(source.closest("[data-link]"));
});

// An address that is pasted becomes a source: of the selected words, or of the chosen claim.
document.addEventListener("paste", (event) => {
  if (event.target.closest?.("input, textarea") || !mayAnnotate) return;
  const url = event.clipboardData.getData("text/plain").trim();
  if (!/^https?:\/\/\S+$/i.test(url)) return;
  if (selecting.span) editor.open(editor.address("source_link", [selecting.span], { url }));
  else if (chosenOf("claim")) addSource({ url });
});

/** Close one thing: what was opened last. */
function escape() {
  if (chooser.isOpen) chooser.hide();
  else if (selecting.span) selecting.clear();
  else if (editor.isOpen) editor.close();
  else panel.closeAll();
}

document.getElementById("help-open").addEventListener("click", () => help.showModal());

// --- What htmx asks the server ---

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
  event.detail.headers["X-Typed-By"] = user;
});

for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failed, ({ detail: { xhr } }) => {
    if (xhr?.status === 404) say("This is not here any more, or not visible to you.", true);
    else trouble(xhr?.status === 401 || xhr?.status === 403 ? "signed-out" : "down");
  });
}
