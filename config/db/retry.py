from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

MAX_ATTEMPTS = 4
# PostgreSQL's SQLSTATE deadlock_detected.
DEADLOCK_DETECTED = "40P01"

Result = TypeVar("Result")


def retry_on_deadlock(func: Callable[[], Result]) -> Result:
    """Call `func` again after a deadlock, except within a transaction, which must retry itself.

    Two writers that create the same source can deadlock: one holds the append lock of the change
    log, the other the row of the source. Raises OperationalError after MAX_ATTEMPTS deadlocks.
    """
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return func()
        except OperationalError as error:
            sqlstate = getattr(error.__cause__, "sqlstate", "")
            if sqlstate != DEADLOCK_DETECTED or connection.in_atomic_block:
                raise
    return func()
