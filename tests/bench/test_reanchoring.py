"""Evaluate re-anchoring on generated edits of the demo corpus."""

import re

import pytest

from articles.text.anchor import Span
from articles.text.reanchor import Outcome, Reanchorer, Status
from tests.bench import reanchoring
from tests.bench.edits import Edit, Rewrite, build_like_items, change_spaces, rewrite

LIKE = "The council of Rostock met on Monday evening. Others stayed: Bremen, Berlin, Ahrensburg,\n"
LIKE += "Hamburg, Dresden, Leipzig."


def test_evaluation_reanchors_98_percent_and_none_wrong(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reanchoring.main([])
    output = capsys.readouterr().out
    found = re.search(r"\((\d+\.\d+)%\)\. (\d+) moved to other text", output)
    assert found
    assert float(found[1]) >= 98
    assert found[2] == "0"
    for kind in (
        "paraphrased",
        "moved",
        "fixed typo",
        "deleted",
        "correction",
        "quotes",
        "spaces",
        "NFD",
        "exchanged words",
        "sentences reordered",
        "lines replaced",
        "list items reordered",
        "rows, names exchanged",
    ):
        assert kind in output


def test_evaluation_fails_if_like_sentences_take_passages_of_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_by_diff = Reanchorer._get_expected
    monkeypatch.setattr(
        Reanchorer, "_find_in_same_sentence", lambda self, span, _: find_by_diff(self, span)
    )
    with pytest.raises(SystemExit) as stopped:
        reanchoring.main([])
    assert stopped.value.code == 1


def test_kept_item_is_target_and_changed_item_is_none() -> None:
    (like,) = [one for one in build_like_items(LIKE) if one.kind == "lines"]
    assert like.text.startswith(f"{LIKE}\n")
    assert len({like.text[item.start : item.end] for item in like.items}) == 5
    for edit in like.iter_edits():
        for item in like.items:
            sentence = edit.old[item.start : item.end]
            targets = edit.find_targets(Span(item.start, item.start + 3))
            assert [edit.new[one.start :].startswith(sentence) for one in targets] == [
                True for _ in range(edit.new.count(sentence))
            ]


def test_evaluation_fails_if_annotation_moves_to_other_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keep_offsets(self: Reanchorer, span: Span) -> Outcome:
        return Outcome(Status.EXACT, span, 1.0)

    monkeypatch.setattr(Reanchorer, "reanchor", keep_offsets)
    with pytest.raises(SystemExit) as stopped:
        reanchoring.main([])
    assert stopped.value.code == 1


def test_edit_finds_targets_of_passages() -> None:
    text = "One two. Three four. Five."
    edit = rewrite("test", text, [Rewrite(Span(9, 20), "Four and three four.")])
    assert edit.new == "One two. Four and three four. Five."
    assert edit.find_targets(Span(21, 25)) == [Span(30, 34)]
    assert edit.find_targets(Span(15, 19)) == [Span(24, 28)]
    assert edit.find_targets(Span(9, 14)) == []
    assert edit.find_targets(Span(4, 14)) == []
    spaces = change_spaces("It rose by 12 % then. It fell.")
    assert spaces.new == "It rose by 12\u00a0% then.  It fell."
    assert spaces.find_targets(Span(11, 15)) == [Span(11, 15)]
    assert spaces.find_targets(Span(16, 24)) == [Span(16, 25)]
    swapped = Edit("test", "ab", (Span(1, 2), Span(0, 1)))
    assert swapped.find_targets(Span(0, 1)) == [Span(1, 2)]
    assert swapped.find_targets(Span(0, 2)) == []
