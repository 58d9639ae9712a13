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
    return span && !exact ? this.#wholeWords(span) : span;
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
    let place = this.blocks[0]?.start ?? 0;
    for (const block of this.blocks) {
      const inside = document.createRange();
      inside.selectNodeContents(block.element);
      if (at.compareBoundaryPoints(Range.START_TO_START, inside) < 0) break;
      if (at.compareBoundaryPoints(Range.END_TO_START, inside) >= 0) {
        place = block.end;
        continue;
      }
      inside.setEnd(node, offset);
      return block.start + toCodePoints(block.words, inside.toString().length);
    }
    return place;
  }

  #units(block, place) {
    return block.plain ? place - block.start : toUtf16(block.words, place - block.start);
  }

  /** Without white space at its ends; null when nothing is left. */
  #trimmed(span) {
    let { start, end } = span;
    const touched = this.blocks.filter((b) => b.start < end && b.end > start);
    if (!touched.length) return null;
    start = Math.max(start, touched[0].start);
    end = Math.min(end, touched.at(-1).end);
    const words = [...this.words({ start, end })];
    let [from, to] = [0, words.length];
    if (touched.length === 1) {
      while (from < to && !words[from].trim()) from += 1;
      while (to > from && !words[to - 1].trim()) to -= 1;
      [start, end] = [start + from, start + to];
    }
    return start < end ? { start, end } : null;
  }

  /** Drawn out to the borders of words, as the text's language has them (UAX #29). */
  #wholeWords(span) {
    const first = this.blocks.find((b) => b.end > span.start);
    const last = this.blocks.findLast((b) => b.start < span.end);
    const head = this.#wordAt(first, this.#units(first, span.start));
    const tail = this.#wordAt(last, this.#units(last, span.end) - 1);
    return {
      start: head ? first.start + toCodePoints(first.words, head.index) : span.start,
      end: tail ? last.start + toCodePoints(last.words, tail.index + tail.segment.length) : span.end,
    };
  }

  #wordAt(block, unit) {
    this.segmenter ??= new Intl.Segmenter(this.language, { granularity: "word" });
    const found = this.segmenter.segment(block.words).containing(Math.max(0, unit));
    return found?.isWordLike ? found : null;
  }

  #firstEndingAfter(place) {
    return this.blocks.findIndex((block) => block.end > place);
  }

  #lastStartingBefore(place) {
    return this.blocks.findLastIndex((block) => block.start < place);
  }
}
