// The article's text on the page: from places in the DOM to spans of the text, and back.
//
// Each block element holds one stretch of the text in one text node and says where it starts
// (`data-start`, in code points). Nothing here changes the DOM.

import { length, toCodePoints, toUtf16 } from "./offsets.js";

export class ArticleText {
  constructor(root) {
    this.root = root;
    this.language = root.closest("[lang]")?.lang || undefined;
    this.blocks = [...root.querySelectorAll(".block")].map((element) => {
      const start = Number(element.dataset.start);
      const words = element.textContent;
      const size = length(words);
      // Most blocks have no surrogate pairs: there, both ways of counting agree.
      return { element, start, end: start + size, words, plain: size === words.length };
    });
  }

  /** The DOM range of a span, or null where it lies outside what is shown. */
  range({ start, end }) {
    const first = this.blocks[this.#firstEndingAfter(start)];
    const last = this.blocks[this.#lastStartingBefore(end)];
    if (!first || !last || first.start >= end) return null;
    const range = document.createRange();
    range.setStart(first.element.firstChild, this.#units(first, Math.max(start, first.start)));
    range.setEnd(last.element.firstChild, this.#units(last, Math.min(end, last.end)));
    return range;
  }

  /** The words of a span as they stand on the page, blocks apart by a space. */
  words(span) {
    return this.blocks
      .filter((block) => block.start < span.end && block.end > span.start)
      .map((block) =>
        block.words.slice(
          this.#units(block, Math.max(span.start, block.start)),
          this.#units(block, Math.min(span.end, block.end)),
        ),
      )
      .join(" ");
  }

  /** The span that is selected, or null. Whole words unless `exact` characters are wanted. */
  selected({ exact = false } = {}) {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.root)) return null;
    const start = this.#place(range.startContainer, range.startOffset);
    const end = this.#place(range.endContainer, range.endOffset);
    const span = this.#trimmed({ start, end });
    return span && !exact ? this.wholeWords(span) : span;
  }

  /** The place in the text under a point of the window, or null. */
  placeAt(x, y) {
    let node, offset;
    if (document.caretPositionFromPoint) {
      const caret = document.caretPositionFromPoint(x, y);
      [node, offset] = [caret?.offsetNode, caret?.offset];
    } else {
      const caret = document.caretRangeFromPoint?.(x, y);
      [node, offset] = [caret?.startContainer, caret?.startOffset];
    }
    return node && this.root.contains(node) ? this.#place(node, offset) : null;
  }

  /** The code point at a boundary of the DOM, drawn to the nearest block. */
  #place(node, offset) {
    const at = document.createRange();
    at.setStart(node, offset);
    const inside = document.createRange();
    // The last block that begins before the boundary; the first one when none does.
    const block =
      this.blocks.findLast(({ element }) => {
        inside.selectNodeContents(element);
        return at.compareBoundaryPoints(Range.START_TO_START, inside) >= 0;
      }) ?? this.blocks[0];
    inside.selectNodeContents(block.element);
    if (at.compareBoundaryPoints(Range.START_TO_START, inside) < 0) return block.start;
    if (at.compareBoundaryPoints(Range.END_TO_START, inside) >= 0) return block.end;
    inside.setEnd(node, offset);
    return block.start + toCodePoints(block.words, inside.toString().length);
  }

  #units(block, place) {
    return block.plain ? place - block.start : toUtf16(block.words, place - block.start);
  }

  /** Without white space at its ends; null when nothing is left. */
  #trimmed(span) {
    const signs = this.units("grapheme");
    const first = signs.find((sign) => sign.end > span.start);
    const last = signs.findLast((sign) => sign.start < span.end);
    if (!first || !last) return null;
    const start = Math.max(span.start, first.start);
    const end = Math.min(span.end, last.end);
    return start < end ? { start, end } : null;
  }

  /** A span drawn out to the borders of words, as the text's language has them (UAX #29). */
  wholeWords(span) {
    const words = this.units("word");
    const head = words.find((word) => word.start < span.start && span.start < word.end);
    const tail = words.find((word) => word.start < span.end && span.end < word.end);
    return { start: head?.start ?? span.start, end: tail?.end ?? span.end };
  }

  /** The sentences that a span touches, as one span. */
  sentence(span) {
    const touched = this.units("sentence").filter((s) => s.start < span.end && s.end > span.start);
    return touched.length ? { start: touched[0].start, end: touched.at(-1).end } : span;
  }

  /** The words, sentences or graphemes of the whole text, in order, without white space. */
  units(granularity) {
    this.found ??= {};
    this.found[granularity] ??= this.blocks.flatMap((block) => segments(block, granularity, this.language));
    return this.found[granularity];
  }

  /** The block in which a place stands. */
  blockAt(place) {
    return this.blocks[this.#firstEndingAfter(place)] ?? this.blocks.at(-1);
  }

  #firstEndingAfter(place) {
    return this.blocks.findIndex((block) => block.end > place);
  }

  #lastStartingBefore(place) {
    return this.blocks.findLastIndex((block) => block.start < place);
  }
}

/** One block cut into units, as spans of the whole text. */
function segments(block, granularity, language) {
  const found = [];
  let start = block.start;
  for (const part of new Intl.Segmenter(language, { granularity }).segment(block.words)) {
    const end = start + length(part.segment);
    const blank = part.segment.length - part.segment.trimEnd().length;
    const isUnit = granularity === "word" ? part.isWordLike : part.segment.trim();
    if (isUnit) found.push({ start, end: end - blank });
    start = end;
  }
  return found;
}
