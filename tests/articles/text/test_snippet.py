"""The stretch that is shown, and what is marked in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.search.query import Query
from config.search.snippets import WIDTH, Snippet, marked, snippet

FILL = "Nothing of note was said. " * 40


def shown(snippet: Snippet) -> str:
    return "".join(f"[{words}]" if is_marked else words for words, is_marked in snippet.parts)


@pytest.mark.parametrize(
    ("text", "typed", "language", "expected"),
    [
        ("The ministries wrote.", "ministry", "en", "The [ministries] wrote."),
        ("The ministries wrote.", "ministry", "", "The ministries wrote."),
        ("The ministries wrote.", "minist*", "", "The [ministries] wrote."),
        ("Exports rose; exports fell.", '"exports fell"', "en", "Exports rose; [exports fell]."),
        ("In Valparaíso, 5,150 t", "valparaiso 5150", "", "In [Valparaíso], [5,150] t"),
        ("افتتحت إثيوبيا سدّ النهضة", "نهضة سد", "ar", "افتتحت إثيوبيا [سدّ] [النهضة]"),
        ("能登半島地震が起きた", "地震", "ja", "能登半島[地震]が起きた"),
        ("能登半島地震が起きた", "半島地震", "ja", "能登[半島地震]が起きた"),
        ("能登半島地震が起きた", "震", "ja", "能登半島地[震]が起きた"),
        ("Die Häuser 🚨", "haus 🚨", "de-AT", "Die [Häuser] [🚨]"),
        ("Words", "-words", "en", "Words"),
    ],
)
def test_what_was_found_is_marked(text: str, typed: str, language: str, expected: str) -> None:
    assert shown(marked(text, Query.parse(typed), language)) == expected
    assert shown(snippet(text, Query.parse(typed), language)) == expected


def test_the_stretch_has_the_most_of_what_is_wanted() -> None:
    text = f"A ship. {FILL}A ship with sand. {FILL}Sand."
    found = snippet(text, Query.parse("ship sand"), "en")
    assert "A [ship] with [sand]." in shown(found)
    assert found.goes_on
    assert found.start > 0
    assert [text[mark.start : mark.end] for mark in found.marks] == ["ship", "sand"]


def test_a_text_without_the_words_is_shown_from_its_start() -> None:
    found = snippet(FILL, Query.parse("ship"), "en")
    assert (found.start, found.marks) == (0, ())
    assert FILL.startswith(found.text)


@given(
    st.lists(
        st.sampled_from(["ship", "Sand ", "\n", "東京都", "é🚨", "x" * 300, " "]), max_size=60
    ),
    st.sampled_from(["ship", "sand ship", '"sand ship"', "東", "京都", "x*", ""]),
)
def test_a_snippet_is_a_part_of_the_text(parts: list[str], typed: str) -> None:
    text = "".join(parts)
    found = snippet(text, Query.parse(typed), "en")
    assert text[found.start : found.start + len(found.text)] == found.text
    assert len(found.text) <= WIDTH
    assert "".join(words for words, _ in found.parts) == found.text
    ends = [place for mark in found.marks for place in (mark.start, mark.end)]
    assert ends == sorted(ends)
