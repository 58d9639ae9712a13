"""The index on SQLite: FTS5 tables, https://www.sqlite.org/fts5.html."""

from collections.abc import Iterable
from typing import Any

from config.search.query import Clause

KEY = "rowid"

# Of the columns title, text, title_stems and text_stems.
_WEIGHTS = "10.0, 1.0, 5.0, 0.5"


def create(table: str) -> list[str]:
    """Give the statements that make a table. The words come as they are to be found."""
    return [
        f"CREATE VIRTUAL TABLE {table} USING fts5("
        "title, text, title_stems, text_stems, tokenize=\"ascii tokenchars ':'\")"
    ]


def write(table: str) -> str:
    """Give the statement that writes a row."""
    return (
        f"INSERT INTO {table} (rowid, title, title_stems, text, text_stems) "  # noqa: S608
        "VALUES (%s, %s, %s, %s, %s)"
    )


def row(key: int, *indexed: str) -> tuple[Any, ...]:
    """Give the parameters of `write`."""
    return (key, *indexed)


def matching(table: str, clauses: Iterable[Clause]) -> tuple[str, list[Any]]:
    """Give the query of the keys of rows in which every clause occurs."""
    sql = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608
    return sql, [_expression(clauses)]


def ranked(
    table: str, clauses: Iterable[Clause], matching: str, *, by_rarity: bool
) -> tuple[str, list[Any]]:
    """Give the query of keys and scores, the best first, of the keys of a subquery."""
    wanted = _expression(clauses)
    if by_rarity:
        score, parameters = f"-bm25({table}, {_WEIGHTS})", [wanted]
    else:
        # bm25 asks how rare a word is in all rows, and how long they are.
        in_title = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608
        score = f"CASE WHEN rowid IN ({in_title}) THEN 1.0 ELSE 0.1 END"
        parameters = [f"{{title title_stems}} : ({wanted})", wanted]
    # The plus keeps SQLite from searching once for each key.
    return (
        f"SELECT rowid, {score} AS score FROM {table} WHERE {table} MATCH %s "  # noqa: S608
        f"AND +rowid IN ({matching}) ORDER BY score DESC, rowid DESC LIMIT %s OFFSET %s",
        parameters,
    )


def _expression(clauses: Iterable[Clause]) -> str:
    return " AND ".join(_clause(clause) for clause in clauses)


def _clause(clause: Clause) -> str:
    """Write a clause in FTS5's language; terms have only letters, digits and symbols in them."""
    phrase = " + ".join(f'"{term}"' for term in clause.terms) + ("*" if clause.is_prefix else "")
    forms = [phrase, *(f'"{stem}"' for stem in clause.stems)]
    return f"({' OR '.join(forms)})"
