"""What is made of what somebody types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.search.query import Query


def read(typed: str) -> tuple[list[str], list[str]]:
    """Write the clauses down: `a b` for a phrase, `a…` for a beginning, `a~` for all forms."""
    query = Query.parse(typed)

    def written(clauses: object) -> list[str]:
        return [
            " ".join(c.terms) + ("…" if c.is_prefix else "") + ("~" if c.stems else "")
            for c in clauses  # type: ignore[attr-defined]
        ]

    return written(query.wanted), written(query.excluded)


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
        # A hyphen within a word leaves nothing out.
        ("guided-missile", ["guided missile"], []),
        ("l’élection", ["l election"], []),
        # An open quote goes to the end; what is no word asks for nothing.
        ('"exports rose', ["exports rose"], []),
        ('- * "" %', [], []),
        # A pair is found as it is; one character is the beginning of a pair.
        ("東京", ["東京"], []),
        ("東京都", ["東京 京都"], []),
        ("東", ["東…"], []),
        ("2025年", ["2025 年…"], []),
        ("AND OR NOT NEAR(", ["and~", "or~", "not~", "near~"], []),
    ],
)
def test_reading(typed: str, wanted: list[str], excluded: list[str]) -> None:
    assert read(typed) == (wanted, excluded)


@given(st.text(alphabet=st.sampled_from("ab *-\"“”„東京\0 '():^"), max_size=40) | st.text())
def test_any_string_can_be_read(typed: str) -> None:
    query = Query.parse(typed)
    assert all(clause.terms for clause in (*query.wanted, *query.excluded))
