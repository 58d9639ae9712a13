"""Evaluate re-anchoring on generated edits of the demo corpus."""

import re

import pytest

from articles.text.anchor import Span
from articles.text.reanchor import Outcome, Reanchorer, Status
from tests.bench import reanchoring
from tests.bench.edits import Edit, Rewrite, change_spaces, rewrite


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
    ):
        assert kind in output


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
