"""The index on PostgreSQL: tsvector with GIN, and the words themselves for phrases.

A tsvector forgets the places of a word that is frequent or stands late, so a phrase is looked for
in the words; the tsvector says in which rows it may be."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from config.search.query import Clause
from config.search.terms import BORDER

KEY = "id"

# What a tsvector can have: its places end here, a word has at most so many of them, and its
# words together have at most 1 MiB.
_LAST_PLACE = 16_383
_MOST_PLACES = 255
_MOST_BYTES = 800_000
# The weights D, C, B, A: the text has D, the title A.
_WEIGHTS = "{0.1, 0.1, 0.1, 1.0}"


def create(table: str) -> list[str]:
    """Give the statements that make a table."""
    return [
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, title text NOT NULL, text text NOT NULL, "
        "terms tsvector NOT NULL)",
        f"CREATE INDEX {table}_terms ON {table} USING gin (terms)",
    ]


def write(table: str) -> str:
    """Give the statement that writes a row."""
    return f"INSERT INTO {table} (id, title, text, terms) VALUES (%s, %s, %s, %s::tsvector)"  # noqa: S608


def row(key: int, *indexed: str) -> tuple[Any, ...]:
    """Give the parameters of `write`."""
    title, title_stems, text, text_stems = indexed
    return key, f" {title} ", f" {text} ", _vector((title, title_stems), (text, text_stems))


def matching(table: str, clauses: Iterable[Clause]) -> tuple[str, list[Any]]:
    """Give the query of the keys of rows in which every clause occurs."""
    condition, parameters = _condition(clauses)
    return f"SELECT id FROM {table} WHERE {condition}", parameters  # noqa: S608


def ranked(
    table: str, clauses: Iterable[Clause], matching: str, *, by_rarity: bool
) -> tuple[str, list[Any]]:
    """Give the query of keys and scores, the best first, of the keys of a subquery.

    Rarity counts for nothing here.
    """
    # 1: a long text has everything in it.
    return (
        f"SELECT id, ts_rank_cd(%s, terms, %s::tsquery, 1) AS score FROM {table} "  # noqa: S608
        f"WHERE id IN ({matching}) ORDER BY score DESC, id DESC LIMIT %s OFFSET %s",
        [_WEIGHTS, _tsquery(clauses)],
    )


def _condition(clauses: Iterable[Clause]) -> tuple[str, list[Any]]:
    clauses = list(clauses)
    condition, parameters = "terms @@ %s::tsquery", [_tsquery(clauses)]
    for clause in clauses:
        if len(clause.terms) > 1:
            condition += " AND (strpos(title, %s) > 0 OR strpos(text, %s) > 0)"
            phrase = f" {' '.join(clause.terms)}{'' if clause.is_prefix else ' '}"
            parameters += [phrase, phrase]
    return condition, parameters


def _tsquery(clauses: Iterable[Clause]) -> str:
    return " & ".join(_clause(clause) for clause in clauses)


def _clause(clause: Clause) -> str:
    """Write a clause as a tsquery; terms have only letters, digits and symbols in them."""
    phrase = " & ".join(f"'{term}'" for term in clause.terms) + (":*" if clause.is_prefix else "")
    forms = [phrase, *(f"'{stem}'" for stem in clause.stems)]
    return f"({' | '.join(forms)})"


def _vector(*weighted: tuple[str, str]) -> str:
    places: defaultdict[str, list[str]] = defaultdict(list)
    start = size = 0
    for (words, stems), weight in zip(weighted, "AD", strict=True):
        listed = words.split(), stems.split()
        for place, term in (pair for terms in listed for pair in enumerate(terms, start + 1)):
            if term == BORDER:
                continue
            if term not in places:
                size += len(term.encode())
                if size > _MOST_BYTES:
                    break
            found = places[term]
            if place <= _LAST_PLACE and len(found) < _MOST_PLACES:
                found.append(f"{place}{weight}")
        start += len(listed[0])
    return " ".join(f"'{term}'" + (":" if at else "") + ",".join(at) for term, at in places.items())
