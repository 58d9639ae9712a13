"""Doing again what a database has undone because two waited for each other."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection

TRIES = 4
# What PostgreSQL calls a deadlock that it has broken (its manual, appendix A).
DEADLOCK = "40P01"

Result = TypeVar("Result")


def retry_on_deadlock(act: Callable[[], Result]) -> Result:
    """Act, and again after a deadlock; within a larger transaction, that is for it to do.

    Two who add the same new source can come to one: one has the turn of the log, the other the
    source. Raises OperationalError when it happens again and again.
    """
    for _ in range(TRIES - 1):
        try:
            return act()
        except OperationalError as error:
            told = getattr(error.__cause__, "sqlstate", "")
            if told != DEADLOCK or connection.in_atomic_block:
                raise
    return act()
