// The article's text: from places in the DOM to spans, and back. Each block element holds one text
// node and says where it starts (`data-start`, in code points). Nothing here changes the DOM.

import { toCodePoints, toUtf16 } from "./offsets.js";

export class ArticleText {
  constructor(root) {
    this.root = root;
    this.language = root.closest("[lang]")?.lang || undefined;
    this.found = {};
    this.blocks = [...root.querySelectorAll(".block")].map((element) => {
      const start = Number(element.dataset.start);
      const words = element.textContent;
      const size = toCodePoints(words, words.length);
      // Without surrogate pairs both ways of counting agree.
      return { element, start, end: start + size, words, plain: size === words.length };
    });
  }

  /** The DOM range of a span, or null where it lies outside what is shown. */
  range({ start, end }) {
    const first = this.blocks.find((block) => block.end > start);
    const last = this.blocks.findLast((block) => block.start < end);
    if (!first || !last || first.start >= end) return null;
    const range = new Range();
    range.setStart(first.element.firstChild, units(first, start));
    range.setEnd(last.element.firstChild, units(last, end));
    return range;
  }

  words({ start, end }) {
    return this.blocks
      .filter((block) => block.start < end && block.end > start)
      .map((block) => block.words.slice(units(block, start), units(block, end)))
      .join(" ");
  }

  /** The span that is selected, or null. Whole words unless `exact` characters are wanted. */
  selected({ exact = false } = {}) {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.root)) return null;
    const start = this.#place(range.startContainer, range.startOffset);
    const end = this.#place(range.endContainer, range.endOffset);
    const span = this.#trimmed({ start, end });
    return span && !exact ? this.wholeWords(span) : span;
  }

  /** The place in the text under a point of the window, or null. */
  placeAt(x, y) {
    const caret = document.caretPositionFromPoint?.(x, y);
    // The older name for the same, in Safari.
    const range = caret ? null : document.caretRangeFromPoint?.(x, y);
    const node = caret?.offsetNode ?? range?.startContainer;
    if (!this.root.contains(node ?? null)) return null;
    return this.#place(node, caret?.offset ?? range.startOffset);
  }

  /** The code point at a boundary of the DOM, drawn to the nearest block. */
  #place(node, offset) {
    const [at, inside] = [new Range(), new Range()];
    at.setStart(node, offset);
    const isAfter = (edge) => at.compareBoundaryPoints(edge, inside) >= 0;
    const begins = ({ element }) => {
      inside.selectNodeContents(element);
      return isAfter(Range.START_TO_START);
    };
    const block = this.blocks.findLast(begins) ?? this.blocks[0];
    if (!begins(block)) return block.start;
    if (isAfter(Range.END_TO_START)) return block.end;
    inside.setEnd(node, offset);
    return block.start + toCodePoints(block.words, inside.toString().length);
  }

  #trimmed(span) {
    const signs = this.units("grapheme");
    const first = signs.find((sign) => sign.end > span.start);
    const last = signs.findLast((sign) => sign.start < span.end);
    if (!first || !last) return null;
    const start = Math.max(span.start, first.start);
    const end = Math.min(span.end, last.end);
    return start < end ? { start, end } : null;
  }

  /** A span drawn out to the borders of words (UAX #29). */
  wholeWords({ start, end }) {
    const cut = (place) => this.units("word").find((w) => w.start < place && place < w.end);
    return { start: cut(start)?.start ?? start, end: cut(end)?.end ?? end };
  }

  sentence(span) {
    const touched = this.units("sentence").filter((s) => s.start < span.end && s.end > span.start);
    return touched.length ? { start: touched[0].start, end: touched.at(-1).end } : span;
  }

  /** All words, sentences or graphemes, without the white space after them. */
  units(granularity) {
    const segmenter = new Intl.Segmenter(this.language, { granularity });
    this.found[granularity] ??= this.blocks.flatMap((block) => segments(block, segmenter));
    return this.found[granularity];
  }

  isRtlAt(place) {
    const block = this.blocks.find((each) => each.end > place) ?? this.blocks[0];
    return getComputedStyle(block.element).direction === "rtl";
  }
}

/** Where a place, drawn into the block, stands in its string. */
function units(block, place) {
  const inside = Math.min(Math.max(place, block.start), block.end) - block.start;
  return block.plain ? inside : toUtf16(block.words, inside);
}

function segments(block, segmenter) {
  const found = [];
  let { start } = block;
  for (const { segment, isWordLike } of segmenter.segment(block.words)) {
    const words = segment.trimEnd();
    if (isWordLike ?? words) found.push({ start, end: start + toCodePoints(words, words.length) });
    start += toCodePoints(segment, segment.length);
  }
  return found;
}
