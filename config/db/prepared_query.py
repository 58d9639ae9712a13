"""Prepared queries: compile a queryset once, run it with different parameters.

Django compiles a queryset each time it is evaluated, and PostgreSQL plans it again. For a single
row this takes several times as long as finding it. PostgreSQL statements are prepared once per
connection, unless `DISABLE_SERVER_SIDE_CURSORS` says that a pooler would drop them.
"""

from collections.abc import Callable, Hashable, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections, models

# Placeholder values for parameters while a queryset is compiled. No other value equals them.
_PLACEHOLDERS = count(1)
_UUID_FIELD = models.UUIDField()


class PreparedQuery:
    """A compiled `values_list` queryset.

    `build(variant, *parameters)` makes the queryset. It is called once per variant, with
    placeholder parameters of the same type as the real ones.
    """

    def __init__(self, build: Callable[..., "models.QuerySet[Any]"]) -> None:
        self.build = build
        self._compiled: dict[Hashable, tuple[str, list[Any], dict[int, Any]]] = {}

    def fetch_rows(self, *parameters: UUID | int, variant: Hashable = ()) -> list[Sequence[Any]]:
        key = (variant, *map(type, parameters))
        if key not in self._compiled:
            self._compiled[key] = self._compile(variant, parameters)
        sql, template, converters = self._compiled[key]
        connection = connections["default"]
        values = [_adapt(parameter, connection) for parameter in parameters]
        with _open_cursor(connection) as cursor:
            cursor.execute(sql, [values[t] if isinstance(t, _Slot) else t for t in template])
            rows = cursor.fetchall()
        return _convert(rows, converters, connection) if converters else rows

    def _compile(
        self, variant: Hashable, parameters: tuple[Any, ...]
    ) -> tuple[str, list[Any], dict[int, Any]]:
        connection = connections["default"]
        placeholders = [
            UUID(int=2**127 + number) if isinstance(parameter, UUID) else -(2**30) - number
            for parameter, number in zip(parameters, _PLACEHOLDERS, strict=False)
        ]
        queryset = self.build(variant, *placeholders)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, template = compiler.as_sql()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        slots = {_adapt(value, connection): _Slot(n) for n, value in enumerate(placeholders)}
        return sql, [slots.get(value, value) for value in template], converters


def _open_cursor(connection: Any) -> Any:
    has_pooler = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
    if connection.vendor != "postgresql" or has_pooler:
        return connection.cursor()
    connection.ensure_connection()
    if connection.connection.prepare_threshold is None:
        # Only affects these queries: Django's own cursors interpolate parameters client-side.
        connection.connection.prepare_threshold = 0
        # One plan fits every unique id.
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_generic_plan")
    return connection._prepare_cursor(psycopg.Cursor(connection.connection))


def _convert(rows: Any, converters: dict[int, Any], connection: Any) -> list[Sequence[Any]]:
    """Convert values as Django does after a query, such as text of SQLite to UUIDs."""
    converted: list[Any] = [list(row) for row in rows]
    for row in converted:
        for index, (functions, expression) in converters.items():
            for convert in functions:
                row[index] = convert(row[index], expression, connection)
    return converted


class _Slot(int):
    """The index of a parameter, in its place in the compiled SQL."""


def _adapt(value: UUID | int, connection: Any) -> Any:
    is_uuid = isinstance(value, UUID)
    return _UUID_FIELD.get_db_prep_value(value, connection) if is_uuid else value
