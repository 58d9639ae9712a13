import { step, union } from "/static/workspace/caret.js";
import { equal } from "./assert.js";

const WORDS = [
  { start: 0, end: 5 },
  { start: 6, end: 10 },
  { start: 12, end: 20 },
];

export function begins_at_the_first_or_last_word() {
  equal(step(WORDS, null, 1), WORDS[0]);
  equal(step(WORDS, null, -1), WORDS[2]);
}

export function goes_on_from_what_is_selected() {
  equal(step(WORDS, WORDS[0], 1), WORDS[1]);
  equal(step(WORDS, WORDS[2], -1), WORDS[1]);
  equal(step(WORDS, { start: 2, end: 8 }, 1), WORDS[2]);
}

export function stays_at_the_ends() {
  equal(step(WORDS, WORDS[2], 1), WORDS[2]);
  equal(step(WORDS, WORDS[0], -1), WORDS[0]);
}

export function joins_from_the_first_to_the_last() {
  equal(union(WORDS[2], WORDS[0]), { start: 0, end: 20 });
}
