"""Resolve selectors to spans of a text, and describe spans by their quote.

A selector is a W3C TextPositionSelector, a TextQuoteSelector or both (Web Annotation Data Model,
section 4.2). All offsets count Unicode code points; a span is `[start, end)`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import NamedTuple

from articles.text.normalise import normalise_quote

# Length of a quote's prefix and suffix, in code points.
CONTEXT = 32

# Occurrences of an ambiguous quote beyond this are not counted.
_MAX_COUNT = 100


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """`[start, end)` of a text, in code points."""

    start: int
    end: int


class Quote(NamedTuple):
    """The text of a span, with up to CONTEXT code points before and after it."""

    exact: str
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A reference to a passage by position, by quote, or by both."""

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


class AnchorError(ValueError):
    """A selector does not select a single passage; `field` of selector `index` is wrong."""

    def __init__(self, message: str, *, field: str = "exact", index: int | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.index = index


def get_quote(text: str, span: Span) -> Quote:
    return Quote(
        exact=text[span.start : span.end],
        prefix=text[max(0, span.start - CONTEXT) : span.start],
        suffix=text[span.end : span.end + CONTEXT],
    )


def resolve(text: str, selector: Selector) -> Span:
    """Return the span of a normalised text that a selector selects.

    The quote is normalised first. Raises AnchorError or UnencodableText.
    """
    wanted = replace(
        selector,
        exact=None if selector.exact is None else normalise_quote(selector.exact),
        prefix=normalise_quote(selector.prefix),
        suffix=normalise_quote(selector.suffix),
    )
    if wanted.exact == "":
        raise AnchorError("The quote is empty.")
    span = _resolve_position(text, wanted)
    if span is None:
        span = _resolve_quote(text, wanted)
    if not text[span.start : span.end].strip():
        raise AnchorError("The passage has only white space. Select some text.", field="start")
    return span


def resolve_all(text: str, selectors: Iterable[Selector]) -> list[Span]:
    """Return the spans of one annotation in text order; they may touch, but not overlap.

    Raises AnchorError, with the `index` of the wrong selector, or UnencodableText.
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
            raise AnchorError(
                "Two passages of this annotation overlap. Merge them.",
                field="start",
                index=index,
            )
    return [span for span, _ in found]


def _resolve_position(text: str, wanted: Selector) -> Span | None:
    start, end = wanted.start, wanted.end
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "start" if start is None else "end"
        raise AnchorError("Give both `start` and `end` (code points, [start, end)).", field=missing)
    if not 0 <= start <= len(text) or end > len(text):
        field = "end" if 0 <= start <= len(text) else "start"
        raise AnchorError(f"The text has {len(text)} code points.", field=field)
    if end <= start:
        raise AnchorError("`end` must be greater than `start`.", field="end")
    span = Span(start, end)
    _check_quote(text, span, wanted)
    return span


def _check_quote(text: str, span: Span, wanted: Selector) -> None:
    if wanted.exact is not None and text[span.start : span.end] != wanted.exact:
        found = text[span.start : min(span.end, span.start + 60)]
        raise AnchorError(f"The text at this position is “{found}”.")
    if not text.endswith(wanted.prefix, 0, span.start):
        raise AnchorError("The text before this position differs from `prefix`.", field="prefix")
    if not text.startswith(wanted.suffix, span.end):
        raise AnchorError("The text after this position differs from `suffix`.", field="suffix")


def _resolve_quote(text: str, wanted: Selector) -> Span:
    if wanted.exact is None:
        raise AnchorError("Give `start` and `end`, `exact`, or all three.", field="exact")
    quote = wanted.prefix + wanted.exact + wanted.suffix
    positions = list(islice(find_occurrences(text, quote), _MAX_COUNT))
    if not positions:
        if wanted.exact in text:
            raise AnchorError(
                "This quote occurs in the text, but not with this prefix and suffix.",
                field="prefix" if wanted.prefix else "suffix",
            )
        raise AnchorError("This quote does not occur in the text.")
    if (count := len(positions)) > 1:
        times = f"{count} times" if count < _MAX_COUNT else f"at least {count} times"
        raise AnchorError(
            f"This quote occurs {times} in the text. "
            "Add `prefix` and `suffix`, or `start` and `end`, to select one occurrence."
        )
    start = positions[0] + len(wanted.prefix)
    return Span(start, start + len(wanted.exact))


def find_occurrences(text: str, quote: str) -> Iterator[int]:
    """Yield the positions of a quote, which may overlap."""
    position = text.find(quote)
    while position >= 0:
        yield position
        position = text.find(quote, position + 1)
