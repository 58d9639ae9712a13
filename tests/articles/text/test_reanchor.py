"""Find the passages of one version of a text in the next one."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.text import diff as diff_module
from articles.text.anchor import Span
from articles.text.normalise import normalise
from articles.text.reanchor import Outcome, Reanchorer, Status, get_worst_status
from articles.text.sentences import find_sentences
from articles.text.tokens import TokenizedText
from tests.articles.text.test_anchor import spans_of_texts
from tests.articles.text.test_diff import SOME_TEXT

OLD = (
    "The ministry said on Monday that exports rose by 12 % in March.\n"
    "Exports to Chile\n"
    "“We expect more 🚢 than ever,” the port authority of Valparaíso wrote on Monday. "
    "The ministry did not name a source.\n"
    "Chile has had no comparable month since the measuring of exports began in 1991."
)


def find(quote: str, old: str = OLD, nth: int = 0) -> Span:
    return Span(*[match.span() for match in re.finditer(re.escape(quote), old)][nth])


def reanchor(old: str, new: str, spans: list[Span]) -> list[Outcome]:
    reanchorer = Reanchorer(old, new)
    return [reanchorer.reanchor(span) for span in spans]


def reanchor_quote(quote: str, new: str, *, old: str = OLD, nth: int = 0) -> Outcome:
    return reanchor(old, new, [find(quote, old, nth)])[0]


def text_at(new: str, span: Span | None) -> str:
    assert span is not None
    return new[span.start : span.end]


def keeps_tokens(old: str, new: str, span: Span, moved: int) -> bool:
    """Return whether the passage's tokens are still tokens, with no letters attached."""
    before, after = TokenizedText(old), TokenizedText(new)
    ends = before.align_start(span.start), before.align_end(span.end)
    return all(after.is_boundary(position + moved) for position in ends)


def strip_typography(text: str) -> str:
    """Return the text without quotation marks, hyphens, dashes and spaces."""
    return re.sub(r"[-‐‑‒–—―\s]|[\"'‘’‚‛‹›“”„‟«»]", "", text)


@given(spans_of_texts(), SOME_TEXT)
def test_certain_match_has_same_text_and_candidates_are_in_text(
    given_: tuple[str, Span], new: str
) -> None:
    old, span = given_
    (found,) = reanchor(old, new, [span])
    assert found.status.has_match == (found.span is not None)
    assert 0 <= found.score <= 1
    if found.span:
        quotes = old[span.start : span.end], text_at(new, found.span)
        if found.status == Status.TYPOGRAPHIC:
            assert strip_typography(quotes[0]) == strip_typography(quotes[1])
        else:
            assert quotes[0] == quotes[1]
    for candidate in found.candidates:
        assert 0 <= candidate.start < candidate.end <= len(new)
        assert 0 <= candidate.score <= 1
    assert bool(found.candidates) == (found.status in (Status.FUZZY, Status.AMBIGUOUS))


@given(spans_of_texts())
def test_unchanged_text_gives_exact_match(given_: tuple[str, Span]) -> None:
    text, span = given_
    assert reanchor(text, text, [span]) == [Outcome(Status.EXACT, span, 1.0)]


@given(spans_of_texts(), st.data())
def test_insertion_never_moves_passage_to_wrong_position(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    at = data.draw(st.sampled_from(TokenizedText(old).boundaries))
    assume(not span.start < at < span.end)
    inserted = data.draw(SOME_TEXT)
    new = old[:at] + inserted + old[at:]
    moved = len(inserted) if at <= span.start else 0
    assume(normalise(new) == new and keeps_tokens(old, new, span, moved))
    (found,) = reanchor(old, new, [span])
    assert found.span in (None, Span(span.start + moved, span.end + moved))


@given(spans_of_texts(), st.data())
def test_deletion_elsewhere_never_moves_passage_to_wrong_position(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    start, end = sorted(data.draw(st.sampled_from(TokenizedText(old).boundaries)) for _ in range(2))
    assume(end <= span.start or start >= span.end)
    new = old[:start] + old[end:]
    moved = start - end if end <= span.start else 0
    assume(normalise(new) == new and keeps_tokens(old, new, span, moved))
    (found,) = reanchor(old, new, [span])
    assert found.span in (None, Span(span.start + moved, span.end + moved))


@given(spans_of_texts(), st.data())
def test_deleted_passage_is_never_certain(given_: tuple[str, Span], data: st.DataObject) -> None:
    old, span = given_
    boundaries = TokenizedText(old).boundaries
    start = data.draw(st.sampled_from([place for place in boundaries if place <= span.start]))
    end = data.draw(st.sampled_from([place for place in boundaries if place >= span.end]))
    new = old[:start] + old[end:]
    assume(normalise(new) == new)
    assert not reanchor(old, new, [span])[0].status.is_certain


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
def test_distant_edit_gives_exact_match(before: str, inserted: str) -> None:
    old = normalise(f"{before}\n{OLD}")
    new = normalise(f"{before}{inserted}\n{OLD}")
    for quote in ("exports rose by 12 %", "🚢", "Valparaíso", "since the measuring"):
        assume(old.count(quote) == new.count(quote) == 1)
        found = reanchor_quote(quote, new, old=old)
        assert (found.status, found.span) == (Status.EXACT, find(quote, new))


def test_typo_fixed_in_other_sentence_gives_exact_match() -> None:
    new = OLD.replace("authority", "authorities").replace("1991", "1990")
    for quote in ("exports rose by 12 %", "Monday", "The ministry did not"):
        found = reanchor_quote(quote, new)
        assert (found.status, text_at(new, found.span)) == (Status.EXACT, quote)


@pytest.mark.parametrize(
    ("sentence", "changed", "quote"),
    [
        ("The mayor said it was safe.", "The mayor never said it was safe.", "it was safe"),
        ("Anna Weber said the bridge is safe.", "Jan Kuhn said the bridge is safe.", "is safe"),
        ("“We will go,” said the first envoy.", "“We will go,” denied the first envoy.", "go"),
        ("Rents in Berlin rose by 5 percent.", "Rents in Köln rose by 5 percent.", "5 percent"),
        ("気象庁は小さな地震と名づけた。", "気象庁は大きな地震と名付けた。", "地震"),
        ("قال الوزير إن السد آمن اليوم.", "قال الخبير إن السد آمن اليوم.", "السد آمن"),
        ("मंत्री ने कहा कि पुल सुरक्षित है।", "मंत्री ने नहीं कहा कि पुल सुरक्षित है।", "पुल सुरक्षित"),
    ],
)
def test_other_words_changed_in_sentence_give_context_changed(
    sentence: str, changed: str, quote: str
) -> None:
    old, new = (f"Nobody was hurt on Monday. {one} So it ends." for one in (sentence, changed))
    found = reanchor_quote(quote, new, old=old)
    assert (found.status, text_at(new, found.span)) == (Status.CONTEXT_CHANGED, quote)
    assert not found.status.is_certain
    assert reanchor_quote("was hurt", new, old=old).status == Status.EXACT


@pytest.mark.parametrize(
    ("old", "new", "quote"),
    [
        # Another sentence is as like the changed one.
        ("Ann won 5 seats.\nBea won 5 seats.", "Cleo won 5 seats.\nBea won 5 seats.", "5 seats"),
        # The name went to another sentence.
        ("Ann | 12 | 4 | 7\nBea | 7 | 9 | 3", "Bea | 12 | 4 | 7\nAnn | 7 | 9 | 3", "12 | 4"),
        # The words of the sentence changed places.
        ("Rents rose from 5 to 7 percent.", "Rents rose from 7 to 5 percent.", "5"),
        ("Ann won 5 seats and Bea won 5 seats.", "Bea won 5 seats and Ann won 5 seats.", "5 seats"),
        # Little of the sentence is left.
        ("Officials said that it was safe.", "No one can tell whether it was safe.", "it was safe"),
    ],
)
def test_changed_sentence_that_may_be_another_is_not_a_match(
    old: str, new: str, quote: str
) -> None:
    assert reanchor_quote(quote, new, old=old).span is None


@pytest.mark.parametrize(
    ("old", "quote"),
    [
        ("Rents in Ulm rose by 5 percent. Rents in Bonn rose by 5 percent.", "rose by"),
        ("- First of all demands\n- Second of all demands", "all demands"),
        ("قال وزير مصر إنه آمن. قال وزير السودان إنه آمن.", "إنه آمن"),
        ("田中さんは大阪へ行く。鈴木さんは大阪へ行く。", "大阪へ"),
        ("राम ने कहा कि यह सही है। श्याम ने कहा कि यह सही है।", "सही"),
        ("Ulm | 5 seats | 7 votes\nBonn | 5 seats | 7 votes", "5 seats"),
        ("Ист сказал, что это верно. Вест сказал, что это верно.", "верно"),
    ],
)
def test_like_sentences_that_swap_keep_their_passages(old: str, quote: str) -> None:
    sentences = [old[span.start : span.end] for span in find_sentences(old)]
    sentences = [sentence for sentence in sentences if quote in sentence]
    separator = "\n" if "\n" in old else " " if " " in old else ""
    new = separator.join(reversed(sentences))
    for nth, sentence in enumerate(sentences):
        found = reanchor_quote(quote, new, old=old, nth=nth)
        assert found.span
        assert found.span.start == new.index(sentence) + sentence.index(quote)


def test_sentence_in_several_places_follows_its_neighbours_or_is_ambiguous() -> None:
    old = "Team A of the north\nIt won no seats.\nTeam B of the south\nIt won no seats.\nThe end."
    lines = old.split("\n")
    new = "\n".join(["A new first line.", *lines])
    for nth in (0, 1):
        found = reanchor_quote("no seats", new, old=old, nth=nth)
        assert found.span == find("no seats", new, nth)
    swapped = "\n".join([*lines[2:4], *lines[:2], lines[4]])
    for nth in (0, 1):
        assert reanchor_quote("no seats", swapped, old=old, nth=nth).status == Status.AMBIGUOUS


NAMES = ("Ulm", "Bonn", "Köln", "القاهرة", "大阪", "Ист-Сити")
TEMPLATES = (
    ("Rents in {} rose by 5 percent.", " "),
    ("{} | 5 seats | 12 votes", "\n"),
    ("قال وزير {} إن الإيجارات ارتفعت بنسبة 5 في المئة.", " "),
    ("{}の家賃は5%上がった。", ""),
    ("{} में किराया 5 प्रतिशत बढ़ा।", " "),
)


@given(
    st.sampled_from(TEMPLATES),
    st.lists(st.sampled_from(NAMES), min_size=2, max_size=6),
    st.lists(st.sampled_from(NAMES), max_size=6),
    st.booleans(),
)
def test_passage_in_like_sentences_never_moves_to_other_sentence(
    template: tuple[str, str], old_names: list[str], new_names: list[str], has_rest: bool
) -> None:
    sentence, separator = template
    rest = "\nNobody was pleased with any of it." if has_rest else ""
    old, new = (
        separator.join(sentence.format(name) for name in names) + rest
        for names in (old_names, new_names)
    )
    reanchorer = Reanchorer(old, new)
    for quote in (sentence.partition("{}")[2].strip()[:4], "5"):
        for nth, name in enumerate(old_names):
            span = find(quote, old, nth)
            found = reanchorer.reanchor(span)
            if found.span and old != new:
                reached = len(re.findall(re.escape(quote), new[: found.span.start]))
                assert new_names[reached] == name
                assert found.status != Status.CONTEXT_CHANGED


def test_cell_on_its_own_line_needs_its_neighbours() -> None:
    old = "Ulm\n12\nBonn\n7\nThese are all seats."
    assert reanchor_quote("12", "Ulm\n7\nBonn\n12\nThese are all seats.", old=old).span is None
    found = reanchor_quote("12", f"Seats won:\n{old}", old=old)
    assert found.status == Status.EXACT


@pytest.mark.parametrize(
    ("old", "new", "quote", "proposed"),
    [
        ("The board has 14 members now.", "The board has 15 members now.", "14", "15"),
        ("The NATO summit began today.", "The Nato summit began today.", "NATO", "Nato"),
        ("Prices rose in May this year.", "Prices rose in July this year.", "May", "July"),
        ("الاجتماع يوم 5 من مارس المقبل", "الاجتماع يوم 9 من مارس المقبل", "5", "9"),
        ("会議は5月に東京で開かれる。", "会議は6月に東京で開かれる。", "5", "6"),
        ("It cost € 9 for all of them.", "It cost $ 9 for all of them.", "€", "$"),
    ],
)
def test_short_passage_that_changed_is_proposed_where_the_diff_has_it(
    old: str, new: str, quote: str, proposed: str
) -> None:
    found = reanchor_quote(quote, new, old=old)
    assert (found.status, found.span) == (Status.FUZZY, None)
    assert text_at(new, found.candidates[0]) == proposed


def test_changed_words_in_passage_give_fuzzy_match() -> None:
    new = OLD.replace("12 %", "10.5 %")
    found = reanchor_quote("exports rose by 12 % in March", new)
    assert found.status == Status.FUZZY
    assert found.span is None
    assert text_at(new, found.candidates[0]) == "exports rose by 10.5 % in March"
    assert 0.8 < found.score < 1


def test_figure_does_not_match_within_another_figure() -> None:
    assert reanchor_quote("12", OLD.replace("12 %", "12.5 %")).status == Status.FUZZY
    assert reanchor_quote("12", OLD.replace("12 %", "120 %")).status == Status.FUZZY
    assert reanchor_quote("Chile", OLD.replace("Chile", "Chilean")).status == Status.FUZZY


def test_moved_paragraph_gives_moved_match() -> None:
    first, *rest = OLD.split("\n")
    new = "\n".join([*rest, first])
    found = reanchor_quote("exports rose by 12 %", new)
    assert (found.status, text_at(new, found.span)) == (Status.MOVED, "exports rose by 12 %")
    assert reanchor_quote("Valparaíso", new).status == Status.EXACT


def test_deleted_name_does_not_match_same_name_elsewhere() -> None:
    lines = OLD.split("\n")
    new = "\n".join(lines[:-1])
    assert reanchor_quote("Chile", new, nth=1).status == Status.ORPHAN
    assert reanchor_quote("Chile", new, nth=0).status == Status.EXACT


def test_correction_quoting_old_text_is_not_certain_match() -> None:
    corrected = OLD.replace("rose by 12 %", "rose by 10 %")
    new = (
        f"{corrected}\nCorrection: we first wrote that exports rose by 12 % in March. They did not."
    )
    found = reanchor_quote("exports rose by 12 %", new)
    assert not found.status.is_certain
    # Candidates are the quote in the correction, and the corrected text.
    assert [text_at(new, candidate) for candidate in found.candidates] == [
        "exports rose by 10 %",
        "exports rose by 12 %",
    ]


def test_deleting_one_of_two_equal_paragraphs_is_ambiguous() -> None:
    twice = f"{OLD}\nRead more about Chile.\nRead more about Chile."
    once = f"{OLD}\nRead more about Chile."
    for nth in (-1, -2):
        found = reanchor_quote("about Chile", once, old=twice, nth=nth)
        assert found.status == Status.AMBIGUOUS
        assert [text_at(once, c) for c in found.candidates] == ["about Chile"]


def test_changed_quotation_marks_give_exact_or_typographic_match() -> None:
    old = OLD.translate(str.maketrans("“”", '""'))
    assert reanchor_quote("We expect more 🚢 than ever", OLD, old=old).status == Status.EXACT
    found = reanchor_quote('"We expect more 🚢 than ever,"', OLD, old=old)
    assert (found.status, found.score) == (Status.TYPOGRAPHIC, 1.0)
    assert text_at(OLD, found.span) == "“We expect more 🚢 than ever,”"


@pytest.mark.parametrize(
    ("quote", "set_", "status"),
    [
        ("rose by 12 % in March", "rose  by 12\u202f% in\u00a0March", Status.TYPOGRAPHIC),
        ("rose by 12 % in March", "rose by 13\u202f% in March", Status.FUZZY),
        ("rose by 12 % in March", "rose\nby 12 % in March", Status.FUZZY),
    ],
)
def test_changed_spaces_give_typographic_match_but_line_break_is_fuzzy(
    quote: str, set_: str, status: Status
) -> None:
    new = OLD.replace(quote, set_)
    found = reanchor_quote(quote, new)
    assert found.status == status
    if found.span:
        assert text_at(new, found.span) == set_


def test_part_of_figure_with_space_is_not_certain_match() -> None:
    old = OLD.replace("12 %", "1\u00a0000 t")
    assert not reanchor_quote(
        "000 t", old.replace("1\u00a0000", "5 000"), old=old
    ).status.is_certain
    new = OLD.replace("12 %", "5\u00a01\u00a0000 t")
    assert not reanchor_quote("1 000 t", new, old=OLD.replace("12 %", "1 000 t")).status.is_certain


def test_typographic_quote_in_correction_is_not_certain_match() -> None:
    old = OLD.translate(str.maketrans("“”", '""'))
    quote = "“We expect more 🚢 than ever,”"
    new = f"We quoted {quote} here.\n{OLD.replace(quote, '“We feared less than ever,”')}"
    assert not reanchor_quote('"We expect more 🚢 than ever,"', new, old=old).status.is_certain


@given(spans_of_texts(), st.data())
def test_typography_change_never_moves_passage_to_wrong_position(
    given_: tuple[str, Span], data: st.DataObject
) -> None:
    old, span = given_
    # One sign replaces one, so offsets do not change.
    signs = {'"': "“", "'": "’", " ": "\u00a0", "-": "‑"}
    new = "".join(
        signs[sign] if sign in signs and data.draw(st.booleans()) else sign for sign in old
    )
    (found,) = reanchor(old, new, [span])
    if found.span:
        assert found.span == span


def test_nfd_input_gives_exact_match() -> None:
    new = normalise(unicodedata.normalize("NFD", OLD))
    assert reanchor_quote("Valparaíso", new) == Outcome(Status.EXACT, find("Valparaíso"), 1.0)


@pytest.mark.parametrize(
    ("old", "new", "quote"),
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
def test_japanese_and_arabic_match_in_changed_sentence(old: str, new: str, quote: str) -> None:
    found = reanchor_quote(quote, new, old=old)
    assert (found.status, text_at(new, found.span)) == (Status.CONTEXT_CHANGED, quote)


def test_worst_status_is_least_certain() -> None:
    exact, orphan = Outcome(Status.EXACT, Span(0, 1), 1.0), Outcome(Status.ORPHAN)
    assert get_worst_status([exact, orphan, exact]) == Status.ORPHAN
    assert get_worst_status([]) == Status.EXACT


def test_span_outside_old_text_raises_value_error() -> None:
    with pytest.raises(ValueError, match="not in the old text"):
        reanchor("short", "shorter", [Span(2, 9)])


def test_frequent_word_is_reanchored_quickly() -> None:
    old = " ".join(f"the {number} and the {number + 1};" for number in range(3000))
    new = old.replace("the 1500 ", "the fifteen-hundredth ")
    spans = [Span(m.start(), m.end()) for m in re.finditer("the", old)][::50]
    for span, found in zip(spans, reanchor(old, new, spans), strict=True):
        changed = old.index("the 1500 ")
        moved = len(new) - len(old) if span.start > changed else 0
        # What follows this one is no longer the same.
        is_found = span.start != changed
        assert found.span == (Span(span.start + moved, span.end + moved) if is_found else None)


def test_text_too_long_to_compare_never_moves_passage_to_wrong_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diff_module, "_MAX_PAIRS", 10)
    old = " ".join(f"the {number} and the {number + 1};" for number in range(300))
    new = old.replace("the 50 ", "the fiftieth ").replace("the 250 ", "the last but fiftieth ")
    expected = {}
    for match in re.finditer(r"the (?=\d+ and)|and the", old):
        moved = sum(
            len(new_text) - len(old_text)
            for old_text, new_text in (
                ("the 50 ", "the fiftieth "),
                ("the 250 ", "the last but fiftieth "),
            )
            if old.index(old_text) < match.start()
        )
        expected[Span(match.start(), match.start() + 3)] = match.start() + moved
    for span, found in zip(expected, reanchor(old, new, expected), strict=True):
        assert found.span is None or found.span.start == expected[span]
