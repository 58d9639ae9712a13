"""Splitting a text into blocks, and reading bylines and titles."""

from pathlib import Path

import pytest
from hypothesis import given

from articles.text.blocks import BlockKind, split_blocks
from articles.text.byline import Credit, read_byline
from articles.text.headline import propose_title
from articles.text.normalise import normalise
from tests.articles.text.test_normalise import TEXTS

SEED = Path(__file__).resolve().parents[4] / "shared" / "data" / "seed-article.txt"

# An article as scrapers leave it, with a space before a full stop.
SCRAPED = (
    "The council signed on Tuesday, after a year of talks.\n"
    "Author\n- Harbour desk\nReporters, The Test Gazette\n"
    "The signature ends a dispute over dredging .\n"
    "Who pays for the sand\n"
    "Nobody had asked the taxpayers.\n"
    "How to read a contract\n"
    "Start at the end, lawyers say.\n"
    "Not all harbours are equal\n"
    "Some silt up faster than others.\n"
    "The desk has disclosed no relevant affiliations."
)


SANDWICH = ["paragraph", "heading", "paragraph"]


def kinds(text: str, title: str = "") -> list[tuple[str, str]]:
    blocks = split_blocks(text, title=title)
    return [(str(block.kind), text[block.start : block.end]) for block in blocks]


@given(TEXTS)
def test_blocks_cover_text_without_overlap(raw: str) -> None:
    text = normalise(raw)
    end = 0
    for block in split_blocks(text):
        assert end <= block.start < block.end <= len(text)
        assert not text[end : block.start].strip()
        assert text[block.start : block.end].strip() == text[block.start : block.end]
        end = block.end
    assert not text[end:].strip()


@pytest.mark.parametrize("source", ["ours", "seed"])
def test_scraped_article_gets_headings_byline_and_disclosure(source: str) -> None:
    # Without the seed file, our own sample takes its place.
    raw = SEED.read_text(encoding="utf-8") if source == "seed" and SEED.exists() else SCRAPED
    text = normalise(raw)
    blocks = split_blocks(text)
    found = [block.kind for block in blocks]
    assert text.rstrip("\n") == raw.rstrip("\n")
    assert found.count(BlockKind.BYLINE) == 1
    assert found.count(BlockKind.HEADING) == 3
    assert found.count(BlockKind.DISCLOSURE) == 1
    assert found[-1] == BlockKind.DISCLOSURE
    assert set(found) == {"byline", "heading", "disclosure", "paragraph"}
    (credit,) = read_byline(text, blocks)
    assert credit.name
    assert credit.affiliation


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    text = (
        "A paragraph that an old mail program has\nwrapped at forty columns stays one block\n"
        "however many lines it has.\n\nThe next begins here."
    )
    assert [kind for kind, _ in kinds(text)] == ["paragraph", "paragraph"]


def test_short_unwrapped_lines_stay_separate() -> None:
    assert len(kinds("One.\nTwo.\nThree.")) == 3


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Words come first.", "A heading", "More words."], SANDWICH),
        (["Words come first.", "A question?", "More words."], ["paragraph"] * 3),
        (
            ["Words come first.", "A short line", "A heading", "More words."],
            ["paragraph", *SANDWICH],
        ),
        (["Words come first.", "He said:", "More words."], ["paragraph"] * 3),
        (["Words come first.", "The last line"], ["paragraph"] * 2),
        (["The first line", "More words."], ["paragraph"] * 2),
        (["揺れのあと、並んだ。", "何が広まったのか", "調べた。"], SANDWICH),
        (["افتتح السد أمس.", "أرقام متفق عليها", "يحمل النهر الماء."], SANDWICH),
        (["हिन्दी वाक्य है।", "एक शीर्षक", "और शब्द।"], SANDWICH),
        (["It has:", "- sand", "- silt", "1. order"], ["paragraph", *["list_item"] * 3]),
        (["He wrote:", "> We never knew."], ["paragraph", "quote"]),
        (["Photo: the harbour at night", "Words."], ["caption", "paragraph"]),
        (["By Harbour desk", "Words."], ["byline", "paragraph"]),
        (["By 2030 all ships", "Words."], ["paragraph", "paragraph"]),
        (["Words.", "Conflict of interest: none."], ["paragraph", "disclosure"]),
    ],
)
def test_block_kinds_are_recognised(lines: list[str], expected: list[str]) -> None:
    assert [kind for kind, _ in kinds("\n".join(lines))] == expected


def test_repeated_title_is_recognised() -> None:
    assert kinds("Ships  and sand\nWords.", title="Ships and sand")[0][0] == "title"


@pytest.mark.parametrize(
    ("text", "credits"),
    [
        ("By Harbour desk\nWords.", [Credit("Harbour desk")]),
        ("By Harbour desk, The Gazette\nWords.", [Credit("Harbour desk", "The Gazette")]),
        ("By Desk A, Desk B and Desk C\nWords.", [Credit(f"Desk {x}") for x in "ABC"]),
        (
            "Authors\n- Desk A\nThe Gazette\n- Desk B\nWords come here.",
            [Credit("Desk A", "The Gazette"), Credit("Desk B")],
        ),
        ("Von Redaktion Hafen\nWorte.", [Credit("Redaktion Hafen")]),
        ("بقلم قسم المياه\nكلمات.", [Credit("قسم المياه")]),
        ("Byron wrote this.\nWords.", []),
        ("Words.", []),
    ],
)
def test_read_byline_returns_credits(text: str, credits: list[Credit]) -> None:
    assert read_byline(text, split_blocks(text)) == credits


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("A line like a title\nWords follow here.", "A line like a title"),
        ("By Harbour desk\nThe ship came. It left.", "The ship came"),
        ("揺れた。その後、投稿が並んだ。", "揺れた"),
        ("", ""),
    ],
)
def test_propose_title_uses_first_line(text: str, title: str) -> None:
    assert propose_title(text, split_blocks(text)) == title


@given(TEXTS)
def test_proposed_title_is_one_short_line(raw: str) -> None:
    text = normalise(raw)
    title = propose_title(text, split_blocks(text))
    assert len(title) <= 100
    assert "\n" not in title
