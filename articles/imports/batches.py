"""Many articles at once: in batches, each with its progress in one transaction.

Whatever stops an import, what it has stored and how far it has come agree: the next run of the
same source goes on with the next row, and nothing comes in twice."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery

from articles.duplicates.models import MinHashBand
from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.imports.models import Import, ImportRowError, ImportState
from articles.imports.rows import Row, Source
from articles.models import Article, ArticleVersion, Author, Authorship, Link, Outlet
from articles.services import PreparedArticle, prepare_article
from articles.text.byline import Credit
from config.search.queue import index_pending

BATCH_ROWS = 500
# A batch of long articles ends sooner, in code points of text; one of slow files in seconds.
BATCH_TEXT = 4_000_000
BATCH_SECONDS = 5


class NotOurs(IngestError):
    """Somebody stopped the import, or another process is at it."""


@dataclass(frozen=True)
class Outcome:
    """What became of some rows: how many came in, were here already, and which could not."""

    stored: int
    known: int
    faults: list[tuple[str, str]]


Tell = Callable[[Row, Outcome], None]


def import_source(source: Source, *, by: Any = None, tell: Tell) -> Import:
    """Bring in what a source has, going on where an earlier run was stopped.

    `tell` hears of each batch that is in, with its last row. Raises IngestError where another
    process is at the same source, or the source cannot be read.
    """
    state, _ = Import.objects.get_or_create(
        digest=source.digest, defaults={"name": source.name[-300:], "started_by": by}
    )
    if state.state != ImportState.FINISHED:
        state.turn(ImportState.RUNNING, fault="", total=source.total)
    try:
        advance(state, source, by=by, tell=tell)
    except NotOurs:
        raise
    except BaseException:
        # Killed in a harder way it stays as it is, and goes on from there as well.
        Import.objects.filter(pk=state.pk, state=ImportState.RUNNING).update(
            state=ImportState.STOPPED
        )
        raise
    finish(state)
    return state


def advance(
    state: Import, source: Source, *, by: Any, tell: Tell, seconds: float | None = None
) -> bool:
    """Bring in the next rows, for about so long, and give whether those were all.

    What came in can be found then. Raises NotOurs.
    """
    until = None if seconds is None else time.monotonic() + seconds
    for batch in _batches(islice(source.rows(), state.position, None)):
        tell(batch[-1][0], _store_batch(state, batch, by))
        if until is not None and time.monotonic() >= until:
            index_pending(None)
            return False
    index_pending(None)
    return True


@transaction.atomic
def finish(state: Import) -> None:
    """Note that all rows were dealt with. What a dry run looked at may still be brought in."""
    now = state.now()
    if now.state == ImportState.RUNNING:
        now.turn(ImportState.FINISHED, reached=now.total or now.reached)
        if not now.is_dry_run:
            now.pieces.all().delete()
    state.refresh_from_db()


def check_source(source: Source, *, tell: Tell) -> None:
    """Look at all that a source has and store nothing; `tell` hears of each batch."""
    for batch in _batches(source.rows()):
        prepared, faults = _prepared(batch, None)
        new = _new_ones(prepared)
        tell(batch[-1][0], Outcome(len(new), len(prepared) - len(new), faults))


Read = tuple[Row, ArticleDraft | IngestError]
Ready = tuple[PreparedArticle, ArticleVersion]


def _batches(rows: Iterable[Row]) -> Iterator[list[Read]]:
    batch: list[Read] = []
    size, until = 0, time.monotonic() + BATCH_SECONDS
    for row in rows:
        read = _read(row)
        batch.append((row, read))
        size += len(read.text) if isinstance(read, ArticleDraft) else 0
        if len(batch) >= BATCH_ROWS or size >= BATCH_TEXT or time.monotonic() >= until:
            yield batch
            batch, size, until = [], 0, time.monotonic() + BATCH_SECONDS
    if batch:
        yield batch


def _read(row: Row) -> ArticleDraft | IngestError:
    try:
        return row.draft()
    except IngestError as error:
        return error


def _prepared(batch: Sequence[Read], by: Any) -> tuple[list[Ready], list[tuple[str, str]]]:
    prepared, faults = [], []
    for row, read in batch:
        try:
            if isinstance(read, IngestError):
                raise read
            one = prepare_article(read, created_by=by)
            prepared.append((one, ArticleVersion.build(one.article, 1, one.text, one.blocks)))
        except IngestError as error:
            faults.append((row.place, str(error)))
    return prepared, faults


def _store_batch(state: Import, batch: Sequence[Read], by: Any) -> Outcome:
    prepared, faults = _prepared(batch, by)
    try:
        new = _store_prepared(state, batch, prepared, faults)
    except IntegrityError:
        # Someone stored one of them between the check and the write: now it is seen.
        prepared, faults = _prepared(batch, by)
        new = _store_prepared(state, batch, prepared, faults)
    return Outcome(new, len(prepared) - new, faults)


def _store_prepared(
    state: Import,
    batch: Sequence[Read],
    prepared: Sequence[Ready],
    faults: Sequence[tuple[str, str]],
) -> int:
    """Store a batch together with how far it brings the import; give how many were new."""
    with transaction.atomic():
        now = state.now()
        if now.position != state.position:
            raise NotOurs({"file": ["Another process is importing this; let it finish."]})
        if now.state != ImportState.RUNNING:
            raise NotOurs({"file": ["Somebody stopped this import."]})
        new = _new_ones(prepared)
        if not now.is_dry_run:
            _insert(new)
        ImportRowError.objects.bulk_create(ImportRowError.of(now, *fault) for fault in faults)
        now.position += len(batch)
        now.reached = batch[-1][0].line
        now.stored += len(new)
        now.known += len(prepared) - len(new)
        now.save(update_fields=["position", "reached", "stored", "known", "moved_at"])
    for name in ("position", "reached", "stored", "known"):
        setattr(state, name, getattr(now, name))
    return len(new)


def _new_ones(prepared: Sequence[Ready]) -> list[Ready]:
    """Leave out what is here already: the same URL or, without one, the same title and text."""
    urls = {one.article.url for one, _ in prepared if one.article.url}
    seen: set[Any] = set(Article.objects.filter(url__in=urls).values_list("url", flat=True))
    digests = {version.sha256 for one, version in prepared if not one.article.url}
    seen.update(
        Article.objects.filter(url=None, versions__sha256__in=digests).values_list(
            "title", "versions__sha256"
        )
    )
    new = []
    for one, version in prepared:
        key = one.article.url or (one.article.title, version.sha256)
        if key not in seen:
            seen.add(key)
            new.append((one, version))
    return new


def _insert(new: Sequence[Ready]) -> None:
    outlets = _outlets({one.outlet for one, _ in new if one.outlet})
    for one, _ in new:
        one.article.outlet = outlets.get(one.outlet)
    articles = Article.objects.bulk_create(one.article for one, _ in new)
    ArticleVersion.objects.bulk_create(version for _, version in new)
    MinHashBand.objects.insert_bands(version for _, version in new)
    Link.objects.bulk_create(
        Link.build(version, link) for one, version in new for link in one.links
    )
    authors = _authors({credit for one, _ in new for credit in one.credits})
    Authorship.objects.bulk_create(
        Authorship(article=one.article, author=authors[credit], position=position)
        for one, _ in new
        for position, credit in enumerate(one.credits)
    )
    first = ArticleVersion.objects.filter(article=OuterRef("pk"), number=1).values("pk")
    Article.objects.filter(pk__in=[article.pk for article in articles]).update(
        current_version=Subquery(first)
    )


def _outlets(names: set[str]) -> dict[str, Outlet]:
    known = Outlet.objects.in_bulk(names, field_name="name")
    Outlet.objects.bulk_create(
        (Outlet(name=name) for name in sorted(names - known.keys())), ignore_conflicts=True
    )
    return Outlet.objects.in_bulk(names, field_name="name")


def _authors(credits: set[Credit]) -> dict[Credit, Author]:
    def known() -> dict[Credit, Author]:
        named = Author.objects.filter(name__in={credit.name for credit in credits})
        return {Credit(author.name, author.affiliation): author for author in named}

    missing = sorted(credits - known().keys(), key=lambda credit: (credit.name, credit.affiliation))
    Author.objects.bulk_create(
        (Author(name=credit.name, affiliation=credit.affiliation) for credit in missing),
        ignore_conflicts=True,
    )
    return known()
