// Selecting by hand where an annotation stands in a new version.

import { byId } from "../workspace/dom.js";
import { Selecting } from "../workspace/selecting.js";
import { joined, writeSpans } from "../workspace/spans.js";
import { ArticleText } from "../workspace/text.js";

const text = new ArticleText(byId("text"));
const form = byId("by-hand");
let kept = [];
let selected = null;

const selecting = new Selecting(text, (span) => {
  // Going to the form or to a button takes the selection away; what was selected stays meant.
  if (span) selected = span;
  show();
});

function show() {
  const spans = selected ? joined(kept, selected) : kept;
  form.elements.spans.value = writeSpans(spans);
  byId("chosen").textContent = spans.map((span) => text.words(span)).join(" … ");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("form, dialog, button, a")) return;
  if (event.key === "Enter" && form.elements.spans.value) {
    form.requestSubmit();
  } else if (event.key === "+" && selected) {
    kept = joined(kept, selected);
    selected = null;
    selecting.clear();
  } else if (event.key === "Escape") {
    kept = [];
    selected = null;
    selecting.clear();
  } else return;
  event.preventDefault();
});
