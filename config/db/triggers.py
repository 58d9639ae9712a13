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
    condition over `NEW` and `OLD` for both engines; the default allows nothing.
    """

    name: str
    table: str
    event: str
    message: str
    allowed: str = ""

    @property
    def tables(self) -> set[str]:
        """The tables that must exist before the trigger is installed."""
        return {self.table}

    def create(self, vendor: str) -> list[str]:
        """Return the statements that install the trigger."""
        violated = f"NOT coalesce(({self.allowed}), FALSE)" if self.allowed else "TRUE"
        if vendor == "sqlite":
            body = f"WHEN {violated} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            return self._create(vendor, "BEFORE", body)
        row = "OLD" if self.event == "DELETE" else "NEW"
        body = (
            f"IF {violated} THEN RAISE EXCEPTION '{self.message}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row};"
        )
        return self._create(vendor, "BEFORE", body)

    def _create_after(self, vendor: str, statement: str) -> list[str]:
        """Return the statements that install a trigger that executes `statement`."""
        body = f"BEGIN {statement}; END" if vendor == "sqlite" else f"{statement}; RETURN NULL;"
        return self._create(vendor, "AFTER", body)

    def _create(self, vendor: str, timing: str, body: str) -> list[str]:
        trigger = f'TRIGGER {self.name} {timing} {self.event} ON "{self.table}" FOR EACH ROW'
        if vendor == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}", f"CREATE {trigger} {body}"]
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS "
            f"$$ BEGIN {body} END $$ LANGUAGE plpgsql",
            f"CREATE OR REPLACE {trigger} EXECUTE FUNCTION {self.name}()",
        ]

    def drop(self, vendor: str, tables: Iterable[str]) -> list[str]:
        """Return the statements that drop the trigger, or none if its table does not exist."""
        if self.table not in tables:
            return []
        if vendor == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}"]
        return [f"DROP FUNCTION IF EXISTS {self.name}() CASCADE"]


@dataclass(frozen=True, slots=True)
class StatementTrigger(Trigger):
    """A trigger that executes `statement` after `event`; `{now}` in it is the current time."""

    statement: str = ""

    def create(self, vendor: str) -> list[str]:
        return self._create_after(vendor, self.statement.format(now=_NOW[vendor]))


# SQLite has milliseconds. Rounded up, the time is not before one that Django has just written.
_NOW = {
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '999')",
    "postgresql": "clock_timestamp()",
}


def forbid_update(name: str, table: str, column: str, message: str) -> Trigger:
    """Return a trigger that rejects another value of a column."""
    allowed = f"NEW.{column} = OLD.{column}"
    return Trigger(name, table, f'UPDATE OF "{column}"', message, allowed)


def touch_triggers(owner: str, keys: str, table: str, *events: str) -> list[Trigger]:
    """Return triggers that set `updated_at` of rows of `owner` that show a row of `table`.

    `keys` is a query for their keys. `{row}` in it is replaced with NEW or OLD.
    """
    return [
        StatementTrigger(
            f"{table}_touches_{owner}_{event.split()[0].lower()}",
            table,
            event,
            "",
            statement=f"UPDATE {owner} SET updated_at = {{now}} WHERE id IN "  # noqa: S608
            f"({keys.format(row='OLD' if event == 'DELETE' else 'NEW')})",
        )
        for event in events
    ]


def _execute(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


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
            # Tables may not exist while migrating to an early state.
            if trigger.tables.issubset(tables):
                _execute(connection, trigger.create(connection.vendor))

    pre_migrate.connect(drop, sender=app, weak=False, dispatch_uid=f"{app.label}-drop-triggers")
    post_migrate.connect(
        install, sender=app, weak=False, dispatch_uid=f"{app.label}-install-triggers"
    )
