"""Django's SQLite backend, but it retries SQLITE_BUSY in Python instead of waiting in SQLite.

While SQLite's own busy handler waits, it holds the mutex of the connection. If another thread
garbage-collects a cursor of that connection (for example from the traceback of a failed
statement), that thread blocks on the mutex. If it also holds the write lock, both threads wait
for each other until the busy timeout.
"""

import random
import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base

# Seconds between retries, doubled each time.
MIN_DELAY, MAX_DELAY = 0.001, 0.025


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.busy_timeout: float = self.settings_dict["OPTIONS"].get("timeout", 5.0)

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Use SQLite's busy handler only while the connection is set up."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def create_cursor(self, name: str | None = None) -> "Cursor":
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.busy_timeout = self.busy_timeout
        return cursor


class Cursor(base.SQLiteCursorWrapper):
    busy_timeout: float

    def execute(self, query: str, params: Any = None) -> Any:
        """Execute a statement, retrying on SQLITE_BUSY for up to `busy_timeout` seconds."""
        deadline, delay = time.monotonic() + self.busy_timeout, MIN_DELAY
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if not self._can_retry(error) or time.monotonic() >= deadline:
                    raise
            # Add jitter so that waiting connections do not retry in lockstep.
            time.sleep(delay * random.uniform(0.5, 1))  # noqa: S311
            delay = min(2 * delay, MAX_DELAY)

    def _can_retry(self, error: sqlite3.OperationalError) -> bool:
        # The low byte is the primary result code. A transaction already holds the write lock.
        is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        return is_busy and not self.connection.in_transaction
