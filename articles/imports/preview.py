"""A look at the beginning of a source, before anything of it comes in."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.text import Truncator

from articles.errors import IngestError
from articles.imports.rows import COLUMNS, Options, Row, Source, column_of
from articles.services import PreparedArticle, prepare_article

ROWS = 200
ARTICLES = 5
FAULTS = 10
# Documents take longer to read than rows.
SECONDS = 4.0
# Code points of the text that are shown.
EXCERPT = 280


@dataclass(frozen=True)
class Seen:
    """An article as it would come in."""

    place: str
    title: str
    outlet: str
    authors: list[str]
    language: str
    published_at: datetime | None
    url: str | None
    excerpt: str
    words: int
    blocks: int
    links: int


@dataclass
class Glance:
    """What the first rows have: articles, faults, and the column of each field."""

    rows: int = 0
    refused: int = 0
    articles: list[Seen] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    # The column in which each field is looked for; "" where there is none.
    found: dict[str, str] = field(default_factory=dict)


def glance(source: Source, options: Options, *, total: int | None) -> Glance:
    """Look at the first rows. The last of a source that was cut off is left out."""
    seen, until = Glance(), time.monotonic() + SECONDS
    columns: dict[str, None] = {}
    for row in _whole_rows(source, total):
        seen.rows += 1
        columns |= dict.fromkeys(row.columns())
        try:
            _look_at(seen, row.place, prepare_article(row.draft()))
        except IngestError as error:
            seen.refused += 1
            if len(seen.faults) < FAULTS:
                seen.faults.append((row.place, str(error)))
        if seen.rows == ROWS or time.monotonic() > until:
            break
    seen.columns = [name for name in columns if name]
    if columns:
        seen.found = {name: column_of(name, columns, options) or "" for name in COLUMNS}
    return seen


def _whole_rows(source: Source, total: int | None) -> Iterator[Row]:
    if total is None or source.total >= total:
        yield from source.rows()
        return
    before: Row | None = None
    for row in source.rows():
        if before:
            yield before
        before = row


def _look_at(seen: Glance, place: str, one: PreparedArticle) -> None:
    if len(seen.articles) == ARTICLES:
        return
    article = one.article
    seen.articles.append(
        Seen(
            place=place,
            title=article.title,
            outlet=one.outlet,
            authors=[credit.name for credit in one.credits],
            language=article.language,
            published_at=article.published_at,
            url=article.url,
            excerpt=Truncator(" ".join(one.text[: 2 * EXCERPT].split())).chars(EXCERPT),
            words=len(one.text.split()),
            blocks=len(one.blocks),
            links=len(one.links),
        )
    )
