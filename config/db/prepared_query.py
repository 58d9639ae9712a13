"""Prepared queries: compile a queryset once, run it with different parameters.

Django compiles a queryset each time it is evaluated, and PostgreSQL plans it again. For a single
row this takes several times as long as finding it. PostgreSQL statements are prepared once per
connection, unless `DISABLE_SERVER_SIDE_CURSORS` says that a pooler would drop them.
"""

from collections.abc import Callable, Hashable
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections, models

# Placeholder values for parameters while a queryset is compiled. No other value equals them.
_PLACEHOLDERS = count(1)
_UUID_FIELD = models.UUIDField()


class PreparedQuery:
    """A compiled `values_list` queryset that returns rows as the driver returns them.

    `build(variant, *parameters)` makes the queryset. It is called once per variant, with
    placeholder parameters of the same type as the real ones.
    """

    def __init__(self, build: Callable[..., "models.QuerySet[Any]"]) -> None:
        self.build = build
        self._compiled: dict[Hashable, tuple[str, list[Any]]] = {}

    def fetch_rows(self, *parameters: UUID | int, variant: Hashable = ()) -> list[tuple[Any, ...]]:
        key = (variant, *map(type, parameters))
        if key not in self._compiled:
            self._compiled[key] = self._compile(variant, parameters)
        sql, template = self._compiled[key]
        connection = connections["default"]
        values = [_adapt(parameter, connection) for parameter in parameters]
        with _open_cursor(connection) as cursor:
            cursor.execute(sql, [values[t] if isinstance(t, _Slot) else t for t in template])
            return list(cursor.fetchall())

    def _compile(self, variant: Hashable, parameters: tuple[Any, ...]) -> tuple[str, list[Any]]:
        connection = connections["default"]
        placeholders = [
            UUID(int=2**127 + number) if isinstance(parameter, UUID) else -(2**30) - number
            for parameter, number in zip(parameters, _PLACEHOLDERS, strict=False)
        ]
        queryset = self.build(variant, *placeholders)
        sql, template = queryset.query.get_compiler(connection=connection).as_sql()
        slots = {_adapt(value, connection): _Slot(n) for n, value in enumerate(placeholders)}
        return sql, [slots.get(value, value) for value in template]


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


class _Slot(int):
    """The index of a parameter, in its place in the compiled SQL."""


def _adapt(value: UUID | int, connection: Any) -> Any:
    is_uuid = isinstance(value, UUID)
    return _UUID_FIELD.get_db_prep_value(value, connection) if is_uuid else value
