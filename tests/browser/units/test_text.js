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

export function ranges_and_words_count_code_points() {
  const made = text("en", "🚢🚢 a ship", "𝒜 second");
  equal(made.words({ start: 3, end: 9 }), "a ship");
  equal(String(made.range({ start: 3, end: 9 })), "a ship");
  equal(made.words({ start: 5, end: 11 }), "ship 𝒜");
  equal(made.range({ start: 90, end: 95 }), null);
}

export function words_are_taken_whole() {
  const made = text("en", "The harbour board’s 4.2 million, said so.");
  equal(made.words(made.wholeWords({ start: 6, end: 14 })), "harbour board’s");
  equal(made.words(made.wholeWords({ start: 22, end: 26 })), "4.2 million");
  equal(made.words(made.wholeWords({ start: 4, end: 11 })), "harbour");
}

export function chinese_and_thai_have_words_too() {
  equal(text("zh", "世界卫生组织发布了报告。").units("word").length > 3, true);
  equal(text("th", "องค์การอนามัยโลกรายงาน").units("word").length > 1, true);
}

export function a_sentence_is_found_in_its_block() {
  const made = text("en", "One is here. Two, e.g. this, is there.", "Three");
  equal(made.words(made.sentence({ start: 15, end: 16 })).trim(), "Two, e.g. this, is there.");
  equal(made.words(made.sentence({ start: 5, end: 15 })).split(".").length, 5);
}

export function a_selection_becomes_a_span_and_back() {
  const made = text("en", "First 🎉 block.", "Second é block.");
  const selection = document.getSelection();
  for (const span of [
    { start: 0, end: 5 },
    { start: 6, end: 7 },
    { start: 8, end: 21 },
    { start: 22, end: 23 },
  ]) {
    selection.removeAllRanges();
    selection.addRange(made.range(span));
    equal(made.selected({ exact: true }), span);
  }
  selection.selectAllChildren(made.root);
  equal(made.selected({ exact: true }), { start: 0, end: 30 });
  selection.removeAllRanges();
  equal(made.selected(), null);
}

export function arabic_runs_from_right_to_left() {
  const made = text("ar", "قالت الوزارة.");
  made.root.dir = "rtl";
  equal(made.isRtlAt(0), true);
}
