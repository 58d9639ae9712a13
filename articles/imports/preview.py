import time
from dataclasses import dataclass, field
from itertools import pairwise

from articles.errors import IngestError, report_unexpected_errors
from articles.imports.rows import COLUMNS, Options, Source, find_column
from articles.services import PreparedArticle, prepare_article

MAX_ROWS = 200
MAX_ARTICLES = 5
MAX_ERRORS = 10
# Documents take longer to read than rows.
MAX_SECONDS = 4.0


@dataclass
class ImportPreview:
    """Counts of previewed rows, the first articles and errors with their locations."""

    rows: int = 0
    failed: int = 0
    articles: list[tuple[str, PreparedArticle]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    # The column of each field; "" if there is none.
    mapping: dict[str, str] = field(default_factory=dict)
    # That of a table.
    encoding: str = ""


def preview_source(source: Source, options: Options, *, total: int | None) -> ImportPreview:
    """Preview the first rows. `total` tells whether the source was cut off within a row."""
    preview = ImportPreview(encoding=source.encoding)
    until = time.monotonic() + MAX_SECONDS
    columns: dict[str, None] = {}
    rows = source.rows()
    if total is not None and source.total < total:
        # The last row may be incomplete.
        rows = (row for row, _next in pairwise(rows))
    for row in rows:
        preview.rows += 1
        try:
            with report_unexpected_errors("row"):
                columns |= dict.fromkeys(row.columns())
                prepared = prepare_article(row.draft())
            if len(preview.articles) < MAX_ARTICLES:
                preview.articles.append((row.location, prepared))
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
