"""The figures of re-anchoring over the demo corpus."""

import re
from io import StringIO

import pytest
from django.core.management import call_command

from annotate.reanchoring.management.commands import evaluate_reanchoring as evaluate_reanchoring
from articles.text.anchor import Span
from articles.text.edits import Edit, Rewrite, other_spaces, rewritten
from articles.text.reanchor import Outcome, Reanchorer, Status


def test_nothing_lands_on_other_words_and_what_stands_is_carried() -> None:
    out = StringIO()
    call_command("evaluate_reanchoring", stdout=out)
    told = out.getvalue()
    found = re.search(r"\((\d+\.\d+)%\)\. (\d+) landed on other words", told)
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
        assert kind in told


def test_a_wrong_landing_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """A careless re-anchoring, which keeps the offsets, is found out."""

    def careless(self: Reanchorer, span: Span) -> Outcome:
        return Outcome(Status.EXACT, span, 1.0)

    monkeypatch.setattr(evaluate_reanchoring.Reanchorer, "reanchor", careless)
    with pytest.raises(SystemExit) as stopped:
        call_command("evaluate_reanchoring", stdout=StringIO(), stderr=StringIO())
    assert stopped.value.code == 1


def test_an_edit_knows_where_words_went() -> None:
    text = "One two. Three four. Five."
    edit = rewritten("test", text, [Rewrite(Span(9, 20), "Four and three four.")])
    assert edit.new == "One two. Four and three four. Five."
    assert edit.places_of(Span(21, 25)) == [Span(30, 34)]
    assert edit.places_of(Span(15, 19)) == [Span(24, 28)]
    assert edit.places_of(Span(9, 14)) == []
    assert edit.places_of(Span(4, 14)) == []
    spaces = other_spaces("It rose by 12 % then. It fell.")
    assert spaces.new == "It rose by 12\u00a0% then.  It fell."
    assert spaces.places_of(Span(11, 15)) == [Span(11, 15)]
    assert spaces.places_of(Span(16, 24)) == [Span(16, 25)]
    swapped = Edit("test", "ab", (Span(1, 2), Span(0, 1)))
    assert swapped.places_of(Span(0, 1)) == [Span(1, 2)]
    assert swapped.places_of(Span(0, 2)) == []
