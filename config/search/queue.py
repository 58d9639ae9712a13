"""Keep the search index up to date: triggers queue changed rows, `index_pending` indexes them.

The database cannot stem words itself, but its triggers can record that a row has changed, in the
same transaction and whatever made the change. A search first indexes what is queued. A writer
therefore only pays for one short row per change, and nothing can bypass the index.
"""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.models.signals import post_migrate

from config.db.outages import is_outage
from config.db.triggers import Trigger
from config.search.index import Index
from config.search.models import IndexQueueEntry

# Changes indexed per transaction, during a search and in bulk.
SEARCH_BATCH = 20
BULK_BATCH = 500
# Seconds that a search and the worker spend on indexing, and that they wait for the lock.
SEARCH_TIMEOUT = 0.1
WORKER_TIMEOUT = 60.0
LOCK_TIMEOUT = 2

QUEUE_TABLE = IndexQueueEntry._meta.db_table

INDEXES: dict[str, Index] = {}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnqueueTrigger(Trigger):
    """A trigger that queues rows of an index after `event`.

    `keys` is an SQL query that returns their keys as `key`. `{row}` in it is replaced with NEW
    or OLD; after an update the query runs with both.
    """

    index: str = ""
    keys: str = ""

    @property
    def tables(self) -> set[str]:
        return {self.table, QUEUE_TABLE, *re.findall(r"(?:FROM|JOIN) (\w+)", self.keys)}

    def create(self, vendor: str) -> list[str]:
        # An update can move a row away from what it was indexed with.
        rows = {"INSERT": ["NEW"], "DELETE": ["OLD"]}.get(self.event, ["OLD", "NEW"])
        keys = " UNION ".join(self.keys.format(row=row) for row in rows)
        insert = (
            f'INSERT INTO {QUEUE_TABLE} ("index", key) '  # noqa: S608
            f"SELECT '{self.index}', changed.key FROM ({keys}) AS changed"
        )
        return self._create_after(vendor, insert)


def enqueue_triggers(index: str, table: str, keys: str, *events: str) -> list[Trigger]:
    """Return one trigger per event that queues rows of `index` after a change of `table`."""
    name = f"{index}_enqueue_{table}"
    return [
        EnqueueTrigger(
            f"{name}_{event.split()[0].lower()}", table, event, "", index=index, keys=keys
        )
        for event in events
    ]


def index_pending(
    timeout: float | None = SEARCH_TIMEOUT, *, on_progress: Callable[[int], Any] | None = None
) -> bool:
    """Index queued changes for up to `timeout` seconds; return whether the queue is now empty.

    `on_progress` receives the number of changes of each batch. If the database cannot be written,
    or another connection holds the write lock for too long, the index stays as it is.
    """
    has_indexed = False
    deadline = None if timeout is None else time.monotonic() + timeout
    while IndexQueueEntry.objects.exists():
        if has_indexed and deadline is not None and time.monotonic() >= deadline:
            return False
        try:
            indexed = _index_batch(BULK_BATCH if deadline is None else SEARCH_BATCH)
        except DatabaseError as error:
            if connection.in_atomic_block or not is_outage(error):
                raise
            _log.warning("The search index could not be updated.", exc_info=True)
            return False
        has_indexed = True
        if on_progress:
            on_progress(indexed)
    return True


def _index_batch(limit: int) -> int:
    with _index_lock():
        entries = list(IndexQueueEntry.objects.order_by("pk")[:limit])
        keys: defaultdict[str, set[int]] = defaultdict(set)
        for entry in entries:
            keys[entry.index].add(entry.key)
        # Dequeue before reading: a concurrent change then queues its row again.
        for name, changed in keys.items():
            IndexQueueEntry.objects.filter(index=name, key__in=changed).delete()
            # An unknown index belongs to another release of Pressmark.
            if index := INDEXES.get(name):
                index.update(sorted(changed))
    return len(entries)


@contextmanager
def _index_lock() -> Iterator[None]:
    """Open a transaction that excludes other indexers, so that no older state is written last."""
    if connection.vendor == "sqlite":
        sqlite: Any = connection
        previous, sqlite.busy_timeout = sqlite.busy_timeout, LOCK_TIMEOUT
        try:
            with transaction.atomic():
                yield
        finally:
            sqlite.busy_timeout = previous
        return
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_TIMEOUT}s"])
        cursor.execute(f"SELECT pg_advisory_xact_lock('{QUEUE_TABLE}'::regclass::oid::bigint)")
        yield


def rebuild(index: Index) -> None:
    rows = index.model._meta
    all_rows = f"SELECT %s, {rows.pk.column} FROM {rows.db_table}"  # noqa: S608
    with transaction.atomic():
        index.create()
        IndexQueueEntry.objects.filter(index=index.name).delete()
        with connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO {QUEUE_TABLE} ("index", key) {all_rows}', [index.name])


def install_index(app: AppConfig, indexes: Iterable[Index]) -> None:
    """Build the indexes of an app as soon as all migrations have run."""
    INDEXES.update({index.name: index for index in indexes})

    def install(plan: list[Any] | None = None, **_: Any) -> None:
        if not plan:
            return
        tables = connection.introspection.table_names()
        if QUEUE_TABLE not in tables:
            for index in indexes:
                # Without the queue it would become outdated.
                index.drop()
        elif not _has_unapplied_migrations():
            for index in indexes:
                if index.table not in tables or _has_data_migration(plan):
                    rebuild(index)
            index_pending(None)

    post_migrate.connect(install, sender=app, weak=False, dispatch_uid=f"{app.label}-indexed")


def _has_unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _has_data_migration(plan: list[Any]) -> bool:
    """Return whether a migration may have changed indexed rows, as triggers are off then."""
    app_labels = {index.model_label.split(".")[0] for index in INDEXES.values()}
    return any(
        isinstance(operation, RunPython | RunSQL)
        for migration, _ in plan
        if migration.app_label in app_labels
        for operation in migration.operations
    )
