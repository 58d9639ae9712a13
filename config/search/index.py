"""The index of search: for each searched kind a table of words beside the rows' own.

What is indexed is written by `config.search.terms`, so that SQLite and PostgreSQL find the same;
each has its own way to store and rank it. `config.search.queue` keeps the tables in step."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

from config.search import postgresql as index_postgresql
from config.search import sqlite as index_sqlite
from config.search.document import Document
from config.search.models import IndexedLanguage
from config.search.query import Clause, Query


def parse(typed: str) -> Query:
    """Read what was typed; words are found in their forms in all languages that there are."""
    return Query.parse(typed, IndexedLanguage.known())


# Each can `create` a table, `write` a `row`, and find what is `matching` or `ranked`.
ENGINES: Mapping[str, Any] = {"sqlite": index_sqlite, "postgresql": index_postgresql}


@dataclass(frozen=True)
class Index:
    """The words of the rows of a model, whose manager's `documents(keys)` reads them.

    Where not everybody may see all rows, nothing may depend on how often a word occurs in those
    that are hidden: then a word weighs the same however rare it is (`weighs_rarity`).
    """

    name: str
    model_label: str
    weighs_rarity: bool = True

    @property
    def table(self) -> str:
        """The table of the words."""
        return f"search_{self.name}"

    @cached_property
    def model(self) -> Any:
        """The model whose rows are searched."""
        return apps.get_model(self.model_label)

    def holds(self, query: Query) -> models.Q:
        """Give the condition that a row has all that is wanted and nothing that is excluded."""
        if not query:
            return models.Q(pk__in=[])
        found = models.Q(pk__in=self._keys(query.wanted)) if query.wanted else models.Q()
        return found & self._lacks(query)

    def ranked(
        self, query: Query, among: models.QuerySet[Any], *, most: int, start: int = 0
    ) -> dict[int, float]:
        """Give the keys and scores of the best of the rows that may be seen, the best first."""
        if not (query.wanted and most):
            return {}
        try:
            matching = among.filter(self.holds(query)).order_by().values("pk").query
            subquery, parameters = matching.get_compiler(connection.alias).as_sql()
        except EmptyResultSet:
            return {}
        sql, own = _engine().ranked(
            self.table, query.wanted, subquery, by_rarity=self.weighs_rarity
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*own, *parameters, most, start])
            return dict(cursor.fetchall())

    def write(self, keys: Sequence[int]) -> None:
        """Index the rows of these keys as they are now; those that are gone are taken out."""
        found: Mapping[int, Document] = self.model._default_manager.all().documents(keys)
        IndexedLanguage.add(found.values())
        engine = _engine()
        with connection.cursor() as cursor:
            placeholders = ", ".join(["%s"] * len(keys))
            cursor.execute(
                f"DELETE FROM {self.table} WHERE {engine.KEY} IN ({placeholders})",  # noqa: S608
                list(keys),
            )
            cursor.executemany(
                engine.write(self.table),
                [engine.row(key, *document.indexed()) for key, document in found.items()],
            )

    def create(self) -> None:
        """Make the table, empty, in the place of any that is there."""
        self.drop()
        with connection.cursor() as cursor:
            for statement in _engine().create(self.table):
                cursor.execute(statement)

    def drop(self) -> None:
        """Take the table away if it is there."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")

    def _keys(self, clauses: Iterable[Clause]) -> RawSQL:
        return RawSQL(*_engine().matching(self.table, clauses))  # noqa: S611

    def _lacks(self, query: Query) -> models.Q:
        lacking = models.Q()
        for clause in query.excluded:
            lacking &= ~models.Q(pk__in=self._keys([clause]))
        return lacking


def _engine() -> Any:
    return ENGINES[connection.vendor]
