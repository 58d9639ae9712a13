// The orders in which the panel lists annotations: as they stand in the text, or in groups.

export function inTextOrder(cards) {
  const place = (card) => card.spans[0]?.start ?? Number.MAX_SAFE_INTEGER;
  return cards.sort((a, b) => place(a) - place(b));
}

/** Groups of cards with their headings: `[{ heading, cards }]`; `cards` are in text order. */
export function grouped(cards, by) {
  if (by === "kind") return groupBy(cards, (card) => card.kind, (card) => card.kindName);
  if (by === "entity") {
    return groupBy(cards, (card) => card.entity, (card) => card.entityName, "Not linked to an entity");
  }
  if (by !== "claim") return [{ cards }];
  const claims = new Map(cards.filter((card) => card.kind === "claim").map((card) => [card.uuid, card]));
  const claimOf = (card) => (claims.has(card.uuid) ? card.uuid : claims.has(card.about) ? card.about : "");
  // A claim stands before what is said about it.
  const sorted = [...claims.values(), ...cards.filter((card) => card.kind !== "claim")];
  return groupBy(sorted, claimOf, (card) => claims.get(claimOf(card)).what, "About no claim");
}

function groupBy(cards, key, name, rest) {
  const groups = new Map();
  for (const card of cards) {
    const at = key(card) ?? "";
    if (!groups.has(at)) groups.set(at, { heading: at ? name(card) : rest, cards: [] });
    groups.get(at).cards.push(card);
  }
  const last = groups.get("");
  groups.delete("");
  return last ? [...groups.values(), last] : [...groups.values()];
}
