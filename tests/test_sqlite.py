"""SQLite, where the threads of a process wait for their turn to write."""

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

Connections = Any


@pytest.fixture
def connections(tmp_path: Path, django_db_blocker: Any) -> Iterator[Connections]:
    """A database in a file, with a connection for each thread, and a table to count in."""
    options = {"timeout": 10, "init_command": "PRAGMA journal_mode=WAL"}
    database = {"ENGINE": "config.db.sqlite", "NAME": tmp_path / "counts", "OPTIONS": options}
    handler = ConnectionHandler({"default": database})
    with django_db_blocker.unblock():
        run(handler, "CREATE TABLE counts (number)", "INSERT INTO counts VALUES (0)")
        yield handler
        handler.close_all()


def run(connections: Connections, *statements: str) -> list[Any]:
    """Run statements on the connection of this thread; give the last answer."""
    with connections["default"].cursor() as cursor:
        for statement in statements:
            answer = cursor.execute(statement)
        return list(answer.fetchall())


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Garbage lies about until the test collects it."""
    gc.disable()
    yield
    gc.enable()


def test_each_has_their_turn(connections: Connections) -> None:
    def count() -> None:
        for _ in range(20):
            add = "UPDATE counts SET number = number + 1"
            run(connections, "BEGIN IMMEDIATE", add, "COMMIT", add)
        connections.close_all()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run(connections, "SELECT number FROM counts") == [(240,)]


def test_who_writes_may_collect_the_garbage_of_who_waits(
    connections: Connections, uncollected: None
) -> None:
    is_waiting = threading.Event()
    had_turn = []

    def wait() -> None:
        mine = connections["default"]
        patience, mine.patience = mine.patience, 0
        # Its traceback, which is garbage now, has the cursor.
        with pytest.raises(OperationalError, match="locked"):
            mine.cursor().execute("BEGIN IMMEDIATE")
        mine.patience = patience
        is_waiting.set()
        run(connections, "BEGIN IMMEDIATE", "COMMIT")
        had_turn.append(True)
        connections.close_all()

    run(connections, "BEGIN IMMEDIATE")
    other = threading.Thread(target=wait)
    other.start()
    is_waiting.wait()
    time.sleep(0.2)
    gc.collect()
    run(connections, "COMMIT")
    other.join()
    assert had_turn


def test_nobody_waits_for_ever(connections: Connections) -> None:
    run(connections, "BEGIN IMMEDIATE")
    refused = []

    def wait() -> None:
        connections["default"].patience = 0.05
        with pytest.raises(OperationalError, match="locked"):
            run(connections, "UPDATE counts SET number = 1")
        refused.append(True)
        connections.close_all()

    other = threading.Thread(target=wait)
    other.start()
    other.join()
    assert refused
    run(connections, "COMMIT")
