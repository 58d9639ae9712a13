"""Compare two texts word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.diff import Diff, HunkKind, diff
from articles.text.normalise import normalise
from articles.text.tokens import TokenizedText
from tests.articles.text.test_normalise import TEXTS

# Few different words, so that many repeat.
FEW_WORDS = st.lists(
    st.sampled_from(["a", "cat", " ", ".", "\n", "中", "é", "🚢", "1"]), max_size=40
)
SOME_TEXT = st.one_of(FEW_WORDS.map("".join), TEXTS).map(normalise)


def mark_changes(old: str, new: str) -> str:
    """Return the new text, with removed text in [-…-] and added text in {+…+}."""
    found = ""
    for hunk in diff(old, new).hunks:
        before, after = old[hunk.old.start : hunk.old.end], new[hunk.new.start : hunk.new.end]
        if hunk.is_equal:
            found += after
        else:
            found += (f"[-{before}-]" if before else "") + (f"{{+{after}+}}" if after else "")
    return found


@given(SOME_TEXT, SOME_TEXT)
def test_hunks_cover_both_texts_without_gaps(old: str, new: str) -> None:
    found: Diff = diff(old, new)
    at_old = at_new = 0
    was_equal = None
    for hunk in found.hunks:
        assert (hunk.old.start, hunk.new.start) == (at_old, at_new)
        assert hunk.is_equal != was_equal
        if hunk.is_equal:
            assert old[hunk.old.start : hunk.old.end] == new[hunk.new.start : hunk.new.end] != ""
        else:
            assert hunk.old.start < hunk.old.end or hunk.new.start < hunk.new.end
        at_old, at_new, was_equal = hunk.old.end, hunk.new.end, hunk.is_equal
    assert (at_old, at_new) == (len(old), len(new))
    for move in found.moves:
        assert old[move.old.start : move.old.end] == new[move.new.start : move.new.end]


@given(SOME_TEXT)
def test_diff_of_same_text_has_only_equal_hunks(text: str) -> None:
    assert all(hunk.kind == HunkKind.EQUAL for hunk in diff(text, text).hunks)


@given(SOME_TEXT)
def test_tokens_cover_text_without_gaps(text: str) -> None:
    tokenized = TokenizedText(text)
    assert "".join(text[start:end] for start, end in tokenized.get_tokens(0, len(text))) == text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "It was said on Monday.",
            "It was said on Tuesday.",
            "It was said on [-Monday-]{+Tuesday+}.",
        ),
        # A figure is one token.
        ("It rose by 12 %.", "It rose by 12.5 %.", "It rose by [-12-]{+12.5+} %."),
        ("Prices: -5 and 1,000", "Prices: 5 and 1,000", "Prices: [--5-]{+5+} and 1,000"),
        ('He said "yes".', "He said “yes”.", 'He said [-"-]{+“+}yes[-"-]{+”+}.'),
        # A whole sentence was added, not the end of one and the start of another.
        (
            "The ministry said no. The ministry did not.",
            "The ministry said no. The ministry was silent. The ministry did not.",
            "The ministry said no. {+The ministry was silent. +}The ministry did not.",
        ),
        (
            "気象庁は「地震」と名づけた。",
            "気象庁は「大地震」と名付けた。",
            "気象庁は「{+大+}地震」と名[-づ-]{+付+}けた。",
        ),
        ("وقعت الدول في مارس", "وقعت الدول الثلاث في مارس", "وقعت الدول {+الثلاث +}في مارس"),
        # Combining marks and emoji sequences are not split.
        ("Ein 👩‍👩‍👧 हिन्दी", "Ein 👩‍👩‍👦 हिन्दू", "Ein [-👩‍👩‍👧 हिन्दी-]{+👩‍👩‍👦 हिन्दू+}"),
        # Coincidentally equal words do not split a rewritten passage.
        (
            "Nobody expected the committee to vote.",
            "Nobody thought of a quorum.",
            "Nobody [-expected the committee to vote-]{+thought of a quorum+}.",
        ),
        ("", "All of it is new.", "{+All of it is new.+}"),
        ("All of it is gone.", "", "[-All of it is gone.-]"),
    ],
)
def test_diff_marks_changes_as_reader_would(old: str, new: str, expected: str) -> None:
    assert mark_changes(old, new) == expected


def test_moved_paragraph_is_reported_as_move() -> None:
    moving = "This paragraph is long enough to be known again elsewhere."
    stays = "This one stays where it was from the beginning.\nThe next one has not changed either."
    other = "And this one came in at the place where the first paragraph had stood."
    old, new = f"{moving}\n{stays}", f"{other}\n{stays}\n{moving}"
    (move,) = diff(old, new).moves
    assert old[move.old.start : move.old.end] == new[move.new.start : move.new.end] == moving
    # It is not compared with the paragraph at its old position.
    assert mark_changes(old, new) == f"[-{moving}-]{{+{other}+}}\n{stays}{{+\n{moving}+}}"


def test_long_text_is_compared_quickly() -> None:
    old = "\n".join(f"Line {number} has a word and another word." for number in range(20_000))
    new = old.replace("Line 777 ", "Line seven ")
    changed = [hunk for hunk in diff(old, new).hunks if not hunk.is_equal]
    assert len(changed) == 1
    rewritten = "a b " * 100_000
    assert diff(rewritten, rewritten[::-1]).hunks
