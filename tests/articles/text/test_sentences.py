"""Split a text into sentences."""

import pytest
from hypothesis import given

from articles.text.anchor import Span
from articles.text.sentences import find_sentences, widen_to_sentences
from tests.articles.text.test_diff import SOME_TEXT


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rose.", "It fell!", "Did it?", "It did…", "So be it."],
        ["“It rose.”", "(It fell.)", "It stayed.[2]", "So be it."],
        ["Dr. Weber met St. John at 3 p.m. on Jan. 5, they say.", "They left."],
        ["U.S. Steel vs. Acme Inc. was won by J. Doe.", "Er kam am 3. Mai an.", "Dann ging er."],
        ["“Go!” John said.", "He went."],
        ["قال الوزير ذلك.", "وسأل: لماذا؟", "ثم خرج.", "یہ سچ ہے۔", "وہ گیا۔"],
        ["वह घर गया।", "वह आया॥"],
        ["Он пришёл.", "Г. Иванов ушёл."],
    ],
)
def test_sentences_end_at_signs_but_not_at_abbreviations(sentences: list[str]) -> None:
    assert get_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["雨が降った。", "「行く。」と田中は言った。", "本当か？", "本当だ！"],
        ["他走了。", "“我也去。”她说。", "好！"],
        ["ខ្ញុំទៅ។", "អ្នកមក។"],
    ],
)
def test_sentences_without_spaces_end_at_signs(sentences: list[str]) -> None:
    assert get_sentences("".join(sentences)) == sentences


def test_lines_end_sentences_and_rows_are_whole() -> None:
    text = "Results\n1. First demand. It is new\nSt. Pauli | Won. Again | 5\n\n- Last"
    assert get_sentences(text) == [
        *("Results", "1.", "First demand.", "It is new"),
        *("St. Pauli | Won. Again | 5", "-", "Last"),
    ]


def test_hard_wrapped_lines_are_joined() -> None:
    first = "The ministry said on Monday that exports rose by twelve percent in the"
    text = (
        f"{first}\nmonth of March. It did not name any source for that, and nobody asked for\none."
    )
    assert get_sentences(text)[0] == f"{first}\nmonth of March."


@given(SOME_TEXT)
def test_sentences_cover_every_word_in_order(text: str) -> None:
    end = 0
    for span in find_sentences(text):
        assert not text[end : span.start].strip()
        assert text[span.start : span.end] == text[span.start : span.end].strip() != ""
        end = span.end
    assert not text[end:].strip()


def test_span_is_widened_to_its_sentences() -> None:
    text = "It rose. It fell. It stayed."
    assert widen_to_sentences(text, Span(3, 12)) == Span(0, 17)
    assert widen_to_sentences(text, Span(8, 9)) == Span(8, 9)


def get_sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find_sentences(text)]
