"""Database triggers for rules that a constraint cannot express.

Triggers are dropped before migrations and installed after them. SQLite rebuilds a table to alter
it: that drops the table's triggers, and fails while a trigger of another table refers to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate, pre_migrate


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger before `event` that raises an error with `message` unless `allowed` is true.

    `event` is `INSERT`, `UPDATE`, `DELETE` or `UPDATE OF "column", …`. `allowed` is an SQL
    condition over `NEW` and `OLD` for both engines; the default allows nothing. `column` names
    the column the rule needs, if a later migration adds it.
    """

    name: str
    table: str
    event: str
    message: str
    allowed: str = ""
    column: str = ""

    @property
    def tables(self) -> set[str]:
        """The tables that must exist before the trigger is installed."""
        return {self.table}

    def create(self, vendor: str) -> list[str]:
        """Return the statements that install the trigger."""
        violated = f"NOT coalesce(({self.allowed}), FALSE)" if self.allowed else "TRUE"
        if vendor == "sqlite":
            return [
                f"DROP TRIGGER IF EXISTS {self.name}",
                f'CREATE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" FOR EACH ROW '
                f"WHEN {violated} BEGIN SELECT RAISE(ABORT, '{self.message}'); END",
            ]
        row = "OLD" if self.event == "DELETE" else "NEW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ BEGIN "
            f"IF {violated} THEN RAISE EXCEPTION '{self.message}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END "
            "$$ LANGUAGE plpgsql",
            f'CREATE OR REPLACE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]

    def drop(self, vendor: str, tables: Iterable[str]) -> list[str]:
        """Return the statements that drop the trigger, or none if its table does not exist."""
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
        columns = connection.introspection.get_table_description(cursor, trigger.table)
    return trigger.column in {column.name for column in columns}


def install_triggers(app: AppConfig, triggers: list[Trigger]) -> None:
    """Drop the triggers before migrations of this app run, and install them afterwards."""

    def drop(using: str, plan: list[Any], **_: Any) -> None:
        if plan:
            connection = connections[using]
            tables = connection.introspection.table_names()
            for trigger in triggers:
                _execute(connection, trigger.drop(connection.vendor, tables))

    def install(using: str, plan: list[Any] | None = None, **_: Any) -> None:
        connection = connections[using]
        tables = connection.introspection.table_names() if plan else []
        for trigger in triggers:
            # Tables and columns may not exist while migrating to an early state.
            if trigger.tables.issubset(tables) and _has_column(connection, trigger):
                _execute(connection, trigger.create(connection.vendor))

    pre_migrate.connect(drop, sender=app, weak=False, dispatch_uid=f"{app.label}-drop-triggers")
    post_migrate.connect(
        install, sender=app, weak=False, dispatch_uid=f"{app.label}-install-triggers"
    )
