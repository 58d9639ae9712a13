"""The index on SQLite: FTS5 tables (https://www.sqlite.org/fts5.html)."""

from collections.abc import Iterable
from typing import Any

from config.search.query import Clause

KEY = "rowid"

# Weights of title, text, title_stems and text_stems.
_WEIGHTS = "10.0, 1.0, 5.0, 0.5"


def create(table: str) -> list[str]:
    # The words are already normalised, so the simplest tokenizer is enough.
    return [
        f"CREATE VIRTUAL TABLE {table} USING fts5("
        "title, text, title_stems, text_stems, tokenize=\"ascii tokenchars ':'\")"
    ]


def insert(table: str) -> str:
    return (
        f"INSERT INTO {table} (rowid, title, title_stems, text, text_stems) "  # noqa: S608
        "VALUES (%s, %s, %s, %s, %s)"
    )


def row(key: int, *indexed: str) -> tuple[Any, ...]:
    return (key, *indexed)


def matching(table: str, clauses: Iterable[Clause]) -> tuple[str, list[Any]]:
    """Return the query for the keys of rows that match every clause."""
    sql = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608
    return sql, [_expression(clauses)]


def rank(
    table: str, clauses: Iterable[Clause], matching: str, *, by_rarity: bool
) -> tuple[str, list[Any]]:
    """Return the query for keys and scores, best first, of the rows in the `matching` subquery."""
    wanted = _expression(clauses)
    if by_rarity:
        score, parameters = f"-bm25({table}, {_WEIGHTS})", [wanted]
    else:
        # bm25 depends on how rare a word is in all rows, and on their length.
        in_title = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608
        score = f"CASE WHEN rowid IN ({in_title}) THEN 1.0 ELSE 0.1 END"
        parameters = [f"{{title title_stems}} : ({wanted})", wanted]
    # The plus keeps SQLite from running one search per key.
    return (
        f"SELECT rowid, {score} AS score FROM {table} WHERE {table} MATCH %s "  # noqa: S608
        f"AND +rowid IN ({matching}) ORDER BY score DESC, rowid DESC LIMIT %s OFFSET %s",
        parameters,
    )


def _expression(clauses: Iterable[Clause]) -> str:
    return " AND ".join(clause.format('"', " + ", "*", " OR ") for clause in clauses)
