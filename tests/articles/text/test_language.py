"""Guess the language of a text."""

import json
from pathlib import Path

import pytest

from articles.text.language import guess_language

ARTICLES = Path(__file__).parents[3] / "fixtures" / "articles"


@pytest.mark.parametrize("file", sorted(ARTICLES.glob("*.txt")), ids=lambda file: file.stem)
def test_language_of_demo_texts_and_their_short_parts(file: Path) -> None:
    language = json.loads(file.with_suffix(".json").read_text())["language"]
    text = file.read_text()
    assert guess_language(text) == language.partition("-")[0]
    pieces = {guess_language(text[at : at + 80]) for at in range(0, len(text), 80)}
    assert pieces <= {language.partition("-")[0], ""}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes, it is.",
        "1 2 3 4 5 6 7 8 9 " * 10,
        "https://news.example/2025/08/21/ " * 10,
        "😀" * 100,
        # Croatian, Bosnian or Serbian.
        "Vlada je danas predstavila novi zakon o medijima, a oporba je kritizirala prijedlog.",
    ],
)
def test_uncertain_language_is_empty(text: str) -> None:
    assert guess_language(text) == ""
