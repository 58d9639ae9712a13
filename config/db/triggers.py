"""Rules that the database itself keeps, where a constraint cannot say them.

Triggers are installed after migrations and taken off before them: SQLite rebuilds a table to
alter it, which would drop its triggers, and refuses the rebuild while another names the table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate


@dataclass(frozen=True, slots=True)
class Trigger:
    """A rule on one table: before `event`, unless `allowed` holds, refuse with `message`.

    `event` is `INSERT`, `UPDATE`, `DELETE` or `UPDATE OF "column", …`. `allowed` is an SQL
    condition over `NEW` and `OLD` that both SQLite and PostgreSQL understand; empty means never.
    `column` is one that a later migration added, where the rule is about it.
    """

    name: str
    table: str
    event: str
    message: str
    allowed: str = ""
    column: str = ""

    @property
    def tables(self) -> set[str]:
        """The tables that have to be there."""
        return {self.table}

    def create(self, vendor: str) -> list[str]:
        """Give the statements that install the rule."""
        refused = f"NOT coalesce(({self.allowed}), FALSE)" if self.allowed else "TRUE"
        if vendor == "sqlite":
            return [
                f"DROP TRIGGER IF EXISTS {self.name}",
                f'CREATE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" FOR EACH ROW '
                f"WHEN {refused} BEGIN SELECT RAISE(ABORT, '{self.message}'); END",
            ]
        row = "OLD" if self.event == "DELETE" else "NEW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ BEGIN "
            f"IF {refused} THEN RAISE EXCEPTION '{self.message}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END "
            "$$ LANGUAGE plpgsql",
            f'CREATE OR REPLACE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]

    def drop(self, vendor: str, tables: Iterable[str]) -> list[str]:
        """Give the statements that take the rule off; none where its table is not there."""
        if self.table not in tables:
            return []
        if vendor == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}"]
        return [f"DROP FUNCTION IF EXISTS {self.name}() CASCADE"]


def _execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _has_column(connection: BaseDatabaseWrapper, trigger: Trigger) -> bool:
    if not trigger.column:
        return True
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, trigger.table)
    return trigger.column in {column.name for column in found}


def install_triggers(app: AppConfig, triggers: list[Trigger]) -> None:
    """Take the triggers off before this app's migrations run, and install them after."""

    def take_off(using: str, plan: list[Any], **_: Any) -> None:
        if plan:
            connection = connections[using]
            tables = connection.introspection.table_names()
            for trigger in triggers:
                _execute(connection, trigger.drop(connection.vendor, tables))

    def install(using: str, plan: list[Any] | None = None, **_: Any) -> None:
        connection = connections[using]
        tables = connection.introspection.table_names() if plan else []
        for trigger in triggers:
            # A table or column may not be there while migrating to an early state.
            if trigger.tables.issubset(tables) and _has_column(connection, trigger):
                _execute(connection, trigger.create(connection.vendor))

    pre_migrate.connect(take_off, sender=app, weak=False, dispatch_uid=f"{app.label}-take-off")
    post_migrate.connect(install, sender=app, weak=False, dispatch_uid=f"{app.label}-install")
