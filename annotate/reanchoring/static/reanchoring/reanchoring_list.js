// Keyboard navigation in the list of annotations to review. One card is the current one.

import { getLatinKey } from "../ui/keys.js";

const cards = [...document.querySelectorAll(".reanchoring")];
const DIRECTIONS = { j: 1, k: -1 };
let current = -1;

function setCurrent(index) {
  cards[current]?.classList.remove("current");
  current = index;
  cards[current].classList.add("current");
}

function focusCard(index) {
  if (!cards.length) return;
  setCurrent(Math.min(Math.max(index, 0), cards.length - 1));
  cards[current].focus();
}

/** Choose a candidate for the passage that has the focus, or for the first one. */
function chooseCandidate(index) {
  const card = cards[current];
  const group = document.activeElement.closest("fieldset") ?? card?.querySelector("fieldset");
  const input = group?.querySelectorAll("input")[index];
  if (input) input.checked = true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, textarea, select")) return;
  const key = getLatinKey(event);
  if (DIRECTIONS[key]) focusCard(current + DIRECTIONS[key]);
  else if (/^[1-9]$/.test(key)) chooseCandidate(Number(key) - 1);
  else if (/^[ahr]$/.test(key)) cards[current]?.querySelector(`[data-key="${key}"]`)?.click();
  else return;
  event.preventDefault();
});

// A click into a card makes it the current one.
document.addEventListener("focusin", (event) => {
  const card = event.target.closest(".reanchoring");
  if (card) setCurrent(cards.indexOf(card));
});

focusCard(Math.max(cards.findIndex((card) => `#${card.id}` === location.hash), 0));
