// The queue after a new version, by keys: one card is the current one.

const cards = [...document.querySelectorAll(".reanchoring")];
let current = -1;

function mark(to) {
  cards[current]?.classList.remove("current");
  current = to;
  cards[current].classList.add("current");
}

function go(to) {
  if (!cards.length) return;
  mark(Math.min(Math.max(to, 0), cards.length - 1));
  cards[current].focus();
}

const moves = { j: 1, k: -1 };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, textarea, select")) return;
  const { key } = event;
  if (moves[key]) go(current + moves[key]);
  else if (/^[1-9]$/.test(key)) choose(Number(key) - 1);
  else if (/^[adh]$/.test(key)) cards[current]?.querySelector(`[data-do="${key}"]`)?.click();
  else return;
  event.preventDefault();
});

/** Choose a place for the passage that the focus is in, or for the first one. */
function choose(number) {
  const card = cards[current];
  const group = document.activeElement.closest("fieldset") ?? card?.querySelector("fieldset");
  const place = group?.querySelectorAll("input")[number];
  if (place) place.checked = true;
}

// A card that is worked on by mouse is the current one.
document.addEventListener("focusin", (event) => {
  const card = event.target.closest(".reanchoring");
  if (card) mark(cards.indexOf(card));
});

const named = cards.findIndex((card) => `#${card.id}` === location.hash);
go(Math.max(named, 0));
