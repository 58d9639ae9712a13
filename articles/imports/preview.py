"""Preview of a source: its first rows, before anything is imported."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.text import Truncator

from articles.errors import IngestError
from articles.imports.rows import COLUMNS, Options, Row, Source, find_column
from articles.services import PreparedArticle, prepare_article

MAX_ROWS = 200
MAX_ARTICLES = 5
MAX_ERRORS = 10
# Documents take longer to read than rows.
MAX_SECONDS = 4.0
EXCERPT_LENGTH = 280


@dataclass(frozen=True)
class PreviewArticle:
    location: str
    title: str
    outlet: str
    authors: list[str]
    language: str
    published_at: datetime | None
    url: str | None
    excerpt: str
    word_count: int
    blocks: int
    links: int


@dataclass
class ImportPreview:
    """Counts of previewed rows, the first articles and errors, and the column mapping."""

    rows: int = 0
    failed: int = 0
    articles: list[PreviewArticle] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    # The column of each field; "" if there is none.
    mapping: dict[str, str] = field(default_factory=dict)


def preview_source(source: Source, options: Options, *, total: int | None) -> ImportPreview:
    """Preview the first rows. `total` tells whether the source was cut off within a row."""
    preview, until = ImportPreview(), time.monotonic() + MAX_SECONDS
    columns: dict[str, None] = {}
    for row in _read_whole_rows(source, total):
        preview.rows += 1
        columns |= dict.fromkeys(row.columns())
        try:
            prepared = prepare_article(row.draft())
            if len(preview.articles) < MAX_ARTICLES:
                preview.articles.append(_preview_article(row.location, prepared))
        except IngestError as error:
            preview.failed += 1
            if len(preview.errors) < MAX_ERRORS:
                preview.errors.append((row.location, str(error)))
        if preview.rows == MAX_ROWS or time.monotonic() > until:
            break
    preview.columns = [name for name in columns if name]
    if columns:
        preview.mapping = {name: find_column(name, columns, options) or "" for name in COLUMNS}
    return preview


def _read_whole_rows(source: Source, total: int | None) -> Iterator[Row]:
    """Yield the rows of a source, without the last if it is shorter than `total`."""
    if total is None or source.total >= total:
        yield from source.rows()
        return
    previous: Row | None = None
    for row in source.rows():
        if previous:
            yield previous
        previous = row


def _preview_article(location: str, prepared: PreparedArticle) -> PreviewArticle:
    article, text = prepared.article, prepared.text
    return PreviewArticle(
        location=location,
        title=article.title,
        outlet=prepared.outlet,
        authors=[credit.name for credit in prepared.credits],
        language=article.language,
        published_at=article.published_at,
        url=article.url,
        excerpt=Truncator(" ".join(text[: 2 * EXCERPT_LENGTH].split())).chars(EXCERPT_LENGTH),
        word_count=len(text.split()),
        blocks=len(prepared.blocks),
        links=len(prepared.links),
    )
