"""Anchoring: from what somebody says of a passage to its span, and back.

A selector is a W3C TextPositionSelector, a TextQuoteSelector or both (Web Annotation Data Model,
section 4.2). All offsets count Unicode code points; a span is `[start, end)`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from articles.text.normalise import normalise_part

# How much of the text around a passage is kept with its quote, in code points on each side.
CONTEXT = 32

# Places of an ambiguous quote that are looked for; their number is for the message alone.
_ENOUGH_PLACES = 100


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`[start, end)` of a text, in code points."""

    start: int
    end: int


class Quote(NamedTuple):
    """The words of a span, and up to CONTEXT code points before and after them."""

    exact: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A passage as somebody names it: by position, by quote, or by both."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


class AnchorError(ValueError):
    """A selector that names no single passage: `field` is at fault, of the selector at `index`."""

    def __init__(self, message: str, *, field: str = "exact", index: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.index = index


class IncompleteSelector(AnchorError):
    """The selector has neither a whole position nor a quote."""


class SpanOutsideText(AnchorError):
    """The position is not in the text."""


class EmptySpan(AnchorError):
    """The passage has no words."""


class QuoteNotFound(AnchorError):
    """The quoted words do not stand in the text, or not in that context."""


class QuoteAmbiguous(AnchorError):
    """The quoted words stand in the text more than once; `places` is how often."""

    def __init__(self, places: int) -> None:
        often = f"{places} times" if places < _ENOUGH_PLACES else f"at least {places} times"
        super().__init__(
            f"These words stand in the text {often}. "
            "Say which with `prefix` and `suffix`, or with `start` and `end`."
        )
        self.places = places


class QuoteMismatch(AnchorError):
    """Position and quote disagree."""


class OverlappingSpans(AnchorError):
    """Two passages of one annotation share words."""


def quote(text: str, span: Span) -> Quote:
    """Give the words of a span and their context."""
    return Quote(
        exact=text[span.start : span.end],
        prefix=text[max(0, span.start - CONTEXT) : span.start],
        suffix=text[span.end : span.end + CONTEXT],
    )


def resolve(text: str, selector: Selector) -> Span:
    """Find the one passage of a normalised text that a selector names.

    Quoted words are normalised before they are looked for. Raises AnchorError, or
    UnencodableText.
    """
    wanted = replace(
        selector,
        exact=None if selector.exact is None else normalise_part(selector.exact),
        prefix=normalise_part(selector.prefix),
        suffix=normalise_part(selector.suffix),
    )
    if wanted.exact == "":
        raise EmptySpan("Quote at least one word.")
    span = _at_position(text, wanted)
    if span is None:
        span = _at_quote(text, wanted)
    if not text[span.start : span.end].strip():
        raise EmptySpan("The passage is only white space. Select some words.", field="start")
    return span


def resolve_all(text: str, selectors: Iterable[Selector]) -> list[Span]:
    """Find the passages of one annotation, in text order; they may touch but not overlap.

    Raises AnchorError with the `index` of the selector at fault, or UnencodableText.
    """
    found: list[tuple[Span, int]] = []
    for index, selector in enumerate(selectors):
        try:
            found.append((resolve(text, selector), index))
        except AnchorError as error:
            error.index = index
            raise
    found.sort()
    for (before, _), (after, index) in pairwise(found):
        if after.start < before.end:
            raise OverlappingSpans(
                "Two passages of one annotation overlap. Join them to one.",
                field="start",
                index=index,
            )
    return [span for span, _ in found]


def _at_position(text: str, wanted: Selector) -> Span | None:
    """Read the position, and hold it against the quote where there is one."""
    start, end = wanted.start, wanted.end
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "start" if start is None else "end"
        raise IncompleteSelector(
            "Give `start` and `end` together: code points, [start, end).", field=missing
        )
    if start < 0 or start > len(text):
        raise SpanOutsideText(f"The text has {len(text)} code points.", field="start")
    if end > len(text):
        raise SpanOutsideText(f"The text has {len(text)} code points.", field="end")
    if end <= start:
        raise EmptySpan("A passage ends after it starts.", field="end")
    span = Span(start, end)
    _require_agreement(text, span, wanted)
    return span


def _require_agreement(text: str, span: Span, wanted: Selector) -> None:
    if wanted.exact is not None and text[span.start : span.end] != wanted.exact:
        found = text[span.start : min(span.end, span.start + 60)]
        raise QuoteMismatch(f"At this position the text has “{found}”.")
    if not text.endswith(wanted.prefix, 0, span.start):
        raise QuoteMismatch("Before this position the text has other words.", field="prefix")
    if not text.startswith(wanted.suffix, span.end):
        raise QuoteMismatch("After this position the text has other words.", field="suffix")


def _at_quote(text: str, wanted: Selector) -> Span:
    if wanted.exact is None:
        raise IncompleteSelector(
            "Name the passage by `start` and `end`, by `exact`, or by all three.", field="exact"
        )
    places = list(_occurrences(text, wanted.prefix + wanted.exact + wanted.suffix))
    if not places:
        if wanted.exact in text:
            raise QuoteNotFound(
                "These words stand in the text, but not between this prefix and suffix.",
                field="prefix" if wanted.prefix else "suffix",
            )
        raise QuoteNotFound("These words do not stand in the text.")
    if len(places) > 1:
        raise QuoteAmbiguous(len(places))
    start = places[0] + len(wanted.prefix)
    return Span(start, start + len(wanted.exact))


def _occurrences(text: str, words: str) -> Iterator[int]:
    """Give where the words stand, also where they overlap themselves; not more than enough."""
    place = text.find(words)
    for _ in range(_ENOUGH_PLACES):
        if place < 0:
            return
        yield place
        place = text.find(words, place + 1)
