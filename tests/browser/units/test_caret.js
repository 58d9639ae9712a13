import { findNextUnit, mergeSpans } from "/static/workspace/caret.js";
import { equal } from "./assert.js";

const WORDS = [
  { start: 0, end: 5 },
  { start: 6, end: 10 },
  { start: 12, end: 20 },
];

export function next_unit_without_selection_is_first_or_last() {
  equal(findNextUnit(WORDS, null, 1), WORDS[0]);
  equal(findNextUnit(WORDS, null, -1), WORDS[2]);
}

export function next_unit_continues_from_selection() {
  equal(findNextUnit(WORDS, WORDS[0], 1), WORDS[1]);
  equal(findNextUnit(WORDS, WORDS[2], -1), WORDS[1]);
  equal(findNextUnit(WORDS, { start: 2, end: 8 }, 1), WORDS[2]);
}

export function next_unit_stays_at_the_ends() {
  equal(findNextUnit(WORDS, WORDS[2], 1), WORDS[2]);
  equal(findNextUnit(WORDS, WORDS[0], -1), WORDS[0]);
}

export function merged_spans_reach_from_first_start_to_last_end() {
  equal(mergeSpans(WORDS[2], WORDS[0]), { start: 0, end: 20 });
}
