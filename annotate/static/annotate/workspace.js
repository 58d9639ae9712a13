// The annotation workspace: joins the text, its highlights, the panel, the form and the keys.

import { Editor } from "./editor.js";
import { canHighlight, Highlights } from "./highlights.js";
import { Panel } from "./panel.js";
import { ArticleText } from "./text.js";
import { Toolbar } from "./toolbar.js";

const KIND_OF_KEY = { c: "claim", e: "entity_tag", s: "source_link", n: "note" };

const desk = document.getElementById("desk");
const chooser = document.getElementById("chooser");
const help = document.getElementById("help");
const tagOfKey = JSON.parse(document.getElementById("tag-keys").textContent);

const text = new ArticleText(document.getElementById("text"));
const highlights = new Highlights(text);
const panel = new Panel(text, highlights);
const editor = new Editor(text, highlights);
const toolbar = new Toolbar(make);

let exact = false;
let selected = null;

document.getElementById("too-old").hidden = canHighlight;
panel.refresh();
openAsked();

/** Make an annotation of a kind of the selected words, or add them to the open form. */
function make(kind, values) {
  if (!selected) return;
  if (kind === "passage") editor.addPassage(selected);
  else editor.make(kind, selected, values);
  unselect();
}

function unselect() {
  document.getSelection().removeAllRanges();
  selected = null;
  toolbar.hide();
}

/** Open the annotation that the address names. */
function openAsked() {
  const asked = new URLSearchParams(location.search).get("annotation");
  if (asked) panel.chooseById(`a-${asked}`, { focus: false });
}

// --- Selecting ---

document.addEventListener("selectionchange", () => {
  const range = document.getSelection().rangeCount ? document.getSelection().getRangeAt(0) : null;
  selected = text.selected({ exact });
  if (!selected) toolbar.hide();
  else if (!pressed && range && desk.dataset.mayAnnotate === "true") showToolbar();
});

// While the pointer is down the selection still grows; the toolbar waits for its end.
let pressed = false;
text.root.addEventListener("pointerdown", (event) => {
  pressed = event.pointerType === "mouse";
});
document.addEventListener("pointerup", (event) => {
  pressed = false;
  exact = event.altKey;
  if (event.target.closest?.("#toolbar")) return;
  selected = text.selected({ exact });
  if (selected && desk.dataset.mayAnnotate === "true") showToolbar();
});

function showToolbar() {
  toolbar.show(text.range(selected), { canAddPassage: Boolean(editor.form) });
  highlights.show("pointed", [selected]);
}

// --- Choosing what is there ---

text.root.addEventListener("click", (event) => {
  if (!document.getSelection().isCollapsed) return;
  const place = text.placeAt(event.clientX, event.clientY);
  const found = place === null ? [] : panel.at(place);
  if (found.length === 1) panel.choose(found[0], { scrollText: false });
  offer(found.length > 1 ? found : [], event);
});

/** Offer all annotations at one place. */
function offer(cards, event) {
  chooser.hidden = !cards.length;
  chooser.replaceChildren(
    ...cards.map((card) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = card.kind;
      const part = (name) => card.element.querySelector(name)?.textContent.trim() ?? "";
      button.textContent = `${part(".card-kind")}: ${part(".card-what")} (${card.author})`;
      button.addEventListener("click", () => {
        chooser.hidden = true;
        panel.choose(card, { scrollText: false });
      });
      button.addEventListener("pointerenter", () => highlights.show("pointed", card.spans));
      button.addEventListener("focus", () => highlights.show("pointed", card.spans));
      return button;
    }),
  );
  if (!cards.length) return;
  const left = Math.min(event.clientX, innerWidth - chooser.offsetWidth - 8);
  chooser.style.top = `${event.clientY + scrollY + 14}px`;
  chooser.style.left = `${Math.max(8, left)}px`;
}

// --- Keys ---

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return escape();
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!act(event.key)) return;
  event.preventDefault();
});

/** Do what a key stands for; tell whether it stands for anything. */
function act(key) {
  if (key === "?") help.showModal();
  else if (key === "j") panel.step(1);
  else if (key === "k") panel.step(-1);
  else if (!selected || desk.dataset.mayAnnotate !== "true") return false;
  else if (key === "+" && editor.form) make("passage");
  else if (KIND_OF_KEY[key]) make(KIND_OF_KEY[key]);
  else if (Object.hasOwn(tagOfKey, key)) make("entity_tag", { type: tagOfKey[key] });
  else return false;
  return true;
}

/** Close one thing: what was opened last. */
function escape() {
  if (!chooser.hidden) chooser.hidden = true;
  else if (selected) unselect();
  else if (editor.isOpen) editor.close();
  else panel.closeAll();
}

document.getElementById("help-open").addEventListener("click", () => help.showModal());

// --- What the server answers ---

document.addEventListener("htmx:configRequest", (event) => {
  // Read anew each time: signing in in another tab changes it.
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "editor") editor.opened();
});

// An answer brings a card and a word about it: one look at both is enough.
let answered = 0;
document.addEventListener("htmx:oobAfterSwap", () => {
  clearTimeout(answered);
  answered = setTimeout(() => {
    panel.refresh();
    const about = document.getElementById("status").dataset.about;
    panel.chooseById(about, { scrollText: false, focus: false, onlyShown: true });
  });
});

for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
  document.addEventListener(failed, (event) => {
    const { xhr } = event.detail;
    say(
      xhr?.status === 403
        ? "Your session has ended. Sign in in another tab, then save again."
        : xhr?.status === 404
          ? "This is not here any more, or not visible to you."
          : "The server did not answer as it should. Nothing you typed is lost: try again.",
    );
  });
}

/** Tell the person something, also through a screen reader. */
function say(words) {
  const status = document.getElementById("status");
  status.classList.add("error");
  status.textContent = words;
}
