import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.search.query import Query
from config.search.snippets import WIDTH, Snippet, highlight_text, make_snippet

FILL = "Nothing of note was said. " * 40


def render(snippet: Snippet) -> str:
    return "".join(f"[{text}]" if highlighted else text for text, highlighted in snippet.parts)


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
def test_snippet_highlights_matches(text: str, typed: str, language: str, expected: str) -> None:
    assert render(highlight_text(text, Query.parse(typed), language)) == expected
    assert render(make_snippet(text, Query.parse(typed), language)) == expected


def test_snippet_contains_the_most_matches() -> None:
    text = f"A ship. {FILL}A ship with sand. {FILL}Sand."
    snippet = make_snippet(text, Query.parse("ship sand"), "en")
    assert "A [ship] with [sand]." in render(snippet)
    assert snippet.is_truncated
    assert snippet.start > 0
    assert [text[match.start : match.end] for match in snippet.highlights] == ["ship", "sand"]


def test_snippet_without_matches_is_the_beginning() -> None:
    snippet = make_snippet(FILL, Query.parse("ship"), "en")
    assert (snippet.start, snippet.highlights) == (0, ())
    assert FILL.startswith(snippet.text)


@given(
    st.lists(
        st.sampled_from(["ship", "Sand ", "\n", "東京都", "é🚨", "x" * 300, " "]), max_size=60
    ),
    st.sampled_from(["ship", "sand ship", '"sand ship"', "東", "京都", "x*", ""]),
)
def test_snippet_is_part_of_the_text(parts: list[str], typed: str) -> None:
    text = "".join(parts)
    snippet = make_snippet(text, Query.parse(typed), "en")
    assert text[snippet.start : snippet.start + len(snippet.text)] == snippet.text
    assert len(snippet.text) <= WIDTH
    assert "".join(part for part, _ in snippet.parts) == snippet.text
    ends = [offset for match in snippet.highlights for offset in (match.start, match.end)]
    assert ends == sorted(ends)
