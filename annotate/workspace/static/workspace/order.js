export function sortByPosition(cards) {
  const getStart = (card) => card.spans[0]?.start ?? Number.MAX_SAFE_INTEGER;
  return cards.sort((a, b) => getStart(a) - getStart(b));
}

/** Return groups of cards, `[{ heading, cards }]`. `cards` must be in text order. */
export function groupCards(cards, by) {
  if (by === "kind") return groupBy(cards, (card) => card.kind, (card) => card.kindName);
  if (by === "entity") {
    return groupBy(cards, (card) => card.entity, (card) => card.entityName, gettext("Not linked to an entity"));
  }
  if (by !== "claim") return [{ cards }];
  const claims = new Map(cards.filter((card) => card.kind === "claim").map((card) => [card.uuid, card]));
  const getClaim = (card) => (claims.has(card.uuid) ? card.uuid : claims.has(card.target) ? card.target : "");
  // A claim comes before its sources and notes.
  const sorted = [...claims.values(), ...cards.filter((card) => card.kind !== "claim")];
  return groupBy(sorted, getClaim, (card) => claims.get(getClaim(card)).what, gettext("No claim"));
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
