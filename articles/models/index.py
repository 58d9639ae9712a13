"""The index of search: for each searched kind a table of words beside the rows' own.

What is indexed is written by `articles.text.terms`, so that SQLite and PostgreSQL find the same;
each has its own way to store and rank it. `articles.models.due` keeps the tables in step.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

from articles.models import index_postgresql, index_sqlite
from articles.text.query import Clause, Query
from articles.text.terms import index_words, stemming_of

# Words, and the BCP 47 tag of their language; empty where it is not known.
Passage = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """What is searched of one row; what stands in the title weighs more."""

    title: Sequence[Passage]
    text: Sequence[Passage] = ()

    def indexed(self) -> tuple[str, str, str, str]:
        """Give the words and the stems of the title, then of the text."""
        return (*index_words(self.title), *index_words(self.text))


class IndexedLanguage(models.Model):
    """A language of whose words stems are indexed: those of others need not be looked for."""

    language = models.CharField(max_length=3, primary_key=True)

    class Meta:
        db_table = "search_language"

    def __str__(self) -> str:
        return self.language

    @staticmethod
    def add(documents: Iterable[Document]) -> None:
        """Remember the languages of documents."""
        tags = {tag for doc in documents for _, tag in (*doc.title, *doc.text)}
        new = {stemming_of(tag) for tag in tags} - {"", *IndexedLanguage.known()}
        rows = [IndexedLanguage(language=tag) for tag in new]
        IndexedLanguage.objects.bulk_create(rows, ignore_conflicts=True)

    @staticmethod
    def known() -> list[str]:
        """Give the languages, as keys of `STEMMED`."""
        known = IndexedLanguage.objects.order_by("language")
        return list(known.values_list("language", flat=True))


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
