"""Waiting for the turn to write, which SQLite gives to one at a time, is done outside of SQLite.

While SQLite itself waits, the connection cannot be touched by another thread. One has to when it
collects garbage in which there is a cursor of that connection, as the traceback of a failed
statement has. If that thread is the one that writes, each waits for the other until the time is up.
"""

import random
import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base

# Seconds between two looks whether it is one's turn: short ones at first.
SHORTEST, LONGEST = 0.001, 0.025


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to SQLite. `patience` is how many seconds a statement waits for its turn."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patience: float = self.settings_dict["OPTIONS"].get("timeout", 5.0)

    def get_new_connection(self, conn_params: dict[str, Any]) -> sqlite3.Connection:
        """Let SQLite itself wait while the connection is set up, and not any more afterwards."""
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def create_cursor(self, name: str | None = None) -> "Cursor":
        """Give a cursor that waits as long as the connection would have."""
        cursor: Cursor = self.connection.cursor(factory=Cursor)
        cursor.patience = self.patience
        return cursor


class Cursor(base.SQLiteCursorWrapper):
    """A cursor that waits for its turn."""

    patience: float

    def execute(self, query: str, params: Any = None) -> Any:
        """Run a statement. Raises OperationalError where it is not its turn for too long."""
        until, pause = time.monotonic() + self.patience, SHORTEST
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if not self._may_wait(error) or time.monotonic() >= until:
                    raise
            # Not in step with others who wait.
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311
            pause = min(2 * pause, LONGEST)

    def _may_wait(self, error: sqlite3.OperationalError) -> bool:
        """Tell whether another connection writes. Whoever is in a transaction has their turn."""
        # The lowest byte is the kind of error; the rest says more of it.
        is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        return is_busy and not self.connection.in_transaction
