// On the home page: the articles for which this browser holds unsaved input.

import { getEntries } from "./drafts.js";

const section = document.getElementById("unsent");
const byPage = new Map();
for (const entry of getEntries(section.dataset.user)) {
  if (!entry.page) continue;
  const group = byPage.get(entry.page) ?? { title: entry.title, count: 0 };
  group.count += 1;
  byPage.set(entry.page, group);
}
section.hidden = !byPage.size;
for (const [page, { title, count }] of byPage) {
  const url = new URL(page, location.href);
  // Storage can be tampered with: link to this site only.
  if (url.origin !== location.origin) continue;
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = url.href;
  link.dir = "auto";
  link.textContent = title;
  item.append(link, ` (${count})`);
  section.querySelector("ul").append(item);
}
