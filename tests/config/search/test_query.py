import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.search.query import Query


def parse(typed: str) -> tuple[list[str], list[str]]:
    """Format the clauses: `a b` is a phrase, `a…` a prefix, `a~` a word with its stems."""
    query = Query.parse(typed)

    def format_clauses(clauses: object) -> list[str]:
        return [
            " ".join(c.terms) + ("…" if c.is_prefix else "") + ("~" if c.stems else "")
            for c in clauses  # type: ignore[attr-defined]
        ]

    return format_clauses(query.wanted), format_clauses(query.excluded)


@pytest.mark.parametrize(
    ("typed", "wanted", "excluded"),
    [
        ("Exports ministry", ["exports~", "ministry~"], []),
        ("exports exports", ["exports~"], []),
        ('"exports rose" by', ["exports rose", "by~"], []),
        ("„exports rose“ «by 12»", ["exports rose", "by 12"], []),
        ("minist*", ["minist…"], []),
        ('"the minist*"', ["the minist…"], []),
        ('"the minist"*', ["the minist…"], []),
        ("exports -oil", ["exports~"], ["oil~"]),
        ('-"crude oil" -ga*', [], ["crude oil", "ga…"]),
        # A hyphen within a word excludes nothing.
        ("guided-missile", ["guided missile"], []),
        ("l’élection", ["l election"], []),
        # An unclosed quote extends to the end; punctuation alone is ignored.
        ('"exports rose', ["exports rose"], []),
        ('- * "" %', [], []),
        # A pair matches as it is; one character matches the beginning of a pair.
        ("東京", ["東京"], []),
        ("東京都", ["東京 京都"], []),
        ("東", ["東…"], []),
        ("2025年", ["2025 年…"], []),
        ("AND OR NOT NEAR(", ["and~", "or~", "not~", "near~"], []),
    ],
)
def test_parse_query(typed: str, wanted: list[str], excluded: list[str]) -> None:
    assert parse(typed) == (wanted, excluded)


@given(st.text(alphabet=st.sampled_from("ab *-\"“”„東京\0 '():^"), max_size=40) | st.text())
def test_parse_query_accepts_any_string(typed: str) -> None:
    query = Query.parse(typed)
    assert all(clause.terms for clause in (*query.wanted, *query.excluded))
