import { ArticleText } from "/static/workspace/text.js";
import { equal } from "./assert.js";

function text(language, ...blocks) {
  const root = document.createElement("div");
  root.lang = language;
  let start = 0;
  for (const words of blocks) {
    const block = document.createElement("p");
    block.className = "block";
    block.dataset.start = start;
    block.textContent = words;
    root.append(block);
    start += [...words].length + 1;
  }
  document.body.append(root);
  return new ArticleText(root);
}

export function ranges_and_quotes_count_code_points() {
  const article = text("en", "🚢🚢 a ship", "𝒜 second");
  equal(article.getQuote({ start: 3, end: 9 }), "a ship");
  equal(String(article.range({ start: 3, end: 9 })), "a ship");
  equal(article.getQuote({ start: 5, end: 11 }), "ship 𝒜");
  equal(article.range({ start: 90, end: 95 }), null);
}

export function selection_expands_to_whole_words() {
  const article = text("en", "The harbour board’s 4.2 million, said so.");
  equal(article.getQuote(article.expandToWords({ start: 6, end: 14 })), "harbour board’s");
  equal(article.getQuote(article.expandToWords({ start: 22, end: 26 })), "4.2 million");
  equal(article.getQuote(article.expandToWords({ start: 4, end: 11 })), "harbour");
}

export function chinese_and_thai_text_has_word_boundaries() {
  equal(text("zh", "世界卫生组织发布了报告。").getUnits("word").length > 3, true);
  equal(text("th", "องค์การอนามัยโลกรายงาน").getUnits("word").length > 1, true);
}

export function span_expands_to_its_sentence() {
  const article = text("en", "One is here. Two, e.g. this, is there.", "Three");
  equal(article.getQuote(article.expandToSentence({ start: 15, end: 16 })).trim(), "Two, e.g. this, is there.");
  equal(article.getQuote(article.expandToSentence({ start: 5, end: 15 })).split(".").length, 5);
}

export function selection_converts_to_span_and_back() {
  const article = text("en", "First 🎉 block.", "Second é block.");
  const selection = document.getSelection();
  for (const span of [
    { start: 0, end: 5 },
    { start: 6, end: 7 },
    { start: 8, end: 21 },
    { start: 22, end: 23 },
  ]) {
    selection.removeAllRanges();
    selection.addRange(article.range(span));
    equal(article.getSelectedSpan({ exact: true }), span);
  }
  selection.selectAllChildren(article.root);
  equal(article.getSelectedSpan({ exact: true }), { start: 0, end: 30 });
  selection.removeAllRanges();
  equal(article.getSelectedSpan(), null);
}

export function arabic_text_is_right_to_left() {
  const article = text("ar", "قالت الوزارة.");
  article.root.dir = "rtl";
  equal(article.isRtl(0), true);
}
