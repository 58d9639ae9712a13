"""Find the mentions of names in a text."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.mentions import find_mentions


def find_names(text: str, *names: str) -> list[str]:
    return [text[span.start : span.end] for span in find_mentions(text, names)]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("Chile and Chilean ships; CHILE too, chile pepper.", ["Chile"], ["Chile", "CHILE"]),
        ("A peso is a Peso, PESO or pesos.", ["peso"], ["peso", "Peso", "PESO"]),
        ("The WHO asked who called the Who.", ["WHO"], ["WHO"]),
        ("New York City, New\nYork and York.", ["New York", "New York City"],
         ["New York City", "New\nYork"]),
        ("Ana, Anabel, sub-Ana and Ana’s.", ["Ana"], ["Ana", "Ana", "Ana"]),
        ("世界卫生组织说，世界卫生组织的人", ["世界卫生组织"], ["世界卫生组织"] * 2),
        ("能登の地震、能登半島", ["能登"], ["能登", "能登"]),
        ("قال سدّ النهضة ثم وسد النهضة", ["سدّ النهضة"], ["سدّ النهضة"]),
        ("C++ and C++11 (C++).", ["C++"], ["C++", "C++", "C++"]),
        ("A 🚢 and a 🚢", ["🚢 and"], ["🚢 and"]),
        ("A a A", ["A"], []),
        ("Anything", [], []),
        ("Anything", ["", "  "], []),
    ],
)  # fmt: skip
def test_mentions_are_whole_words(text: str, names: list[str], expected: list[str]) -> None:
    assert find_names(text, *names) == expected


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=4))
def test_mentions_are_names_and_do_not_overlap(text: str, names: list[str]) -> None:
    spans = find_mentions(text, names)
    folded = {" ".join(name.split()).casefold() for name in names}
    folded |= {" ".join(name.split()).upper().casefold() for name in names}
    for span in spans:
        mention = re.sub(r"\s+", " ", text[span.start : span.end])
        assert mention.casefold() in folded or mention.lower() in {n.lower() for n in folded}
    for one, other in pairwise(spans):
        assert one.end <= other.start


@given(st.text(alphabet="abcÄß 我ア", max_size=20), st.text(alphabet="abcÄß 我ア", max_size=20))
def test_name_between_spaces_is_always_found(before: str, after: str) -> None:
    assert "Valparaíso" in find_names(f"{before} Valparaíso {after}", "Valparaíso")
