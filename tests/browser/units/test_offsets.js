import { toCodePoints, toUtf16 } from "/static/workspace/offsets.js";
import { equal } from "./assert.js";

const MIXED = "a🚢𝒜 é क्षि 👩‍👩‍👧 سد";

export function offsets_convert_both_ways_at_every_code_point() {
  const points = [...MIXED];
  for (let n = 0; n <= points.length; n += 1) {
    const units = toUtf16(MIXED, n);
    equal(units, points.slice(0, n).join("").length);
    equal(toCodePoints(MIXED, units), n);
  }
}

export function offset_past_the_end_is_clamped() {
  equal(toUtf16("a🚢", 9), 3);
  equal(toCodePoints("a🚢", 9), 2);
}
