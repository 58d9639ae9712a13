"""What search has yet to index: how its tables keep in step with the rows.

The stems of a language cannot be made inside the database, but that a row has changed can be
written down there. Triggers do so, in the transaction that changes it and by whatever way it is
changed; who searches catches up first. So nothing can go round the index, and a writer pays for
no more than a short row for each that it changes."""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.models.signals import post_migrate

from config.db.triggers import Trigger
from config.search.index import Index
from config.search.models import Due

# Changes that are indexed in one transaction: by one who only wants to search, and by one who
# wants all to be indexed.
A_FEW = 20
MANY = 500
# How long one who wants to search goes on with that, in seconds.
PATIENCE = 1.0
# How long to wait for another writer, in seconds.
WAIT = 2

INDEXES: dict[str, Index] = {}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EnqueueTrigger(Trigger):
    """A trigger that writes down which rows of an index are due after `event`.

    `keys` is SQL that gives them as `key`; `{row}` in it is the row that is there now, or was;
    after an update both are asked for.
    """

    index: str = ""
    keys: str = ""

    @property
    def tables(self) -> set[str]:
        """What has to be there."""
        return {self.table, "search_due", *re.findall(r"(?:FROM|JOIN) (\w+)", self.keys)}

    def create(self, vendor: str) -> list[str]:
        """Give the statements that install the trigger."""
        # A row that is moved leaves something behind.
        rows = {"INSERT": ["NEW"], "DELETE": ["OLD"]}.get(self.event, ["OLD", "NEW"])
        keys = " UNION ".join(self.keys.format(row=row) for row in rows)
        insert = (
            f"INSERT INTO search_due (\"index\", key) SELECT '{self.index}', due.key "  # noqa: S608
            f"FROM ({keys}) AS due"
        )
        if vendor == "sqlite":
            return [
                f"DROP TRIGGER IF EXISTS {self.name}",
                f'CREATE TRIGGER {self.name} AFTER {self.event} ON "{self.table}" FOR EACH ROW '
                f"BEGIN {insert}; END",
            ]
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ BEGIN "
            f"{insert}; RETURN NULL; END $$ LANGUAGE plpgsql",
            f'CREATE OR REPLACE TRIGGER {self.name} AFTER {self.event} ON "{self.table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]


def enqueue_triggers(index: str, table: str, keys: str, *events: str) -> list[Trigger]:
    """Give the triggers on a table after which rows of an index are due, one for each event."""
    return [
        EnqueueTrigger(
            f"{index}_due_{table}_{event.split()[0].lower()}",
            table,
            event,
            "Search has to index it.",
            index=index,
            keys=keys,
        )
        for event in events
    ]


# A change of an outlet or author is one of the articles that name them.
def index_pending(
    seconds: float | None = PATIENCE, *, told: Callable[[int], Any] | None = None
) -> bool:
    """Index what has changed, for about so long, and tell whether that was everything.

    `told` is called with the number of changes so far. Where somebody else writes for long, the
    index stays as it is for now.
    """
    done = 0
    until = None if seconds is None else time.monotonic() + seconds
    while Due.objects.exists():
        if done and until is not None and time.monotonic() >= until:
            return False
        try:
            done += _index(MANY if until is None else A_FEW)
        except OperationalError:
            if connection.in_atomic_block:
                raise
            _log.warning("The index of search could not be brought up to date.", exc_info=True)
            return False
        if told:
            told(done)
    return True


def _index(most: int) -> int:
    """Index some changes, and tell how many there were. Raises OperationalError."""
    with _own_turn():
        due = list(Due.objects.order_by("pk")[:most])
        keys: defaultdict[str, set[int]] = defaultdict(set)
        for row in due:
            keys[row.index].add(row.key)
        # They stop being due before they are read: what changes in between is due once more.
        for name, changed in keys.items():
            Due.objects.filter(index=name, key__in=changed).delete()
            # One that is not known is of another release of Pressmark.
            if index := INDEXES.get(name):
                index.write(sorted(changed))
    return len(due)


@contextmanager
def _own_turn() -> Iterator[None]:
    """Write in one transaction, after whoever does so now: an older state must not come last.

    Nobody who only wants to search waits long for it.
    """
    if connection.vendor == "sqlite":
        waiting: Any = connection
        usual, waiting.patience = waiting.patience, WAIT
        try:
            with transaction.atomic():
                yield
        finally:
            waiting.patience = usual
        return
    alone = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if alone:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT}s"])
        cursor.execute("SELECT pg_advisory_xact_lock('search_due'::regclass::oid::bigint)")
        yield


def start_anew(index: Index) -> None:
    """Make an index empty, and each row due."""
    rows = index.model._meta
    every = f"SELECT %s, {rows.pk.column} FROM {rows.db_table}"  # noqa: S608
    with transaction.atomic():
        index.create()
        Due.objects.filter(index=index.name).delete()
        with connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO search_due ("index", key) {every}', [index.name])


def install_index(app: AppConfig, indexes: Iterable[Index]) -> None:
    """Index what there is of an app as soon as no migration waits."""
    INDEXES.update({index.name: index for index in indexes})

    def install(plan: list[Any] | None = None, **_: Any) -> None:
        if not plan:
            return
        there = connection.introspection.table_names()
        for index in indexes:
            if "search_due" not in there:
                # Nobody would keep it in step.
                index.drop()
            elif not _something_waits() and (index.table not in there or _moved_rows(plan)):
                start_anew(index)
        if "search_due" in there and not _something_waits():
            index_pending(None)

    post_migrate.connect(install, sender=app, weak=False, dispatch_uid=f"{app.label}-indexed")


def _something_waits() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _moved_rows(plan: list[Any]) -> bool:
    """Tell whether a migration may have changed rows, which it does while triggers are off."""
    return any(
        isinstance(operation, RunPython | RunSQL)
        for migration, _ in plan
        if migration.app_label in {index.model_label.split(".")[0] for index in INDEXES.values()}
        for operation in migration.operations
    )
