"""Resolve selectors to spans, and describe spans by their quote."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.text.anchor import (
    CONTEXT,
    AnchorError,
    Selector,
    Span,
    get_quote,
    resolve,
    resolve_all,
)
from articles.text.links import find_links
from articles.text.normalise import normalise
from tests.articles.text.test_normalise import TEXTS

TEXT = "The ship, the 🚢, came. The ship left for قناة السويس and 東京."


@st.composite
def spans_of_texts(draw: st.DrawFn) -> tuple[str, Span]:
    """Draw a normalised text and a span of it that is not only white space."""
    # Few different letters, so that passages repeat.
    few = st.text(st.sampled_from("ab 🚢é\n中"), min_size=1, max_size=30)
    text = normalise(draw(st.one_of(few, TEXTS)))
    assume(text.strip())
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    assume(text[start:end].strip())
    return text, Span(start, end)


@given(spans_of_texts())
def test_position_selector_resolves_with_and_without_quote(given_: tuple[str, Span]) -> None:
    text, span = given_
    quote = get_quote(text, span)
    assert resolve(text, Selector(start=span.start, end=span.end)) == span
    both = Selector(start=span.start, end=span.end, **quote._asdict())
    assert resolve(text, both) == span
    assert quote.exact == text[span.start : span.end]
    assert len(quote.prefix) <= CONTEXT
    assert len(quote.suffix) <= CONTEXT


@given(spans_of_texts())
def test_quote_resolves_if_unique_or_error_has_count(given_: tuple[str, Span]) -> None:
    text, span = given_
    quote = get_quote(text, span)
    positions = [
        at
        for at in range(len(text))
        if text.startswith(quote.exact, at)
        and text[:at].endswith(quote.prefix)
        and text.startswith(quote.suffix, at + len(quote.exact))
    ]
    if positions == [span.start]:
        assert resolve(text, Selector(**quote._asdict())) == span
    else:
        with pytest.raises(AnchorError, match=f"occurs {len(positions)} times in the text"):
            resolve(text, Selector(**quote._asdict()))


@pytest.mark.parametrize(
    ("selector", "message", "field"),
    [
        (Selector(), "Give `start` and `end`, `exact`, or all three", "exact"),
        (Selector(start=1), "Give both `start` and `end`", "end"),
        (Selector(end=1), "Give both `start` and `end`", "start"),
        (Selector(prefix="The "), "Give `start` and `end`, `exact`, or all three", "exact"),
        (Selector(start=-1, end=3), "The text has 60 code points", "start"),
        (Selector(start=0, end=500), "The text has 60 code points", "end"),
        (Selector(start=500, end=501), "The text has 60 code points", "start"),
        (Selector(start=4, end=4), "`end` must be greater than `start`", "end"),
        (Selector(start=5, end=4), "`end` must be greater than `start`", "end"),
        (Selector(start=3, end=4), "only white space", "start"),
        (Selector(exact=""), "The quote is empty", "exact"),
        (Selector(exact="boat"), "does not occur in the text", "exact"),
        (Selector(exact="ship", prefix="A "), "not with this prefix", "prefix"),
        (Selector(exact="ship", suffix=" sank"), "not with this prefix", "suffix"),
        (Selector(exact="ship"), "occurs 2 times", "exact"),
        (Selector(start=0, end=3, exact="Teh"), "The text at this position is “The”", "exact"),
        (Selector(start=4, end=8, exact="ship", prefix="A "), "before this position", "prefix"),
        (Selector(start=4, end=8, exact="ship", suffix="!"), "after this position", "suffix"),
    ],
)
def test_invalid_selector_raises_error_for_field(
    selector: Selector, message: str, field: str
) -> None:
    with pytest.raises(AnchorError, match=message) as raised:
        resolve(TEXT, selector)
    assert raised.value.field == field


@pytest.mark.parametrize("quote", ["🚢", "قناة السويس", "東京", "The ship left"])
def test_offsets_are_code_points_in_any_script(quote: str) -> None:
    span = resolve(TEXT, Selector(exact=quote))
    assert span == Span(TEXT.index(quote), TEXT.index(quote) + len(quote))


def test_decomposed_quote_matches_composed_text() -> None:
    assert resolve("a café here", Selector(exact="cafe\u0301")) == Span(2, 6)


def test_resolve_all_returns_spans_in_text_order() -> None:
    found = resolve_all("abcdef", [Selector(start=3, end=6), Selector(start=0, end=3)])
    assert found == [Span(0, 3), Span(3, 6)]


def test_resolve_all_error_has_index_of_selector() -> None:
    with pytest.raises(AnchorError, match="does not occur in the text") as error:
        resolve_all("abcdef", [Selector(exact="a"), Selector(exact="x")])
    assert error.value.index == 1
    with pytest.raises(AnchorError, match="annotation overlap") as overlapping:
        resolve_all("abcdef", [Selector(exact="abc"), Selector(exact="cd")])
    assert overlapping.value.index == 1


def test_find_links_returns_http_urls_with_offsets() -> None:
    text = (
        "🚢 See https://a.example/x(y)?q=1, http://b.example. Not javascript:alert(1) or c.example."
    )
    links = find_links(text)
    assert [link.href for link in links] == ["https://a.example/x(y)?q=1", "http://b.example"]
    assert [text[link.start : link.end] for link in links] == [link.href for link in links]


@given(TEXTS)
def test_found_links_are_within_text(raw: str) -> None:
    text = normalise(f"{raw} https://a.example/{raw} {raw}")
    for link in find_links(text):
        assert 0 <= link.start < link.end <= len(text)
        assert text[link.start : link.end].lower().startswith("http")
