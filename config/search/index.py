"""Full-text indexes: one table of indexed words per searchable model.

`config.search.terms` produces the words, so SQLite and PostgreSQL return the same matches; each
engine has its own storage and ranking. `config.search.queue` keeps the tables up to date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

from config.search import postgresql, sqlite
from config.search.document import Document
from config.search.models import IndexedLanguage
from config.search.query import Clause, Query
from config.search.terms import index_words


def parse_query(text: str) -> Query:
    return Query.parse(text, IndexedLanguage.get_languages())


@dataclass(frozen=True)
class Index:
    """The index of a model whose manager has `documents(keys)`.

    Set `weighs_rarity` to False where some rows are hidden from some users: scores must not
    depend on how often a word occurs in hidden rows.
    """

    name: str
    model_label: str
    weighs_rarity: bool = True

    @property
    def table(self) -> str:
        return f"search_{self.name}"

    @cached_property
    def model(self) -> Any:
        return apps.get_model(self.model_label)

    def matching(self, query: Query) -> models.Q:
        """Return the Q that selects rows with all wanted and no excluded clauses."""
        if not query:
            return models.Q(pk__in=[])
        condition = models.Q(pk__in=self._match(query.wanted)) if query.wanted else models.Q()
        for clause in query.excluded:
            condition &= ~models.Q(pk__in=self._match([clause]))
        return condition

    def rank(
        self, query: Query, queryset: models.QuerySet[Any], *, limit: int, offset: int = 0
    ) -> dict[int, float]:
        """Return the keys and scores of the best matches in `queryset`, best first."""
        if not (query.wanted and limit):
            return {}
        try:
            matching = queryset.filter(self.matching(query)).order_by().values("pk").query
            subquery, subquery_params = matching.get_compiler(connection.alias).as_sql()
        except EmptyResultSet:
            return {}
        sql, params = _get_engine().rank(
            self.table, query.wanted, subquery, by_rarity=self.weighs_rarity
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [*params, *subquery_params, limit, offset])
            return dict(cursor.fetchall())

    def update(self, keys: Sequence[int]) -> None:
        """Index the current state of the rows with these keys. Deleted rows are removed."""
        documents: Mapping[int, Document] = self.model._default_manager.all().documents(keys)
        IndexedLanguage.add_languages(documents.values())
        engine = _get_engine()
        with connection.cursor() as cursor:
            placeholders = ", ".join(["%s"] * len(keys))
            delete = f"DELETE FROM {self.table} WHERE {engine.KEY} IN ({placeholders})"  # noqa: S608
            cursor.execute(delete, list(keys))
            rows = [
                engine.row(key, *index_words(document.title), *index_words(document.text))
                for key, document in documents.items()
            ]
            cursor.executemany(engine.insert(self.table), rows)

    def create(self) -> None:
        """Create the table, replacing an existing one."""
        self.drop()
        with connection.cursor() as cursor:
            for statement in _get_engine().create(self.table):
                cursor.execute(statement)

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")

    def _match(self, clauses: Iterable[Clause]) -> RawSQL:
        return RawSQL(*_get_engine().matching(self.table, clauses))  # noqa: S611


def _get_engine() -> Any:
    return sqlite if connection.vendor == "sqlite" else postgresql
