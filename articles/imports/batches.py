"""Import articles in batches, each stored in one transaction with the progress of the import.

Whatever stops an import, its articles and its progress agree: the next run of the same source
continues with the next row, and nothing is imported twice."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.errors import IngestError, describe_unexpected_error, report_unexpected_errors
from articles.extraction.draft import ArticleDraft
from articles.imports.models import Import, ImportRowError, ImportState, Severity
from articles.imports.rows import Row, Source
from articles.models import Article
from articles.services import PreparedArticle, insert_articles, prepare_article
from config.search.queue import index_pending

BATCH_ROWS = 500
# A batch of long articles ends earlier (in code points), and so does one of slow files.
BATCH_TEXT = 4_000_000
BATCH_SECONDS = 5


class ImportInterrupted(IngestError):
    """Someone stopped the import, or another process runs it."""


@dataclass(frozen=True)
class BatchResult:
    """Counts of rows; `errors` and `warnings` as pairs of location and message."""

    created: int
    duplicates: int
    errors: list[tuple[str, str]]
    warnings: list[tuple[str, str]]

    def __add__(self, other: "BatchResult") -> "BatchResult":
        return BatchResult(
            self.created + other.created,
            self.duplicates + other.duplicates,
            self.errors + other.errors,
            self.warnings + other.warnings,
        )


# Called after each batch, with its last row.
OnBatch = Callable[[Row, BatchResult], None]


def get_batch_lease() -> timedelta:
    """Return a lease that outlasts any batch, renewed with each."""
    return timedelta(seconds=4 * BATCH_SECONDS + settings.WORKER_HEARTBEAT_TIMEOUT)


def import_source(source: Source, *, by: Any = None, on_batch: OnBatch) -> Import:
    """Import a source, continuing where an earlier run stopped.

    Raises IngestError if another process imports the same source, or it cannot be read.
    """
    state, _is_new = Import.objects.get_or_create(
        digest=source.digest, defaults={"name": source.name[-300:], "started_by": by}
    )
    if state.state != ImportState.FINISHED:
        state.set_state(ImportState.RUNNING, error="", total=source.total)
    try:
        import_rows(state, source, by=by, on_batch=on_batch)
    except ImportInterrupted:
        raise
    except BaseException:
        # After SIGKILL the state stays "running", and the next run continues as well.
        running = Import.objects.filter(pk=state.pk, state=ImportState.RUNNING)
        running.update(state=ImportState.STOPPED)
        raise
    finish(state)
    return state


def import_rows(
    state: Import,
    source: Source,
    *,
    by: Any,
    on_batch: OnBatch = lambda *_: None,
    seconds: float = math.inf,
) -> bool:
    """Import and index the next rows; return False if time ran out. Raises ImportInterrupted."""
    until, is_late = time.monotonic() + seconds, False
    for batch in _split_batches(islice(source.rows(), state.processed, None)):
        on_batch(batch[-1][0], _store_batch(state, batch, by))
        if is_late := time.monotonic() >= until:
            break
    index_pending(None)
    return not is_late


@transaction.atomic
def finish(state: Import) -> None:
    """Mark an import as finished and delete its upload; a dry run keeps it."""
    current = state.lock()
    if current.state == ImportState.RUNNING:
        current.set_state(ImportState.FINISHED, current_row=current.total or current.current_row)
        if not current.is_dry_run:
            current.chunks.all().delete()
    state.refresh_from_db()


def check_source(source: Source, *, on_batch: OnBatch) -> None:
    """Validate all rows of a source and store nothing."""
    for batch in _split_batches(source.rows()):
        prepared, errors, warnings = _prepare_batch(batch, None)
        new = _exclude_duplicates(prepared)
        result = BatchResult(len(new), len(prepared) - len(new), errors, warnings)
        on_batch(batch[-1][0], result)


ReadRow = tuple[Row, ArticleDraft | IngestError]


def _split_batches(rows: Iterable[Row]) -> Iterator[list[ReadRow]]:
    batch: list[ReadRow] = []
    size, until = 0, time.monotonic() + BATCH_SECONDS
    for row in rows:
        try:
            with report_unexpected_errors("row"):
                draft = row.draft()
            size += len(draft.text)
            batch.append((row, draft))
        except IngestError as error:
            batch.append((row, error))
        if len(batch) >= BATCH_ROWS or size >= BATCH_TEXT or time.monotonic() >= until:
            yield batch
            batch, size, until = [], 0, time.monotonic() + BATCH_SECONDS
    if batch:
        yield batch


def _prepare_batch(
    batch: Sequence[ReadRow], by: Any
) -> tuple[list[PreparedArticle], list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the valid rows, the errors of the others, and what needs a check."""
    prepared, errors, warnings = [], [], []
    for row, draft in batch:
        try:
            if isinstance(draft, IngestError):
                raise draft
            with report_unexpected_errors("row"):
                prepared.append(prepare_article(draft, created_by=by))
            warnings += [(row.location, note) for note in draft.notes]
        except IngestError as error:
            errors.append((row.location, str(error)))
    return prepared, errors, warnings


def _store_batch(state: Import, batch: Sequence[ReadRow], by: Any) -> BatchResult:
    """Store a batch; if that fails unexpectedly, in halves, so that only one row fails."""
    try:
        with suppress(IntegrityError):
            return _store_prepared(state, batch, by)
        # One of the articles was added between the check and the write. Now it is a duplicate.
        return _store_prepared(state, batch, by)
    except (ImportInterrupted, OperationalError, InterfaceError):
        # These are not errors of a row.
        raise
    except Exception as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            first = _store_batch(state, batch[:middle], by)
            return first + _store_batch(state, batch[middle:], by)
        failed = describe_unexpected_error("row", error)
        return _store_prepared(state, [(batch[0][0], failed)], by)


def _store_prepared(state: Import, batch: Sequence[ReadRow], by: Any) -> BatchResult:
    """Store a batch together with the progress of the import. Raises ImportInterrupted."""
    prepared, errors, warnings = _prepare_batch(batch, by)
    with transaction.atomic():
        current = state.lock()
        if (current.processed, current.lease_token) != (state.processed, state.lease_token):
            raise ImportInterrupted(
                {"file": [_("Another process is importing this; let it finish.")]}
            )
        if current.state != ImportState.RUNNING:
            raise ImportInterrupted({"file": [_("Someone stopped this import.")]})
        new = _exclude_duplicates(prepared)
        if not current.is_dry_run:
            insert_articles(new)
        ImportRowError.objects.bulk_create(
            ImportRowError(
                parent=current, location=location[-400:], reason=reason, severity=severity
            )
            for severity, rows in ((Severity.ERROR, errors), (Severity.WARNING, warnings))
            for location, reason in rows
        )
        current.processed += len(batch)
        current.current_row = batch[-1][0].line
        current.created += len(new)
        current.duplicates += len(prepared) - len(new)
        current.attempts = 0
        if current.lease_token:
            current.lease_expires_at = timezone.now() + get_batch_lease()
        other_fields = ("attempts", "lease_expires_at", "updated_at")
        current.save(update_fields=[*Import.PROGRESS_FIELDS, *other_fields])
    for name in Import.PROGRESS_FIELDS:
        setattr(state, name, getattr(current, name))
    return BatchResult(len(new), len(prepared) - len(new), errors, warnings)


def _exclude_duplicates(prepared: Sequence[PreparedArticle]) -> list[PreparedArticle]:
    """Exclude articles with a known URL or, without a URL, with a known title and text."""
    urls = {one.article.url for one in prepared if one.article.url}
    seen: set[Any] = set(Article.objects.filter(url__in=urls).values_list("url", flat=True))
    digests = {one.version.sha256 for one in prepared if not one.article.url}
    known = Article.objects.filter(url=None, versions__sha256__in=digests)
    seen.update(known.values_list("title", "versions__sha256"))
    new = []
    for one in prepared:
        key = one.article.url or (one.article.title, one.version.sha256)
        if key not in seen:
            seen.add(key)
            new.append(one)
    return new
