"""Resolve selectors to spans of a text, and describe spans by their quote.

A selector is a W3C TextPositionSelector, a TextQuoteSelector or both (Web Annotation Data Model,
section 4.2). All offsets count Unicode code points; a span is `[start, end)`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import NamedTuple

from articles.text.normalise import normalise_quote
from config.translation import gettext as _

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
        raise AnchorError(_("The quote is empty."))
    span = _resolve_position(text, wanted)
    if span is None:
        span = _resolve_quote(text, wanted)
    if not text[span.start : span.end].strip():
        message = _("The passage has only white space. Select some text.")
        raise AnchorError(message, field="start")
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
    for (before, _index), (after, index) in pairwise(found):
        if after.start < before.end:
            message = _("Two passages of this annotation overlap. Merge them.")
            raise AnchorError(message, field="start", index=index)
    return [span for span, _index in found]


def _resolve_position(text: str, wanted: Selector) -> Span | None:
    start, end = wanted.start, wanted.end
    if start is None and end is None:
        return None
    if start is None or end is None:
        missing = "start" if start is None else "end"
        message = _("Give both `start` and `end` (code points, [start, end)).")
        raise AnchorError(message, field=missing)
    if not 0 <= start <= len(text) or end > len(text):
        field = "end" if 0 <= start <= len(text) else "start"
        message = _("The text has %(length)d code points.") % {"length": len(text)}
        raise AnchorError(message, field=field)
    if end <= start:
        raise AnchorError(_("`end` must be greater than `start`."), field="end")
    span = Span(start, end)
    _check_quote(text, span, wanted)
    return span


def _check_quote(text: str, span: Span, wanted: Selector) -> None:
    if wanted.exact is not None and text[span.start : span.end] != wanted.exact:
        found = text[span.start : min(span.end, span.start + 60)]
        raise AnchorError(_("The text at this position is “%(text)s”.") % {"text": found})
    if not text.endswith(wanted.prefix, 0, span.start):
        message = _("The text before this position differs from `prefix`.")
        raise AnchorError(message, field="prefix")
    if not text.startswith(wanted.suffix, span.end):
        message = _("The text after this position differs from `suffix`.")
        raise AnchorError(message, field="suffix")


def _resolve_quote(text: str, wanted: Selector) -> Span:
    if wanted.exact is None:
        raise AnchorError(_("Give `start` and `end`, `exact`, or all three."))
    quote = wanted.prefix + wanted.exact + wanted.suffix
    positions = list(islice(find_occurrences(text, quote), _MAX_COUNT))
    if not positions:
        if wanted.exact in text:
            message = _("This quote occurs in the text, but not with this prefix and suffix.")
            raise AnchorError(message, field="prefix" if wanted.prefix else "suffix")
        raise AnchorError(_("This quote does not occur in the text."))
    if (count := len(positions)) > 1:
        message = (
            _("This quote occurs %(count)d times in the text.")
            if count < _MAX_COUNT
            else _("This quote occurs at least %(count)d times in the text.")
        )
        hint = _("Add `prefix` and `suffix`, or `start` and `end`, to select one occurrence.")
        raise AnchorError(f"{message % {'count': count}} {hint}")
    start = positions[0] + len(wanted.prefix)
    return Span(start, start + len(wanted.exact))


def find_occurrences(text: str, quote: str) -> Iterator[int]:
    """Yield the positions of a quote, which may overlap."""
    position = text.find(quote)
    while position >= 0:
        yield position
        position = text.find(quote, position + 1)
