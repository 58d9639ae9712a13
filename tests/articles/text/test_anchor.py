"""Anchoring: from a selector to its span and back, over any text."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.text.anchor import (
    CONTEXT,
    AnchorError,
    EmptySpan,
    IncompleteSelector,
    OverlappingSpans,
    QuoteAmbiguous,
    QuoteMismatch,
    QuoteNotFound,
    Selector,
    Span,
    SpanOutsideText,
    quote,
    resolve,
    resolve_all,
)
from articles.text.links import find_links
from articles.text.normalise import normalise
from tests.articles.text.test_normalise import TEXTS

TEXT = "The ship, the 🚢, came. The ship left for قناة السويس and 東京."


@st.composite
def spans_of_texts(draw: st.DrawFn) -> tuple[str, Span]:
    """A normalised text, and a span of it that has words."""
    # Few letters, so that passages come up more than once.
    few = st.text(st.sampled_from("ab 🚢é\n中"), min_size=1, max_size=30)
    text = normalise(draw(st.one_of(few, TEXTS)))
    assume(text.strip())
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    assume(text[start:end].strip())
    return text, Span(start, end)


@given(spans_of_texts())
def test_a_span_is_found_again_by_position_and_by_both(given_: tuple[str, Span]) -> None:
    text, span = given_
    words = quote(text, span)
    assert resolve(text, Selector(start=span.start, end=span.end)) == span
    both = Selector(start=span.start, end=span.end, **words._asdict())
    assert resolve(text, both) == span
    assert words.exact == text[span.start : span.end]
    assert len(words.prefix) <= CONTEXT
    assert len(words.suffix) <= CONTEXT


@given(spans_of_texts())
def test_a_quote_finds_its_one_place_or_says_how_many_there_are(
    given_: tuple[str, Span],
) -> None:
    text, span = given_
    words = quote(text, span)
    places = [
        at
        for at in range(len(text))
        if text.startswith(words.exact, at)
        and text[:at].endswith(words.prefix)
        and text.startswith(words.suffix, at + len(words.exact))
    ]
    if places == [span.start]:
        assert resolve(text, Selector(**words._asdict())) == span
    else:
        with pytest.raises(QuoteAmbiguous) as refused:
            resolve(text, Selector(**words._asdict()))
        assert refused.value.places == len(places)


@pytest.mark.parametrize(
    ("selector", "error", "field"),
    [
        (Selector(), IncompleteSelector, "exact"),
        (Selector(start=1), IncompleteSelector, "end"),
        (Selector(end=1), IncompleteSelector, "start"),
        (Selector(prefix="The "), IncompleteSelector, "exact"),
        (Selector(start=-1, end=3), SpanOutsideText, "start"),
        (Selector(start=0, end=500), SpanOutsideText, "end"),
        (Selector(start=500, end=501), SpanOutsideText, "start"),
        (Selector(start=4, end=4), EmptySpan, "end"),
        (Selector(start=5, end=4), EmptySpan, "end"),
        (Selector(start=3, end=4), EmptySpan, "start"),
        (Selector(exact=""), EmptySpan, "exact"),
        (Selector(exact="boat"), QuoteNotFound, "exact"),
        (Selector(exact="ship", prefix="A "), QuoteNotFound, "prefix"),
        (Selector(exact="ship", suffix=" sank"), QuoteNotFound, "suffix"),
        (Selector(exact="ship"), QuoteAmbiguous, "exact"),
        (Selector(start=0, end=3, exact="Teh"), QuoteMismatch, "exact"),
        (Selector(start=4, end=8, exact="ship", prefix="A "), QuoteMismatch, "prefix"),
        (Selector(start=4, end=8, exact="ship", suffix="!"), QuoteMismatch, "suffix"),
    ],
)
def test_what_names_no_single_passage_is_refused_by_name(
    selector: Selector, error: type[AnchorError], field: str
) -> None:
    with pytest.raises(error) as refused:
        resolve(TEXT, selector)
    assert refused.value.field == field


@pytest.mark.parametrize("words", ["🚢", "قناة السويس", "東京", "The ship left"])
def test_words_in_any_script_are_counted_in_code_points(words: str) -> None:
    span = resolve(TEXT, Selector(exact=words))
    assert span == Span(TEXT.index(words), TEXT.index(words) + len(words))


def test_a_quote_need_not_be_composed_as_the_text_is() -> None:
    assert resolve("a café here", Selector(exact="cafe\u0301")) == Span(2, 6)


def test_passages_come_back_in_text_order_and_may_touch() -> None:
    found = resolve_all("abcdef", [Selector(start=3, end=6), Selector(start=0, end=3)])
    assert found == [Span(0, 3), Span(3, 6)]


def test_the_passage_at_fault_is_counted() -> None:
    with pytest.raises(QuoteNotFound) as refused:
        resolve_all("abcdef", [Selector(exact="a"), Selector(exact="x")])
    assert refused.value.index == 1
    with pytest.raises(OverlappingSpans) as overlapping:
        resolve_all("abcdef", [Selector(exact="abc"), Selector(exact="cd")])
    assert overlapping.value.index == 1


def test_links_that_stand_in_a_text_are_found_where_they_stand() -> None:
    text = (
        "🚢 See https://a.example/x(y)?q=1, http://b.example. Not javascript:alert(1) or c.example."
    )
    links = find_links(text)
    assert [link.href for link in links] == ["https://a.example/x(y)?q=1", "http://b.example"]
    assert [text[link.start : link.end] for link in links] == [link.href for link in links]


@given(TEXTS)
def test_links_lie_within_any_text(raw: str) -> None:
    text = normalise(f"{raw} https://a.example/{raw} {raw}")
    for link in find_links(text):
        assert 0 <= link.start < link.end <= len(text)
        assert text[link.start : link.end].lower().startswith("http")
