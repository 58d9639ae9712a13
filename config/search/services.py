"""Search: what has the words, the best first, and where they stand in it.

`search` is the one function, over any of the scopes that somebody may look into. What the words
mean is told by `config.search.query`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from articles.models import Article, ArticleVersion
from config.search.index import Index, parse
from config.search.query import Query
from config.search.queue import index_pending
from config.search.snippets import Snippet, marked, snippet


@dataclass(frozen=True, slots=True)
class Field:
    """Some words of a row: `pointer` says where they stand in it (RFC 6901)."""

    pointer: str
    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found. All marks count code points of the whole field that they are in."""

    type: str
    row: Any
    score: float
    title: Snippet
    pointer: str
    snippet: Snippet
    language: str
    # Whether the snippet is a part of the title.
    is_titled: bool = False
    version: ArticleVersion | None = None

    @property
    def article(self) -> Article | None:
        """The article that it is, or that it stands in."""
        return self.version.article if self.version else None

    @classmethod
    def of(
        cls,
        type: str,
        row: Any,
        score: float,
        query: Query,
        title: Field,
        *fields: Field,
        version: ArticleVersion | None = None,
    ) -> "Hit":
        """Show a row by its title and by the first field that has some of the words in it."""
        shown = fields[0] if fields else title
        found = snippet(shown.words, query, shown.language)
        for field in fields[1:]:
            if found.marks:
                break
            other = snippet(field.words, query, field.language)
            if other.marks or not found.text:
                shown, found = field, other
        whole = marked(title.words, query, title.language)
        language = shown.language or title.language
        return cls(type, row, score, whole, shown.pointer, found, language, shown == title, version)


# Which rows of an index somebody may find, and how those found are shown.
Show = Callable[[Mapping[int, float], Query], Iterable[tuple[int, Hit]]]


@dataclass(frozen=True, slots=True)
class Scope:
    """A place to search: the rows of `among`, and nothing of any others, counts."""

    name: str
    index: Index
    among: models.QuerySet[Any]
    show: Show


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: how much in each scope, and the best of it.

    `is_complete` is false while much that came in is still being indexed.
    """

    counts: dict[str, int]
    hits: list[Hit]
    is_complete: bool = True


def search(typed: str, scopes: Sequence[Scope], *, most: int = 20, start: int = 0) -> Found:
    """Find what has the words, the best first, from the hit `start` on at most so many.

    Scores of one scope say nothing in another, so several scopes take turns: the best of each,
    then the second of each (as rank fusion does, Cormack et al. 2009).
    """
    is_complete = index_pending()
    query = parse(typed)
    if not query.wanted:
        return Found({scope.name: 0 for scope in scopes}, [], is_complete)
    counts = {s.name: s.among.filter(s.index.holds(query)).count() for s in scopes}
    ahead = start if len(scopes) == 1 else 0
    placed: list[tuple[int, int, int]] = []
    scores: list[dict[int, float]] = []
    for number, scope in enumerate(scopes):
        best = scope.index.ranked(query, scope.among, most=most + start - ahead, start=ahead)
        scores.append(best)
        placed += [(place, number, key) for place, key in enumerate(best)]
    chosen = [(number, key) for _, number, key in sorted(placed)][start - ahead :][:most]
    shown: dict[tuple[int, int], Hit] = {}
    for number, scope in enumerate(scopes):
        keys = {key: scores[number][key] for at, key in chosen if at == number}
        if keys:
            shown |= {(number, key): hit for key, hit in scope.show(keys, query)}
    return Found(counts, [shown[place] for place in chosen if place in shown], is_complete)
