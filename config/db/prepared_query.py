"""A query that is built once and asked many times.

Django builds and compiles a query each time it is asked, and PostgreSQL plans it anew, which for
a single row takes several times as long as the database takes to find it. A statement is built
once, and prepared in each connection to PostgreSQL; except where a pooler in between would not
keep it (`DISABLE_SERVER_SIDE_CURSORS`)."""

from collections.abc import Callable, Hashable
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections, models

# What stands for an argument while a query is built: values that nothing else in it has.
_MARKS = count(1)
_UUIDS = models.UUIDField()


class Statement:
    """Asks for rows of values as the driver gives them, with the arguments put into the SQL.

    `build` makes the query set, of `values_list`, from marks that stand for the arguments: a
    UUID for a UUID, an integer for an integer.
    """

    def __init__(self, build: Callable[..., "models.QuerySet[Any]"]) -> None:
        self.build = build
        self._compiled: dict[Hashable, tuple[str, list[Any]]] = {}

    def rows(self, *arguments: UUID | int, shape: Hashable = ()) -> list[tuple[Any, ...]]:
        """Ask. Those of another `shape` are different queries, which `build` is told first."""
        key = (shape, *map(type, arguments))
        if key not in self._compiled:
            self._compiled[key] = self._compile(shape, arguments)
        sql, places = self._compiled[key]
        connection = connections["default"]
        given = [_prepared(argument, connection) for argument in arguments]
        with _cursor(connection) as cursor:
            cursor.execute(sql, [given[p.number] if isinstance(p, _Place) else p for p in places])
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _compile(self, shape: Hashable, arguments: tuple[Any, ...]) -> tuple[str, list[Any]]:
        connection = connections["default"]
        marks = [
            UUID(int=2**127 + next(_MARKS)) if isinstance(a, UUID) else -(2**30) - next(_MARKS)
            for a in arguments
        ]
        compiler = self.build(shape, *marks).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = {_prepared(mark, connection): _Place(n) for n, mark in enumerate(marks)}
        return sql, [places.get(value, value) for value in parameters]


def _cursor(connection: Any) -> Any:
    pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    if connection.vendor != "postgresql" or pooled:
        return connection.cursor()
    connection.ensure_connection()
    if connection.connection.prepare_threshold is None:
        # Django's own cursors put the arguments into the SQL themselves, and prepare nothing.
        connection.connection.prepare_threshold = 0
        # Of rows found by a unique id there is one good plan, whichever the id.
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
    return connection._prepare_cursor(psycopg.Cursor(connection.connection))


class _Place:
    """Where an argument goes."""

    def __init__(self, number: int) -> None:
        self.number = number


def _prepared(value: UUID | int, connection: Any) -> Any:
    if isinstance(value, UUID):
        return _UUIDS.get_db_prep_value(value, connection)
    return value
