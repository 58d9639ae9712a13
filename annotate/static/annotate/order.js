// The orders in which the panel lists annotations: as they stand in the text, or in groups.

const KINDS = { claim: "Claims", entity_tag: "Entity tags", source_link: "Source links", note: "Notes" };

/** Cards in text order; those without a passage come last. */
export function inTextOrder(cards) {
  const place = (card) => card.spans[0]?.start ?? Infinity;
  return cards
    .map((card, index) => ({ card, index }))
    .sort((a, b) => place(a.card) - place(b.card) || a.index - b.index)
    .map(({ card }) => card);
}

/** Groups of cards with their headings: `[{ heading, cards }]`; `cards` are in text order. */
export function grouped(cards, by) {
  if (by === "kind") return groupBy(cards, (card) => card.kind, (card) => KINDS[card.kind]);
  if (by === "entity") return groupBy(cards, (card) => card.entity, (card) => card.entityName);
  if (by === "claim") return aroundClaims(cards);
  return [{ heading: "", cards }];
}

function groupBy(cards, key, name) {
  const groups = new Map();
  for (const card of cards) {
    const at = key(card) ?? "";
    if (!groups.has(at)) groups.set(at, { heading: at ? name(card) || at : "Not linked to an entity", cards: [] });
    groups.get(at).cards.push(card);
    if (at && !groups.get(at).heading) groups.get(at).heading = name(card);
  }
  // What belongs nowhere comes last.
  const rest = groups.get("");
  groups.delete("");
  return [...groups.values(), ...(rest ? [rest] : [])];
}

/** Each claim with the sources and notes that belong to it; then what belongs to none. */
function aroundClaims(cards) {
  const groups = new Map();
  for (const card of cards) if (card.kind === "claim") groups.set(card.uuid, { heading: card.what, cards: [card] });
  const rest = [];
  for (const card of cards) {
    if (card.kind === "claim") continue;
    (groups.get(card.about)?.cards ?? rest).push(card);
  }
  return [...groups.values(), ...(rest.length ? [{ heading: "About no claim", cards: rest }] : [])];
}
