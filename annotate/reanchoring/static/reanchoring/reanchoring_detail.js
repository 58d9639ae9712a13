// Select the passage of an annotation in the new version.

import { byId } from "../workspace/dom.js";
import { SelectionTracker } from "../workspace/selection.js";
import { addSpan, writeSpans } from "../workspace/spans.js";
import { ArticleText } from "../workspace/text.js";

const text = new ArticleText(byId("text"));
const form = byId("by-hand");
let added = [];
let selected = null;

const tracker = new SelectionTracker(text, (span) => {
  // Focusing the form or a button clears the browser's selection, but not ours.
  if (span) selected = span;
  update();
});

function update() {
  const spans = selected ? addSpan(added, selected) : added;
  form.elements.spans.value = writeSpans(spans);
  byId("selected-passages").textContent = spans.map((span) => text.getQuote(span)).join(" … ");
}

function reset(spans) {
  added = spans;
  selected = null;
  tracker.clear();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form, dialog, button, a")) return;
  if (event.key === "Enter" && form.elements.spans.value) form.requestSubmit();
  else if (event.key === "+" && selected) reset(addSpan(added, selected));
  else if (event.key === "Escape") reset([]);
  else return;
  event.preventDefault();
});
