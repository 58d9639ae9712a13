"""Re-anchoring: where passages of one version stand in the next."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.text import diff as diff_module
from articles.text.anchor import Span
from articles.text.normalise import normalise
from articles.text.reanchor import Outcome, Status, reanchor, worst
from articles.text.words import Words
from tests.articles.text.test_anchor import spans_of_texts
from tests.articles.text.test_diff import SOME_TEXT

OLD = (
    "The ministry said on Monday that exports rose by 12 % in March.\n"
    "Exports to Chile\n"
    "“We expect more 🚢 than ever,” the port authority of Valparaíso wrote on Monday. "
    "The ministry did not name a source.\n"
    "Chile has had no comparable month since the measuring of exports began in 1991."
)


def find(words: str, old: str = OLD, nth: int = 0) -> Span:
    place = [match.span() for match in re.finditer(re.escape(words), old)][nth]
    return Span(*place)


def carried(words: str, new: str, *, old: str = OLD, nth: int = 0) -> Outcome:
    return reanchor(old, new, [find(words, old, nth)])[0]


def words_at(new: str, span: Span | None) -> str:
    assert span is not None
    return new[span.start : span.end]


def keep_their_words(old: str, new: str, span: Span, moved: int) -> bool:
    """Whether no letters have grown onto the passage, which makes its words others."""
    before, after = Words(old), Words(new)
    words = before.border_before(span.start), before.border_after(span.end)
    return all(after.is_border(place + moved) for place in words)


def bare(words: str) -> str:
    """The words without the signs that typography may exchange, and without spaces."""
    return re.sub(r"[-‐‑‒–—―\s]|[\"'‘’‚‛‹›“”„‟«»]", "", words)


# --- What always holds -----------------------------------------------------------------------


@given(spans_of_texts(), SOME_TEXT)
def test_what_is_certain_quotes_the_same_words_and_all_places_are_in_the_text(
    given_: tuple[str, Span], new: str
) -> None:
    old, span = given_
    (found,) = reanchor(old, new, [span])
    assert found.status.is_certain == (found.span is not None)
    assert 0 <= found.score <= 1
    if found.span:
        words = old[span.start : span.end], words_at(new, found.span)
        if found.status == Status.TYPOGRAPHIC:
            assert bare(words[0]) == bare(words[1])
        else:
            assert words[0] == words[1]
    for candidate in found.candidates:
        assert 0 <= candidate.span.start < candidate.span.end <= len(new)
        assert 0 <= candidate.score <= 1
    assert bool(found.candidates) == (found.status in (Status.FUZZY, Status.AMBIGUOUS))


@given(spans_of_texts())
def test_in_the_same_text_everything_is_exact(given_: tuple[str, Span]) -> None:
    text, span = given_
    assert reanchor(text, text, [span]) == [Outcome(Status.EXACT, span, 1.0)]


@given(spans_of_texts(), st.data())
def test_an_insertion_never_takes_a_passage_to_another_place(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    at = data.draw(st.sampled_from(Words(old).borders))
    assume(not span.start < at < span.end)
    inserted = data.draw(SOME_TEXT)
    new = old[:at] + inserted + old[at:]
    moved = len(inserted) if at <= span.start else 0
    assume(normalise(new) == new and keep_their_words(old, new, span, moved))
    (found,) = reanchor(old, new, [span])
    assert found.span in (None, Span(span.start + moved, span.end + moved))


@given(spans_of_texts(), st.data())
def test_a_deletion_elsewhere_never_takes_a_passage_to_another_place(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    start, end = sorted(data.draw(st.sampled_from(Words(old).borders)) for _ in range(2))
    assume(end <= span.start or start >= span.end)
    new = old[:start] + old[end:]
    moved = start - end if end <= span.start else 0
    assume(normalise(new) == new and keep_their_words(old, new, span, moved))
    (found,) = reanchor(old, new, [span])
    assert found.span in (None, Span(span.start + moved, span.end + moved))


@given(spans_of_texts(), st.data())
def test_a_deleted_passage_is_never_taken_for_certain(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    borders = Words(old).borders
    start = data.draw(st.sampled_from([place for place in borders if place <= span.start]))
    end = data.draw(st.sampled_from([place for place in borders if place >= span.end]))
    new = old[:start] + old[end:]
    assume(normalise(new) == new)
    assert not reanchor(old, new, [span])[0].status.is_certain


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
def test_a_far_edit_keeps_a_passage(before: str, inserted: str) -> None:
    old = normalise(f"{before}\n{OLD}")
    new = normalise(f"{before}{inserted}\n{OLD}")
    for words in ("exports rose by 12 %", "🚢", "Valparaíso", "since the measuring"):
        assume(old.count(words) == new.count(words) == 1)
        found = carried(words, new, old=old)
        assert (found.status, found.span) == (Status.EXACT, find(words, new))


# --- What a reader would expect --------------------------------------------------------------


def test_a_fixed_typo_elsewhere_changes_nothing() -> None:
    new = OLD.replace("authority", "authorities").replace("1991", "1990")
    for words in ("exports rose by 12 %", "Monday", "Valparaíso", "The ministry did not"):
        found = carried(words, new)
        assert (found.status, words_at(new, found.span)) == (Status.EXACT, words)


def test_words_inside_that_changed_are_for_a_person_to_look_at() -> None:
    new = OLD.replace("12 %", "10.5 %")
    found = carried("exports rose by 12 % in March", new)
    assert found.status == Status.FUZZY
    assert found.span is None
    assert words_at(new, found.candidates[0].span) == "exports rose by 10.5 % in March"
    assert 0.8 < found.score < 1


def test_a_figure_is_not_found_in_another_figure() -> None:
    assert carried("12", OLD.replace("12 %", "12.5 %")).status == Status.FUZZY
    assert carried("12", OLD.replace("12 %", "120 %")).status == Status.FUZZY
    assert carried("Chile", OLD.replace("Chile", "Chilean")).status == Status.FUZZY


def test_a_paragraph_that_moved_takes_its_passages_along() -> None:
    first, *rest = OLD.split("\n")
    new = "\n".join([*rest, first])
    found = carried("exports rose by 12 %", new)
    assert (found.status, words_at(new, found.span)) == (Status.MOVED, "exports rose by 12 %")
    assert carried("Valparaíso", new).status == Status.EXACT


def test_a_name_that_stands_elsewhere_does_not_stand_in_for_one_that_is_gone() -> None:
    lines = OLD.split("\n")
    new = "\n".join(lines[:-1])
    assert carried("Chile", new, nth=1).status == Status.ORPHAN
    assert carried("Chile", new, nth=0).status == Status.EXACT


def test_a_correction_that_quotes_what_it_corrects_does_not_get_its_annotations() -> None:
    corrected = OLD.replace("rose by 12 %", "rose by 10 %")
    new = (
        f"{corrected}\nCorrection: we first wrote that exports rose by 12 % in March. They did not."
    )
    found = carried("exports rose by 12 %", new)
    assert not found.status.is_certain
    # Both are offered: the words in the correction, and what stands in their place.
    assert [words_at(new, candidate.span) for candidate in found.candidates] == [
        "exports rose by 10 %",
        "exports rose by 12 %",
    ]


def test_which_of_two_like_paragraphs_went_is_for_a_person_to_say() -> None:
    twice = f"{OLD}\nRead more about Chile.\nRead more about Chile."
    once = f"{OLD}\nRead more about Chile."
    for nth in (-1, -2):
        found = carried("about Chile", once, old=twice, nth=nth)
        assert found.status == Status.AMBIGUOUS
        assert [words_at(once, c.span) for c in found.candidates] == ["about Chile"]


def test_typographic_quotes_do_not_matter_around_it_and_within_it() -> None:
    old = OLD.translate(str.maketrans("“”", '""'))
    assert carried("We expect more 🚢 than ever", OLD, old=old).status == Status.EXACT
    found = carried('"We expect more 🚢 than ever,"', OLD, old=old)
    assert (found.status, found.score) == (Status.TYPOGRAPHIC, 1.0)
    assert words_at(OLD, found.span) == "“We expect more 🚢 than ever,”"


@pytest.mark.parametrize(
    ("words", "set_", "status"),
    [
        ("rose by 12 % in March", "rose  by 12\u202f% in\u00a0March", Status.TYPOGRAPHIC),
        ("rose by 12 % in March", "rose by 13\u202f% in March", Status.FUZZY),
        ("rose by 12 % in March", "rose\nby 12 % in March", Status.FUZZY),
    ],
)
def test_other_spaces_are_no_other_words(words: str, set_: str, status: Status) -> None:
    new = OLD.replace(words, set_)
    found = carried(words, new)
    assert found.status == status
    if found.span:
        assert words_at(new, found.span) == set_


def test_a_part_of_a_figure_is_no_figure_whatever_its_spaces() -> None:
    old = OLD.replace("12 %", "1\u00a0000 t")
    assert not carried("000 t", old.replace("1\u00a0000", "5 000"), old=old).status.is_certain
    new = OLD.replace("12 %", "5\u00a01\u00a0000 t")
    assert not carried("1 000 t", new, old=OLD.replace("12 %", "1 000 t")).status.is_certain


def test_a_quote_that_stands_in_a_correction_too_is_for_a_person() -> None:
    old = OLD.translate(str.maketrans("“”", '""'))
    quote = "“We expect more 🚢 than ever,”"
    new = f"We quoted {quote} here.\n{OLD.replace(quote, '“We feared less than ever,”')}"
    assert not carried('"We expect more 🚢 than ever,"', new, old=old).status.is_certain


@given(spans_of_texts(), st.data())
def test_setting_a_text_anew_takes_no_passage_to_another_place(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    # One sign for one, so that each place stays what it was.
    signs = {'"': "“", "'": "’", " ": "\u00a0", "-": "‑"}
    new = "".join(
        signs[sign] if sign in signs and data.draw(st.booleans()) else sign for sign in old
    )
    (found,) = reanchor(old, new, [span])
    if found.span:
        assert found.span == span


def test_another_unicode_form_changes_nothing() -> None:
    new = normalise(unicodedata.normalize("NFD", OLD))
    assert carried("Valparaíso", new) == Outcome(Status.EXACT, find("Valparaíso"), 1.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "気象庁は地震と名づけた。総務省は調べた。石川県は呼びかけた。",
            "気象庁は大きな地震と名付けた。総務省は詳しく調べた。石川県は呼びかけた。",
            "総務省",
        ),
        (
            "وقعت الدول الثلاث إعلان المبادئ في الخرطوم في مارس.",
            "وقعت الدول الثلاث يوم الاثنين إعلان المبادئ في الخرطوم في مارس 2015.",
            "إعلان المبادئ",
        ),
    ],
)
def test_any_script_will_do(old: str, new: str, words: str) -> None:
    found = carried(words, new, old=old)
    assert (found.status, words_at(new, found.span)) == (Status.EXACT, words)


def test_the_least_sure_passage_counts_for_the_annotation() -> None:
    exact, lost = Outcome(Status.EXACT, Span(0, 1), 1.0), Outcome(Status.ORPHAN)
    assert worst([exact, lost, exact]) == Status.ORPHAN
    assert worst([]) == Status.EXACT


def test_a_passage_outside_the_text_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in the old text"):
        reanchor("short", "shorter", [Span(2, 9)])


def test_a_word_that_stands_everywhere_is_decided_in_good_time() -> None:
    old = " ".join(f"the {number} and the {number + 1};" for number in range(3000))
    new = old.replace("the 1500 ", "the fifteen-hundredth ")
    spans = [Span(m.start(), m.end()) for m in re.finditer("the", old)][::50]
    for span, found in zip(spans, reanchor(old, new, spans), strict=True):
        moved = len(new) - len(old) if span.start > old.index("the 1500 ") else 0
        assert found.span == Span(span.start + moved, span.end + moved)


def test_what_is_too_much_to_compare_lands_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_module, "_MOST_PAIRS", 10)
    old = " ".join(f"the {number} and the {number + 1};" for number in range(300))
    new = old.replace("the 50 ", "the fiftieth ").replace("the 250 ", "the last but fiftieth ")
    right = {}
    for match in re.finditer(r"the (?=\d+ and)|and the", old):
        moved = sum(
            len(new_words) - len(old_words)
            for old_words, new_words in (
                ("the 50 ", "the fiftieth "),
                ("the 250 ", "the last but fiftieth "),
            )
            if old.index(old_words) < match.start()
        )
        right[Span(match.start(), match.start() + 3)] = match.start() + moved
    for span, found in zip(right, reanchor(old, new, right), strict=True):
        assert found.span is None or found.span.start == right[span]
