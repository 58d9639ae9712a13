"""The SQLite backend: threads that compete for the write lock."""

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

pytestmark = pytest.mark.sqlite

Connections = Any


@pytest.fixture
def connections(tmp_path: Path, django_db_blocker: Any) -> Iterator[Connections]:
    """A database file with a counter, and a connection per thread."""
    options = {"timeout": 10, "init_command": "PRAGMA journal_mode=WAL"}
    database = {"ENGINE": "config.db.sqlite", "NAME": tmp_path / "counts", "OPTIONS": options}
    handler = ConnectionHandler({"default": database})
    with django_db_blocker.unblock():
        execute(handler, "CREATE TABLE counts (number)", "INSERT INTO counts VALUES (0)")
        yield handler
        handler.close_all()


def execute(connections: Connections, *statements: str) -> list[Any]:
    """Execute statements on this thread's connection and return the rows of the last one."""
    with connections["default"].cursor() as cursor:
        for statement in statements:
            result = cursor.execute(statement)
        return list(result.fetchall())


@pytest.fixture
def disabled_gc() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_concurrent_writers_all_get_the_write_lock(connections: Connections) -> None:
    def count() -> None:
        for _ in range(20):
            increment = "UPDATE counts SET number = number + 1"
            execute(connections, "BEGIN IMMEDIATE", increment, "COMMIT", increment)
        connections.close_all()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert execute(connections, "SELECT number FROM counts") == [(240,)]


def test_writer_can_collect_cursor_of_waiting_connection(
    connections: Connections, disabled_gc: None
) -> None:
    is_waiting = threading.Event()
    has_locked = []

    def wait_for_lock() -> None:
        connection = connections["default"]
        timeout, connection.busy_timeout = connection.busy_timeout, 0
        # The traceback becomes garbage that refers to the cursor.
        with pytest.raises(OperationalError, match="locked"):
            connection.cursor().execute("BEGIN IMMEDIATE")
        connection.busy_timeout = timeout
        is_waiting.set()
        execute(connections, "BEGIN IMMEDIATE", "COMMIT")
        has_locked.append(True)
        connections.close_all()

    execute(connections, "BEGIN IMMEDIATE")
    thread = threading.Thread(target=wait_for_lock)
    thread.start()
    is_waiting.wait()
    time.sleep(0.2)
    gc.collect()
    execute(connections, "COMMIT")
    thread.join()
    assert has_locked


def test_write_fails_after_busy_timeout(connections: Connections) -> None:
    execute(connections, "BEGIN IMMEDIATE")
    has_failed = []

    def wait_for_lock() -> None:
        connections["default"].busy_timeout = 0.05
        with pytest.raises(OperationalError, match="locked"):
            execute(connections, "UPDATE counts SET number = 1")
        has_failed.append(True)
        connections.close_all()

    thread = threading.Thread(target=wait_for_lock)
    thread.start()
    thread.join()
    assert has_failed
    execute(connections, "COMMIT")
