from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from config.search.index import Index, parse_query
from config.search.query import Query
from config.search.queue import index_pending
from config.search.snippets import Snippet, highlight_text, make_snippet


@dataclass(frozen=True, slots=True)
class Field:
    """A text of a row. `pointer` is its JSON pointer (RFC 6901)."""

    pointer: str
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row to show as a result: its title and the fields from which the snippet is chosen."""

    type: str
    row: Any
    title: Field
    fields: Sequence[Field]
    # The ArticleVersion that pointers and highlights refer to.
    version: Any = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    type: str
    row: Any
    score: float
    title: Snippet
    pointer: str
    snippet: Snippet
    language: str
    # Whether the snippet comes from the title.
    is_title_match: bool = False
    version: Any = None

    @property
    def article(self) -> Any:
        """The article that was found, or that the annotation belongs to."""
        return self.version.article if self.version else None

    @classmethod
    def build(cls, found: ResultRow, score: float, query: Query) -> "SearchResult":
        """Take the snippet from the first field that matches, or from the first with a text."""
        title = found.title
        chosen, *others = found.fields or [title]
        snippet = make_snippet(chosen.text, query, chosen.language)
        for candidate in others:
            if snippet.highlights:
                break
            other = make_snippet(candidate.text, query, candidate.language)
            if other.highlights or not snippet.text:
                chosen, snippet = candidate, other
        return cls(
            found.type,
            found.row,
            score,
            highlight_text(title.text, query, title.language),
            chosen.pointer,
            snippet,
            chosen.language or title.language,
            chosen == title,
            found.version,
        )


@dataclass(frozen=True, slots=True)
class SearchScope:
    """A part of the database to search. Rows outside `queryset` affect neither counts nor ranks."""

    name: str
    index: Index
    queryset: models.QuerySet[Any]
    load: Callable[[Collection[int]], Iterable[ResultRow]]


@dataclass(frozen=True, slots=True)
class SearchResults:
    counts: dict[str, int]
    results: list[SearchResult] = field(default_factory=list)
    # False while many recent changes are still queued for indexing.
    is_index_current: bool = True


def search(
    text: str, scopes: Sequence[SearchScope], *, limit: int = 20, offset: int = 0
) -> SearchResults:
    """Return the results from `offset` on, best first.

    Scores of different scopes are not comparable, so results of several scopes are interleaved
    by rank (as in rank fusion, Cormack et al. 2009).
    """
    is_index_current = index_pending()
    query = parse_query(text)
    if not query.wanted:
        return SearchResults({scope.name: 0 for scope in scopes}, [], is_index_current)
    counts = {s.name: s.queryset.filter(s.index.matching(query)).count() for s in scopes}
    page = _rank(query, scopes, limit, offset)
    return SearchResults(counts, _load_results(query, scopes, page), is_index_current)


# A ranked match: the index of its scope, its key and its score.
_Match = tuple[int, int, float]


def _rank(query: Query, scopes: Sequence[SearchScope], limit: int, offset: int) -> list[_Match]:
    # The database can only skip rows of a single scope.
    skip = offset if len(scopes) == 1 else 0
    offset -= skip
    ranked: list[tuple[int, _Match]] = []
    for number, scope in enumerate(scopes):
        best = scope.index.rank(query, scope.queryset, limit=limit + offset, offset=skip)
        ranked += [(rank, (number, *match)) for rank, match in enumerate(best.items())]
    return [match for _, match in sorted(ranked)][offset:][:limit]


def _load_results(
    query: Query, scopes: Sequence[SearchScope], page: Sequence[_Match]
) -> list[SearchResult]:
    rows = {
        (number, found.row.pk): found
        for number, scope in enumerate(scopes)
        if (keys := [key for match_number, key, _ in page if match_number == number])
        for found in scope.load(keys)
    }
    # A row may have been deleted since it was ranked.
    return [
        SearchResult.build(rows[number, key], score, query)
        for number, key, score in page
        if (number, key) in rows
    ]
