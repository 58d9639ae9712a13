// At home: what was typed in this browser and is not saved yet, by article.

import { entriesOf } from "./keep.js";

const section = document.getElementById("unsent");
const byPage = new Map();
for (const entry of entriesOf(section.dataset.user)) {
  if (!entry.page) continue;
  const found = byPage.get(entry.page) ?? { title: entry.title, number: 0 };
  found.number += 1;
  byPage.set(entry.page, found);
}
section.hidden = !byPage.size;
for (const [page, { title, number }] of byPage) {
  const address = new URL(page, location.href);
  // The browser's own keeping, but written by scripts: lead nowhere else.
  if (address.origin !== location.origin) continue;
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = address.href;
  link.dir = "auto";
  link.textContent = title;
  item.append(link, ` (${number})`);
  section.querySelector("ul").append(item);
}
