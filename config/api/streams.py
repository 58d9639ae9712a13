"""Lists as streams: the whole filtered set as it is at one moment, in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from config.api.renderers import csv_line, to_json

Record = dict[str, Any]


def ndjson(batches: Iterable[list[Record]]) -> Iterator[bytes]:
    """Write each record as a line of JSON."""
    with snapshot():
        for records in batches:
            yield b"".join([to_json(record) + b"\n" for record in records])


def table(batches: Iterable[list[Record]], columns: Sequence[str]) -> Iterator[bytes]:
    """Write each record as a row under a head that names the columns."""
    yield csv_line(columns).encode()
    with snapshot():
        for records in batches:
            rows = (csv_line(record.get(name) for name in columns) for record in records)
            yield "".join(rows).encode()


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as it is at one moment, and keep nobody from writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not by `atomic()`, which would take the lock of a writer.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
