// Select the passage of an annotation in the new version.

import { byId } from "../workspace/dom.js";
import { Selecting } from "../workspace/selecting.js";
import { joined, writeSpans } from "../workspace/spans.js";
import { ArticleText } from "../workspace/text.js";

const text = new ArticleText(byId("text"));
const form = byId("by-hand");
let added = [];
let selected = null;

const selecting = new Selecting(text, (span) => {
  // Focusing the form or a button clears the browser's selection, but not ours.
  if (span) selected = span;
  update();
});

function update() {
  const spans = selected ? joined(added, selected) : added;
  form.elements.spans.value = writeSpans(spans);
  byId("selected-passages").textContent = spans.map((span) => text.words(span)).join(" … ");
}

function reset(spans) {
  added = spans;
  selected = null;
  selecting.clear();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form, dialog, button, a")) return;
  if (event.key === "Enter" && form.elements.spans.value) form.requestSubmit();
  else if (event.key === "+" && selected) reset(joined(added, selected));
  else if (event.key === "Escape") reset([]);
  else return;
  event.preventDefault();
});
