"""The index on PostgreSQL: a tsvector with a GIN index, and the plain words for phrases.

A tsvector drops the positions of frequent and late words. It therefore only narrows down the
rows for a phrase, which is then searched for in the plain words.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from config.search.query import Clause
from config.search.terms import PASSAGE_SEPARATOR

KEY = "id"

# Limits of a tsvector: the last position, positions per word, and 1 MiB of words in total.
_MAX_POSITION = 16_383
_MAX_POSITIONS = 255
_MAX_BYTES = 800_000
# Weights of D, C, B and A: the text has D, the title A.
_WEIGHTS = "{0.1, 0.1, 0.1, 1.0}"


def create(table: str) -> list[str]:
    return [
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, title text NOT NULL, text text NOT NULL, "
        "terms tsvector NOT NULL)",
        f"CREATE INDEX {table}_terms ON {table} USING gin (terms)",
    ]


def insert(table: str) -> str:
    return f"INSERT INTO {table} (id, title, text, terms) VALUES (%s, %s, %s, %s::tsvector)"  # noqa: S608


def row(key: int, *indexed: str) -> tuple[Any, ...]:
    title, title_stems, text, text_stems = indexed
    return key, f" {title} ", f" {text} ", _vector((title, title_stems), (text, text_stems))


def matching(table: str, clauses: Iterable[Clause]) -> tuple[str, list[Any]]:
    """Return the query for the keys of rows that match every clause."""
    clauses = list(clauses)
    condition, parameters = "terms @@ %s::tsquery", [_tsquery(clauses)]
    for clause in clauses:
        if len(clause.terms) > 1:
            condition += " AND (strpos(title, %s) > 0 OR strpos(text, %s) > 0)"
            phrase = f" {' '.join(clause.terms)}{'' if clause.is_prefix else ' '}"
            parameters += [phrase, phrase]
    return f"SELECT id FROM {table} WHERE {condition}", parameters  # noqa: S608


def rank(
    table: str, clauses: Iterable[Clause], matching: str, *, by_rarity: bool
) -> tuple[str, list[Any]]:
    """Return the query for keys and scores, best first, of the rows in the `matching` subquery."""
    # Scores never depend on rarity here. 1 divides by the logarithm of the length, as long texts
    # match more by chance.
    return (
        f"SELECT id, ts_rank_cd(%s, terms, %s::tsquery, 1) AS score FROM {table} "  # noqa: S608
        f"WHERE id IN ({matching}) ORDER BY score DESC, id DESC LIMIT %s OFFSET %s",
        [_WEIGHTS, _tsquery(clauses)],
    )


def _tsquery(clauses: Iterable[Clause]) -> str:
    return " & ".join(clause.format("'", " & ", ":*", " | ") for clause in clauses)


def _vector(*weighted: tuple[str, str]) -> str:
    positions: defaultdict[str, list[str]] = defaultdict(list)
    start = size = 0
    for (exact, stems), weight in zip(weighted, "AD", strict=True):
        term_lists = exact.split(), stems.split()
        for position, term in (p for terms in term_lists for p in enumerate(terms, start + 1)):
            if term == PASSAGE_SEPARATOR:
                continue
            if term not in positions:
                size += len(term.encode())
                if size > _MAX_BYTES:
                    break
            known = positions[term]
            if position <= _MAX_POSITION and len(known) < _MAX_POSITIONS:
                known.append(f"{position}{weight}")
        start += len(term_lists[0])
    return " ".join(
        f"'{term}'" + (":" if known else "") + ",".join(known) for term, known in positions.items()
    )
