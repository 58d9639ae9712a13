"""Lists as streams: the whole filtered set as of one moment, in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction

from config.api.renderers import format_csv_row, to_json
from config.types import Record


def stream_ndjson(batches: Iterable[list[Record]]) -> Iterator[bytes]:
    with snapshot():
        for records in batches:
            yield b"".join([to_json(record) + b"\n" for record in records])


def stream_csv(batches: Iterable[list[Record]], columns: Sequence[str]) -> Iterator[bytes]:
    yield format_csv_row(columns).encode()
    with snapshot():
        for records in batches:
            rows = (format_csv_row(record.get(name) for name in columns) for record in records)
            yield "".join(rows).encode()


@contextmanager
def snapshot() -> Iterator[None]:
    """Run queries against one state of the database without blocking writers."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # `atomic()` would take the write lock.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
