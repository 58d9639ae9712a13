"""The part of a text that shows best why it was found, and the words that were found in it."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from articles.text.anchor import Span
from config.search.query import Query
from config.search.terms import Term, stemming_of, terms_of

# How much of a text is shown, and how much of that before the first word found: code points.
WIDTH = 220
BEFORE = 60


class Snippet(NamedTuple):
    """`text` starts at `start` of the whole text; `marks` are spans of the whole text too."""

    text: str
    start: int
    marks: tuple[Span, ...]
    goes_on: bool = False

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text in pieces, each with whether it is marked."""
        at = self.start
        for mark in self.marks:
            yield self.text[at - self.start : mark.start - self.start], False
            yield self.text[mark.start - self.start : mark.end - self.start], True
            at = mark.end
        yield self.text[at - self.start :], False


def snippet(text: str, query: Query, language: str = "", *, width: int = WIDTH) -> Snippet:
    """Give a stretch that has the most of what is wanted; the beginning where none of it is.

    `language` is the BCP 47 tag of the text. Words at the borders are whole.
    """
    start, end = _borders(text, _place(text, query, language, width - BEFORE), width)
    shown = text[start:end]
    marks = tuple(_merged(_found(shown, query, language), start))
    return Snippet(shown, start, marks, goes_on=end < len(text))


def marked(text: str, query: Query, language: str = "") -> Snippet:
    """Give the whole of a short text with what was found in it."""
    return Snippet(text, 0, tuple(_merged(_found(text, query, language))))


def _place(text: str, query: Query, language: str, reach: int) -> int:
    """Find where the first stretch of so many code points starts that has the most in it."""
    near: deque[tuple[Span, int]] = deque()
    place = most = 0
    for span, clause in _found(text, query, language):
        near.append((span, clause))
        while len(near) > 1 and near[0][0].start < span.end - reach:
            near.popleft()
        if (distinct := len({clause for _, clause in near})) > most:
            place, most = near[0][0].start, distinct
        if most == len(query.wanted):
            break
    return place


def _found(text: str, query: Query, language: str) -> Iterator[tuple[Span, int]]:
    """Find what is wanted, in order of its ends, with the number of its clause."""
    tag = stemming_of(language)
    longest = max((len(clause.terms) for clause in query.wanted), default=0)
    last: list[Term] = []
    for term in terms_of(text) if longest else ():
        last = [*last[1 - longest :], term] if longest > 1 else [term]
        for number, clause in enumerate(query.wanted):
            start = clause.begins_at_end_of(last, text, tag)
            if start is not None:
                # Of a pair that was found by its first character, that one is shown.
                begun = term.is_pair and not term.ends_run and len(clause.terms[-1]) == 1
                yield Span(last[start].start, term.start + 1 if begun else term.end), number


def _borders(text: str, first: int, width: int) -> tuple[int, int]:
    """Put a stretch around a place, with its ends between words where there are spaces."""
    start = max(0, min(first - BEFORE, len(text) - width))
    end = min(len(text), start + width)
    if start:
        start = next((i + 1 for i in range(start - 1, first) if text[i].isspace()), start)
    if end < len(text):
        end = next((i for i in range(end, max(first, end - BEFORE), -1) if text[i].isspace()), end)
    return start, end


def _merged(found: Iterable[tuple[Span, int]], offset: int = 0) -> list[Span]:
    """Put together what overlaps, and count from the start of the whole text."""
    merged: list[Span] = []
    for start, end in sorted((span.start + offset, span.end + offset) for span, _ in found):
        if merged and start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Span(start, end))
    return merged
