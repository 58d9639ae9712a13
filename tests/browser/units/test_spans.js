import { addSpan, findOverlaps, readSpans, writeSpans } from "/static/workspace/spans.js";
import { equal } from "./assert.js";

const span = (start, end) => ({ start, end });

export function spans_are_written_in_text_order_and_read_back() {
  equal(writeSpans([span(60, 70), span(12, 45)]), "12-45 60-70");
  equal(readSpans(" 12-45 60-70 "), [span(12, 45), span(60, 70)]);
  equal(readSpans(""), []);
  equal(readSpans(undefined), []);
}

export function touching_spans_are_merged() {
  equal(addSpan([span(0, 5), span(20, 25)], span(5, 8)), [span(0, 8), span(20, 25)]);
  equal(addSpan([span(0, 5), span(7, 9)], span(3, 8)), [span(0, 9)]);
  equal(addSpan([], span(1, 2)), [span(1, 2)]);
}

export function overlaps_of_two_spans_are_found() {
  equal(findOverlaps([span(0, 10), span(5, 15), span(8, 9)]), [span(5, 10)]);
  equal(findOverlaps([span(0, 5), span(5, 10)]), []);
  equal(findOverlaps([span(0, 9), span(0, 9)]), [span(0, 9)]);
}
