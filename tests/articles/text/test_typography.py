"""Fold typographic variants of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.anchor import Span
from articles.text.typography import FoldedText
from tests.articles.text.test_anchor import spans_of_texts
from tests.articles.text.test_diff import SOME_TEXT


def fold(text: str) -> str:
    return FoldedText.from_text(text).text


TYPED = st.text(st.sampled_from("ab12 -–—‑\u00a0\u2009\"'“”«»‘’\n.,"), max_size=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"Yes," she said', "“Yes,” she said"),
        ("„Ja“", "»Ja«"),
        ("the port's", "the port’s"),
        ("12 % more", "12\u202f%\u00a0more"),
        ("two  spaces", "two spaces"),
        ("it rose - by much - again", "it rose — by much – again"),
        ("1914-1918", "1914–1918"),
        ("well-known", "well‑known"),
    ],
)
def test_typographic_variants_fold_to_same_text(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'so'", '"so"'),
        ("re-sign", "re—sign"),
        ("resign", "re-sign"),
        ("-5", "–5"),
        ("- an item", "– an item"),
        ("5′", "5'"),
        ("a minus−b", "a minus-b"),
        ("ﬁne", "fine"),
        ("wait…", "wait..."),
        ("12 000", "12000"),
        ("one\ntwo", "one two"),
        ("Polish", "polish"),
        ("resume", "résumé"),
    ],
)
def test_other_differences_are_not_folded(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(SOME_TEXT | TYPED)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(spans_of_texts() | TYPED.filter(bool).map(lambda text: (text, Span(0, len(text)))))
def test_folded_span_maps_back_to_original(given_: tuple[str, Span]) -> None:
    text, span = given_
    folded = FoldedText.from_text(text)
    assert len(folded.offsets) == len(folded.text) + 1
    within = folded.fold_span(span)
    if within.start < within.end:
        back = folded.unfold_span(within)
        # At most, leading or trailing spaces are lost that folded into one.
        assert span.start <= back.start < back.end <= span.end
        kept = text[span.start : back.start] + text[back.end : span.end]
        assert not kept.strip()
