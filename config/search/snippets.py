"""Snippets: the excerpt of a text that shows best why it matched, with the matches highlighted."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.search.query import Query
from config.search.terms import Term, get_stemmer_language, iter_terms

# Code points in a snippet, and how many of them come before the first match.
WIDTH = 220
CONTEXT = 60


class Highlight(NamedTuple):
    """A match at `[start, end)` of the whole text, in code points."""

    start: int
    end: int


class Snippet(NamedTuple):
    """An excerpt that starts at `start` of the whole text; highlights refer to the whole text."""

    text: str
    start: int
    highlights: tuple[Highlight, ...]
    is_truncated: bool = False

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text in consecutive parts, each with whether it is highlighted."""
        position = self.start
        for start, end in self.highlights:
            yield self.text[position - self.start : start - self.start], False
            yield self.text[start - self.start : end - self.start], True
            position = end
        yield self.text[position - self.start :], False


def make_snippet(text: str, query: Query, language: str = "", *, width: int = WIDTH) -> Snippet:
    """Return the excerpt with the most matches, or the beginning if nothing matches.

    `language` is the BCP 47 tag of the text. Words at the edges are not cut.
    """
    position = _find_best_position(text, query, language, width - CONTEXT)
    start, end = _get_edges(text, position, width)
    excerpt = text[start:end]
    return Snippet(excerpt, start, _highlight(excerpt, query, language, start), end < len(text))


def highlight_text(text: str, query: Query, language: str = "") -> Snippet:
    return Snippet(text, 0, _highlight(text, query, language))


def _find_best_position(text: str, query: Query, language: str, reach: int) -> int:
    """Return the start of the first `reach` code points that match the most clauses."""
    nearby: deque[tuple[Highlight, int]] = deque()
    position = most = 0
    for match, clause in _iter_matches(text, query, language):
        nearby.append((match, clause))
        while len(nearby) > 1 and nearby[0][0].start < match.end - reach:
            nearby.popleft()
        if (distinct := len({clause for _, clause in nearby})) > most:
            position, most = nearby[0][0].start, distinct
        if most == len(query.wanted):
            break
    return position


def _iter_matches(text: str, query: Query, language: str) -> Iterator[tuple[Highlight, int]]:
    """Yield the matches, ordered by their end, each with the index of its clause."""
    stemmer_language = get_stemmer_language(language)
    longest = max((len(clause.terms) for clause in query.wanted), default=0)
    recent: list[Term] = []
    for term in iter_terms(text) if longest else ():
        recent = [*recent[1 - longest :], term] if longest > 1 else [term]
        for number, clause in enumerate(query.wanted):
            start = clause.find_start(recent, text, stemmer_language)
            if start is not None:
                # A query for one character matches the first of a pair: highlight only that one.
                is_half = term.is_pair and not term.ends_run and len(clause.terms[-1]) == 1
                end = term.start + 1 if is_half else term.end
                yield Highlight(recent[start].start, end), number


def _get_edges(text: str, position: int, width: int) -> tuple[int, int]:
    """Return the start and end of an excerpt around `position`, at spaces where possible."""
    start = max(0, min(position - CONTEXT, len(text) - width))
    end = min(len(text), start + width)
    if start:
        start = next((i + 1 for i in range(start - 1, position) if text[i].isspace()), start)
    if end < len(text):
        first = max(position, end - CONTEXT)
        end = next((i for i in range(end, first, -1) if text[i].isspace()), end)
    return start, end


def _highlight(text: str, query: Query, language: str, offset: int = 0) -> tuple[Highlight, ...]:
    """Return the matches with overlaps merged, shifted by `offset`."""
    merged: list[Highlight] = []
    matches: Iterable[Highlight] = (match for match, _ in _iter_matches(text, query, language))
    for start, end in sorted((start + offset, end + offset) for start, end in matches):
        if merged and start < merged[-1].end:
            merged[-1] = Highlight(merged[-1].start, max(merged[-1].end, end))
        else:
            merged.append(Highlight(start, end))
    return tuple(merged)
