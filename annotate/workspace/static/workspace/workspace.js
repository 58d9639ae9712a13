// The workspace: joins the text, its highlights, the panel, the form and the keys.

import { Chooser } from "./chooser.js";
import { Commands, key } from "./commands.js";
import { byId, copyOf } from "./dom.js";
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
const on = (kind, act) => document.addEventListener(kind, act);

const { user, version, project, title, role, newUrl, mayAnnotate: may } = byId("desk").dataset;
const mayAnnotate = may === "true";
const about = { user, version, project, title, page: location.pathname + location.search };

const text = new ArticleText(byId("text"));
const highlights = new Highlights(text);
const marks = new Marks(text);
const panel = new Panel(text, highlights, { opened: placeHandles, painted: (cards) => marks.show(cards) });
const editor = new Editor(text, highlights, about, { handIn: (entry) => outbox.write(entry), changed });
const outbox = new Outbox(user, { saved, refused, changed, trouble });
const pending = new Pending(about, highlights, { open: (entry) => editor.goOn(entry), retry: () => outbox.flush() });
const history = new History(about);
const handles = new Handles(text, highlights, respan);
const toolbar = new Toolbar();
const chooser = new Chooser(text, panel, highlights);
const selecting = new Selecting(text, showSelected);

function formOf(kind, spans, values = {}) {
  const query = new URLSearchParams({ project, spans: writeSpans(spans), ...values });
  return `${newUrl.replace("KIND", kind)}?${query}`;
}

/** Take the selection away, and give it. */
function taken() {
  const { span } = selecting;
  selecting.clear();
  return span;
}

/** Open a form for the selected words; a claim is proposed in the words of its sentence. */
function make(kind) {
  const span = taken();
  const sentence = text.words(text.sentence(span)).trim();
  const proposed = kind === "claim" && sentence.length <= MOST_PROPOSED ? { text: sentence } : {};
  editor.open(formOf(kind, [span], proposed));
}

function send(kind, spans, values) {
  const label = spans.map((span) => text.words(span)).join(" … ");
  write(kind, formOf(kind, spans), label, { spans: writeSpans(spans), ...values });
}

function turn(card, action, fields = {}, more = {}) {
  const said = { seen_revision: card.revision, ...fields };
  write(card.kind, `${panel.address(card)}${action}/`, card.what, said, { quiet: true, ...more });
}

function write(kind, url, label, said, more = {}) {
  const idempotencyKey = newKey();
  const fields = Object.entries({ ...said, idempotency_key: idempotencyKey });
  outbox.write({ ...about, key: idempotencyKey, kind, url, label, spans: said.spans ?? "", fields, ...more });
}

/** The ends were moved: of the open form, or of the chosen annotation. */
function respan(spans) {
  if (editor.spans) editor.setSpans(spans);
  else turn(panel.chosenCard, "spans", { spans: writeSpans(spans) });
}

function step(direction) {
  if (outbox.waiting.length) return say("First let it be saved.");
  const changes = history[direction]();
  if (!changes) return say(`Nothing to ${direction}.`);
  // What was done last is undone first.
  for (const change of direction === "undo" ? changes.toReversed() : changes) {
    const [uuid, revision] = change.split(":");
    const card = panel.cards.find((each) => each.uuid === uuid);
    if (card) turn(card, `${direction}/${revision}`, {}, { change });
  }
}

/** Add a source to the selected words, or to the chosen claim. */
function addSource(values = {}) {
  if (selecting.span) editor.open(formOf("source_link", [taken()], values));
  else if (chosenIs("claim")) editor.open(formOf("source_link", [], { claim: panel.chosenCard.uuid, ...values }));
}

/** Make a link of the text a source, for the chosen claim if any; by default the next one. */
function linkSource(asked) {
  const links = [...document.querySelectorAll("[data-link]")];
  const sourceOf = ({ dataset: { link } }) =>
    document.querySelector(`.source_link:not([data-state=retracted])[data-spans~="${link}"]`);
  const link = asked ?? links.find((each) => !sourceOf(each));
  if (!link) return say(links.length ? "Each link is a source already." : "No link in the text.");
  const claim = chosenIs("claim") ? { claim: panel.chosenCard.uuid } : {};
  send("source_link", readSpans(link.dataset.link), { url: link.querySelector("a").href, stance: "context", ...claim });
}

function saved(entry, html) {
  const answer = parsed(html);
  const changes = answer.status?.dataset.changes?.trim().split(" ");
  if (changes) new History(entry).done(changes);
  if (isHere(entry)) show(answer);
}

function refused(entry, html) {
  if (!html || !isHere(entry)) return;
  const answer = parsed(html);
  if (answer.status) {
    // No form: nothing in it can be put right.
    if (entry.change) history.drop(entry.change);
    outbox.drop(entry);
    show(answer);
  } else if (editor.isOpen) {
    say("Something was not accepted: see the list.", true);
  } else {
    editor.showAgain(html);
  }
}

const isHere = (entry) => entry.version === version && entry.project === project;

function parsed(html) {
  const answer = new Range().createContextualFragment(html);
  return { cards: answer.querySelectorAll(".card"), status: answer.querySelector("#status") };
}

function show({ cards, status }) {
  editor.bringHome();
  panel.take(cards);
  if (!status) return;
  byId("status").replaceWith(status);
  panel.chooseById(status.dataset.about, { scrollText: false, focus: false, onlyShown: true });
}

function changed() {
  pending.refresh(editor.key);
  placeHandles();
}

/** Say why the server takes nothing just now; null is no trouble. */
function trouble(why) {
  byId("connection").hidden = !why;
  if (why) byId("connection").replaceChildren(copyOf(why));
}

function say(words, isError = false) {
  byId("status").classList.toggle("error", isError);
  byId("status").textContent = words;
}

function showSelected(span) {
  highlights.show("pointed", span ? [span] : []);
  if (span && mayAnnotate) toolbar.show(text.range(span), Boolean(editor.spans));
  else toolbar.hide();
  const there = span ? panel.at(span.start).map((card) => card.name) : [];
  byId("spoken").textContent = there.length ? `In ${there.join("; ")}` : "";
}

function chosenIs(kind) {
  const card = panel.chosenCard;
  return Boolean(card && !card.retracted && (!kind || card.kind === kind));
}

function mayChange() {
  const card = panel.chosenCard;
  return Boolean(card) && mayAnnotate && (card.author === user || role === "manager");
}

function placeHandles() {
  handles.show(editor.spans ?? (!editor.isOpen && editing() ? panel.chosenCard.spans : []));
}

const always = () => true;
const annotating = () => mayAnnotate;
const selected = () => Boolean(selecting.span) && mayAnnotate;
const adding = (kind) => () => mayAnnotate && chosenIs(kind);
const editing = () => chosenIs() && mayChange();
const opening = (action) => () => editor.open(`${panel.address(panel.chosenCard)}${action}/`);
const turning = (action) => () => turn(panel.chosenCard, action);

/** When and how each command is done; any other one presses what has its name as id. */
const doing = {
  make: [selected, make],
  tag: [selected, (type) => send("entity_tag", [taken()], { type, quick: "1" })],
  passage: [() => selected() && Boolean(editor.spans), () => editor.addPassage(taken())],
  save: [() => Boolean(editor.form), () => editor.form.requestSubmit()],
  edit: [editing, opening("edit")],
  "add-source": [adding("claim"), () => addSource()],
  "add-note": [adding(), () => editor.open(formOf("note", [], { target: panel.chosenCard.uuid }))],
  mentions: [adding("entity_tag"), opening("mentions")],
  retract: [editing, turning("retract")],
  restore: [() => mayChange() && !chosenIs(), turning("restore")],
  link: [annotating, () => linkSource()],
  undo: [annotating, () => step("undo")],
  redo: [annotating, () => step("redo")],
  down: [always, () => panel.step(1)],
  up: [always, () => panel.step(-1)],
  text: [always, () => text.root.focus()],
  help: [always, () => byId("help").showModal()],
  palette: [always, () => commands.open()],
};

const commands = new Commands(
  JSON.parse(byId("commands").textContent).map((command) => {
    const [name, which] = command.id.split(":");
    const [when, run] = doing[name] ?? [() => Boolean(byId(name)), () => byId(name).click()];
    return { ...command, when, run: () => run(which) };
  }),
);

on("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") return escape();
  const pressed = key(event);
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
  // While somebody types, the keys are letters, and undoing is the browser's.
  if ((typing && !["Ctrl+k", "Ctrl+enter"].includes(pressed)) || event.altKey) return;
  if (commands.press(pressed)) event.preventDefault();
});

on("click", ({ target }) => {
  commands.run(target.closest("[data-command]")?.dataset.command);
  const source = target.closest("[data-source-of]");
  if (source) linkSource(source.closest("[data-link]"));
});

// An address that is pasted becomes a source.
on("paste", (event) => {
  const url = event.clipboardData.getData("text/plain").trim();
  if (!event.target.closest?.("input, textarea") && mayAnnotate && /^https?:\/\/\S+$/i.test(url)) addSource({ url });
});

function escape() {
  if (chooser.isOpen) chooser.hide();
  else if (selecting.span) selecting.clear();
  else if (editor.isOpen) editor.close();
  else panel.closeAll();
}

on("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, { "X-CSRFToken": csrfToken(), "X-Typed-By": user });
});
on("htmx:sendError", () => trouble("down"));
on("pressmark:failed", ({ detail: status }) => {
  if (status === 404) say("This is not here any more, or not visible to you.", true);
  else trouble(status === 401 || status === 403 ? "signed-out" : "down");
});

byId("too-old").hidden = canHighlight;
panel.refresh();
changed();
const asked = new URLSearchParams(location.search).get("annotation");
if (asked) panel.chooseById(`a-${asked}`, { focus: false });
if (mayAnnotate) editor.goOnAfterReload();
outbox.flush();
performance.mark("usable");
