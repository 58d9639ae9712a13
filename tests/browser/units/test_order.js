import { groupCards, sortByPosition } from "/static/workspace/order.js";
import { equal } from "./assert.js";

const card = (uuid, kind, start, more = {}) => ({
  uuid,
  kind,
  kindName: kind,
  what: uuid,
  spans: start === null ? [] : [{ start, end: start + 1 }],
  ...more,
});
const uuids = (cards) => cards.map((each) => each.uuid).join("");
const shown = (groups) => groups.map(({ heading, cards }) => [heading, uuids(cards)]);

export function cards_without_a_passage_sort_last() {
  equal(uuids(sortByPosition([card("a", "note", null), card("b", "claim", 9), card("c", "claim", 2)])), "cba");
}

export function cards_at_one_position_keep_their_order() {
  equal(uuids(sortByPosition([card("a", "note", 5), card("b", "claim", 5), card("c", "note", 5)])), "abc");
}

export function groups_contain_their_cards_and_the_rest_is_last() {
  const cards = [
    card("n", "note", 1, { target: "c" }),
    card("c", "claim", 2, { entity: "e1", entityName: "Chile" }),
    card("t", "entity_tag", 3),
    card("s", "source_link", 4, { target: "gone" }),
  ];
  equal(shown(groupCards(cards, "text")), [[null, "ncts"]].map(([, all]) => [undefined, all]));
  equal(shown(groupCards(cards, "claim")), [["c", "cn"], ["No claim", "ts"]]);
  equal(shown(groupCards(cards, "entity")), [["Chile", "c"], ["Not linked to an entity", "nts"]]);
  equal(shown(groupCards(cards, "kind"))[0], ["note", "n"]);
}
