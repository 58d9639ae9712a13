// The article's text: converts between DOM positions and spans. Each block element holds one text
// node and its start (`data-start`, in code points). Nothing here changes the DOM.

import { toCodePoints, toUtf16 } from "./offsets.js";

export class ArticleText {
  constructor(root) {
    this.root = root;
    this.language = root.closest("[lang]")?.lang || undefined;
    this.unitCache = {};
    this.blocks = [...root.querySelectorAll(".block")].map((element) => {
      const start = Number(element.dataset.start);
      const blockText = element.textContent;
      const size = toCodePoints(blockText, blockText.length);
      // Without surrogate pairs both ways of counting agree.
      const isPlain = size === blockText.length;
      return { element, start, end: start + size, text: blockText, isPlain };
    });
  }

  /** Return the DOM range of a span, or null if it lies outside the text. */
  range({ start, end }) {
    const first = this.blocks.find((block) => block.end > start);
    const last = this.blocks.findLast((block) => block.start < end);
    if (!first || !last || first.start >= end) return null;
    const range = new Range();
    range.setStart(first.element.firstChild, toUnits(first, start));
    range.setEnd(last.element.firstChild, toUnits(last, end));
    return range;
  }

  getQuote({ start, end }) {
    return this.blocks
      .filter((block) => block.start < end && block.end > start)
      .map((block) => block.text.slice(toUnits(block, start), toUnits(block, end)))
      .join(" ");
  }

  /** Return the selected span or null, in whole words unless `exact`. */
  getSelectedSpan({ exact = false } = {}) {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.root)) return null;
    const start = this.#toOffset(range.startContainer, range.startOffset);
    const end = this.#toOffset(range.endContainer, range.endOffset);
    const span = this.#trim({ start, end });
    return span && !exact ? this.expandToWords(span) : span;
  }

  /** Return the offset in the text at a point of the viewport, or null. */
  getOffsetAtPoint(x, y) {
    const caret = document.caretPositionFromPoint?.(x, y);
    // Safari's older name.
    const range = caret ? null : document.caretRangeFromPoint?.(x, y);
    const node = caret?.offsetNode ?? range?.startContainer;
    if (!this.root.contains(node ?? null)) return null;
    return this.#toOffset(node, caret?.offset ?? range.startOffset);
  }

  /** Convert a DOM position to an offset, clamped to the nearest block. */
  #toOffset(node, offset) {
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
    return block.start + toCodePoints(block.text, inside.toString().length);
  }

  #trim(span) {
    const graphemes = this.getUnits("grapheme");
    const first = graphemes.find((each) => each.end > span.start);
    const last = graphemes.findLast((each) => each.start < span.end);
    if (!first || !last) return null;
    const start = Math.max(span.start, first.start);
    const end = Math.min(span.end, last.end);
    return start < end ? { start, end } : null;
  }

  /** Expand a span to word boundaries (UAX #29). */
  expandToWords({ start, end }) {
    const findWord = (offset) => this.getUnits("word").find((w) => w.start < offset && offset < w.end);
    return { start: findWord(start)?.start ?? start, end: findWord(end)?.end ?? end };
  }

  expandToSentence(span) {
    const touching = this.getUnits("sentence").filter((s) => s.start < span.end && s.end > span.start);
    return touching.length ? { start: touching[0].start, end: touching.at(-1).end } : span;
  }

  /** Return all words, sentences or graphemes, without trailing white space. */
  getUnits(granularity) {
    const segmenter = new Intl.Segmenter(this.language, { granularity });
    this.unitCache[granularity] ??= this.blocks.flatMap((block) => segments(block, segmenter));
    return this.unitCache[granularity];
  }

  isRtl(offset) {
    const block = this.blocks.find((each) => each.end > offset) ?? this.blocks[0];
    return getComputedStyle(block.element).direction === "rtl";
  }
}

/** Convert an offset, clamped to the block, to UTF-16 units of its text. */
function toUnits(block, offset) {
  const inside = Math.min(Math.max(offset, block.start), block.end) - block.start;
  return block.isPlain ? inside : toUtf16(block.text, inside);
}

function segments(block, segmenter) {
  const found = [];
  let { start } = block;
  for (const { segment, isWordLike } of segmenter.segment(block.text)) {
    const trimmed = segment.trimEnd();
    if (isWordLike ?? trimmed) found.push({ start, end: start + toCodePoints(trimmed, trimmed.length) });
    start += toCodePoints(segment, segment.length);
  }
  return found;
}
