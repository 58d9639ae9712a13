import { Chooser } from "./chooser.js";
import { Commands, getKey } from "./commands.js";
import { byId, cloneTemplate } from "./dom.js";
import { createKey } from "./drafts.js";
import { Editor } from "./editor.js";
import { Handles } from "./handles.js";
import { canHighlight, Highlights } from "./highlights.js";
import { History } from "./history.js";
import { Marks } from "./marks.js";
import { getCsrfToken, Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { PendingList } from "./pending.js";
import { SelectionTracker } from "./selection.js";
import { readSpans, writeSpans } from "./spans.js";
import { ArticleText } from "./text.js";
import { Toolbar } from "./toolbar.js";

const MAX_PROPOSED_CLAIM = 1000;
const on = (kind, act) => document.addEventListener(kind, act);

const { user, version, project, title, role, newUrl, canAnnotate: flag } = byId("workspace").dataset;
const canAnnotate = flag === "true";
const context = { user, version, project, title, page: location.pathname + location.search };

const text = new ArticleText(byId("text"));
const highlights = new Highlights(text);
const marks = new Marks(text);
const panel = new Panel(text, highlights, { onOpen: placeHandles, onPaint: (cards) => marks.show(cards) });
const editor = new Editor(text, highlights, context, { submit: (entry) => outbox.enqueue(entry), onChange: refresh });
const outbox = new Outbox(user, { onSaved, onRejected, onChange: refresh, onConnection: showConnection });
const pending = new PendingList(context, highlights, {
  open: (entry) => editor.resume(entry),
  retry: () => outbox.flush(),
});
const history = new History(context);
const handles = new Handles(text, highlights, changeSpans);
const toolbar = new Toolbar();
const chooser = new Chooser(text, panel, highlights);
const tracker = new SelectionTracker(text, showSelection);

function formUrl(kind, spans, values = {}) {
  const query = new URLSearchParams({ project, spans: writeSpans(spans), ...values });
  return `${newUrl.replace("KIND", kind)}?${query}`;
}

function takeSelection() {
  const { span } = tracker;
  tracker.clear();
  return span;
}

/** Open a form for the selected text. For a claim, propose the whole sentence. */
function openForm(kind) {
  const span = takeSelection();
  const sentence = text.getQuote(text.expandToSentence(span)).trim();
  const proposed = kind === "claim" && sentence.length <= MAX_PROPOSED_CLAIM ? { text: sentence } : {};
  editor.open(formUrl(kind, [span], proposed));
}

function create(kind, spans, values) {
  const label = spans.map((span) => text.getQuote(span)).join(" … ");
  write(kind, formUrl(kind, spans), label, { spans: writeSpans(spans), ...values });
}

function changeState(card, action, fields = {}, options = {}) {
  const payload = { seen_revision: card.revision, ...fields };
  write(card.kind, `${panel.getUrl(card)}${action}/`, card.what, payload, { quiet: true, ...options });
}

function write(kind, url, label, payload, options = {}) {
  const key = createKey();
  const fields = Object.entries({ ...payload, idempotency_key: key });
  outbox.enqueue({ ...context, key, kind, url, label, spans: payload.spans ?? "", fields, ...options });
}

/** Change the passages of the open form, or of the selected annotation. */
function changeSpans(spans) {
  if (editor.spans) editor.setSpans(spans);
  else changeState(panel.selectedCard, "spans", { spans: writeSpans(spans) });
}

function runHistory(direction) {
  if (outbox.pending.length) return showStatus(gettext("Save your pending changes first."));
  const changes = history[direction]();
  if (!changes) return showStatus({ undo: gettext("Nothing to undo."), redo: gettext("Nothing to redo.") }[direction]);
  // Undo the last change first.
  for (const change of direction === "undo" ? changes.toReversed() : changes) {
    const [uuid, revision] = change.split(":");
    const card = panel.cards.find((each) => each.uuid === uuid);
    if (card) changeState(card, `${direction}/${revision}`, {}, { change });
  }
}

function addSource(values = {}) {
  if (tracker.span) editor.open(formUrl("source_link", [takeSelection()], values));
  else if (isSelected("claim")) {
    editor.open(formUrl("source_link", [], { claim: panel.selectedCard.uuid, ...values }));
  }
}

/** Add a link of the text, or the next unused one, as a source of the selected claim if any. */
function addLinkAsSource(chosen) {
  const links = [...document.querySelectorAll("[data-link]")];
  const isUsed = ({ dataset: { link } }) =>
    document.querySelector(`.source_link:not([data-state=retracted])[data-spans~="${link}"]`);
  const link = chosen ?? links.find((each) => !isUsed(each));
  if (!link) return showStatus(gettext("There are no more links to add."));
  const claim = isSelected("claim") ? { claim: panel.selectedCard.uuid } : {};
  create("source_link", readSpans(link.dataset.link), { url: link.querySelector("a").href, stance: "context", ...claim });
}

function onSaved(entry, html) {
  const response = parseFragment(html);
  const changes = response.status?.dataset.changes?.trim().split(" ");
  if (changes) new History(entry).record(changes);
  if (isHere(entry)) showResponse(response);
}

function onRejected(entry, html) {
  if (!html || !isHere(entry)) return;
  const response = parseFragment(html);
  if (response.status) {
    // There is no form in which to fix it.
    if (entry.change) history.remove(entry.change);
    outbox.discard(entry);
    showResponse(response);
  } else if (editor.isOpen) {
    showStatus(gettext("A change was rejected. Review it in the list."), true);
  } else {
    editor.showErrors(html);
  }
}

const isHere = (entry) => entry.version === version && entry.project === project;

function parseFragment(html) {
  const fragment = new Range().createContextualFragment(html);
  return { cards: fragment.querySelectorAll(".card"), status: fragment.querySelector("#status") };
}

function showResponse({ cards, status }) {
  editor.detach();
  panel.update(cards);
  if (!status) return;
  byId("status").replaceWith(status);
  panel.selectById(status.dataset.annotation, { scrollText: false, focus: false, onlyShown: true });
}

function refresh() {
  pending.refresh(editor.key);
  placeHandles();
}

function showConnection(problem) {
  byId("connection").hidden = !problem;
  if (problem) byId("connection").replaceChildren(cloneTemplate(`connection-${problem}`));
}

function showStatus(message, isError = false) {
  byId("status").classList.toggle("error", isError);
  byId("status").textContent = message;
}

function showSelection(span) {
  highlights.show("pointed", span ? [span] : []);
  if (span && canAnnotate) toolbar.show(text.range(span), Boolean(editor.spans));
  else toolbar.hide();
  const names = span ? panel.getCards(span.start).map((card) => card.name) : [];
  byId("spoken").textContent = names.length ? interpolate(gettext("In %s"), [names.join("; ")]) : "";
}

function isSelected(kind) {
  const card = panel.selectedCard;
  return Boolean(card && !card.retracted && (!kind || card.kind === kind));
}

function canChange() {
  const card = panel.selectedCard;
  return Boolean(card) && canAnnotate && (card.author === user || role === "manager");
}

function placeHandles() {
  handles.show(editor.spans ?? (!editor.isOpen && canEdit() ? panel.selectedCard.spans : []));
}

const always = () => true;
const ifAnnotator = () => canAnnotate;
const hasSelection = () => Boolean(tracker.span) && canAnnotate;
const canAddTo = (kind) => () => canAnnotate && isSelected(kind);
const canEdit = () => isSelected() && canChange();
const open = (action) => () => editor.open(`${panel.getUrl(panel.selectedCard)}${action}/`);
const setState = (action) => () => changeState(panel.selectedCard, action);

/** When and how to run each command. Any other one clicks the element that has its name as id. */
const handlers = {
  make: [hasSelection, openForm],
  tag: [hasSelection, (type) => create("entity_tag", [takeSelection()], { type, quick: "1" })],
  passage: [() => hasSelection() && Boolean(editor.spans), () => editor.addPassage(takeSelection())],
  save: [() => Boolean(editor.form), () => editor.form.requestSubmit()],
  edit: [canEdit, open("edit")],
  "add-source": [canAddTo("claim"), () => addSource()],
  "add-note": [canAddTo(), () => editor.open(formUrl("note", [], { target: panel.selectedCard.uuid }))],
  mentions: [canAddTo("entity_tag"), open("mentions")],
  retract: [canEdit, setState("retract")],
  restore: [() => canChange() && !isSelected(), setState("restore")],
  link: [ifAnnotator, () => addLinkAsSource()],
  undo: [ifAnnotator, () => runHistory("undo")],
  redo: [ifAnnotator, () => runHistory("redo")],
  down: [always, () => panel.selectNext(1)],
  up: [always, () => panel.selectNext(-1)],
  text: [always, () => text.root.focus()],
  help: [always, () => byId("help").showModal()],
  palette: [always, () => commands.open()],
};

const commands = new Commands(
  JSON.parse(byId("commands").textContent).map((command) => {
    const [name, argument] = command.id.split(":");
    const [when, run] = handlers[name] ?? [() => Boolean(byId(name)), () => byId(name).click()];
    return { ...command, when, run: () => run(argument) };
  }),
);

on("keydown", (event) => {
  if (event.defaultPrevented) return;
  if (event.key === "Escape") return closeTopmost();
  const key = getKey(event);
  const isTyping = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]");
  // In a field, keys type letters and undo is the browser's.
  if ((isTyping && !["Ctrl+k", "Ctrl+enter"].includes(key)) || event.altKey) return;
  if (commands.runKey(key)) event.preventDefault();
});

on("click", ({ target }) => {
  commands.run(target.closest("[data-command]")?.dataset.command);
  const button = target.closest("[data-source-of]");
  if (button) addLinkAsSource(button.closest("[data-link]"));
});

// A page that the browser kept in memory may be out of date.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

on("paste", (event) => {
  const url = event.clipboardData.getData("text/plain").trim();
  if (!event.target.closest?.("input, textarea") && canAnnotate && /^https?:\/\/\S+$/i.test(url)) addSource({ url });
});

function closeTopmost() {
  if (chooser.isOpen) chooser.hide();
  else if (tracker.span) tracker.clear();
  else if (editor.isOpen) editor.close();
  else panel.closeAll();
}

on("htmx:configRequest", ({ detail }) => {
  Object.assign(detail.headers, { "X-CSRFToken": getCsrfToken(), "X-Expected-User": user });
});
on("htmx:sendError", () => showConnection("offline"));
on("pressmark:fetch-failed", ({ detail: status }) => {
  if (status === 404) showStatus(gettext("This was deleted, or you don’t have access to it."), true);
  else showConnection(status === 401 || status === 403 ? "signed-out" : "offline");
});

byId("too-old").hidden = canHighlight;
panel.refresh();
refresh();
const linked = new URLSearchParams(location.search).get("annotation");
if (linked) panel.selectById(`a-${linked}`, { focus: false });
if (canAnnotate) editor.resumeAfterReload();
outbox.flush();
performance.mark("usable");
