import { grouped, inTextOrder } from "/static/workspace/order.js";
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

export function those_without_a_passage_come_last() {
  equal(uuids(inTextOrder([card("a", "note", null), card("b", "claim", 9), card("c", "claim", 2)])), "cba");
}

export function those_at_one_place_stay_as_they_were() {
  equal(uuids(inTextOrder([card("a", "note", 5), card("b", "claim", 5), card("c", "note", 5)])), "abc");
}

export function groups_have_their_members_and_the_rest_is_last() {
  const cards = [
    card("n", "note", 1, { about: "c" }),
    card("c", "claim", 2, { entity: "e1", entityName: "Chile" }),
    card("t", "entity_tag", 3),
    card("s", "source_link", 4, { about: "gone" }),
  ];
  equal(shown(grouped(cards, "text")), [[null, "ncts"]].map(([, all]) => [undefined, all]));
  equal(shown(grouped(cards, "claim")), [["c", "cn"], ["About no claim", "ts"]]);
  equal(shown(grouped(cards, "entity")), [["Chile", "c"], ["Not linked to an entity", "nts"]]);
  equal(shown(grouped(cards, "kind"))[0], ["note", "n"]);
}
