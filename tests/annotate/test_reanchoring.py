"""Reanchoring annotations to a new version of their article."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from annotate import services as writes
from annotate.drafts import ClaimDraft, NoteDraft, SourceLinkDraft
from annotate.models import Action, Annotation, Change, Kind, State
from annotate.projects.models import Project
from annotate.reanchoring import services as reanchoring
from annotate.reanchoring.models import Decision, Reanchoring
from articles.models import Article, ArticleVersion
from articles.services import add_version
from articles.text.anchor import Selector
from articles.text.reanchor import Status
from config.errors import InvalidInput, NotPermitted, StateConflict
from tests.conftest import TEXT

CORRECTED = "Corrected on Tuesday.\n" + TEXT.replace(
    "rose by 12 % in March", "rose by 10.5 % in March"
)


@pytest.fixture
def corrected(article: Article, version: ArticleVersion) -> Callable[..., ArticleVersion]:
    """Give the article another text."""

    def correct(text: str = CORRECTED) -> ArticleVersion:
        new = add_version(article, text)
        article.refresh_from_db()
        return new

    return correct


def the(annotation: Annotation) -> Reanchoring:
    """What became of an annotation, the latest."""
    found = (
        Reanchoring.objects.filter(annotation=annotation).order_by("target_version__number").last()
    )
    assert found
    return found


def on(version: ArticleVersion) -> list[dict[str, Any]]:
    """What stands on a version."""
    found = Annotation.objects.filter(version=version).for_reading().in_text_order()
    return [annotation.record() for annotation in found]


def test_the_same_words_are_carried_by_the_same_author(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.ENTITY_TAG)
    before = old.record()
    new_version = corrected()
    report = reanchoring.reanchor_annotations(new_version)
    assert (report.reanchored, report.pending, report.dependents) == (1, 0, 0)
    (record,) = on(new_version)
    assert record["spans"][0]["exact"] == "Chile"
    assert record["spans"][0]["start"] == new_version.text.index("Chile")
    assert record["reanchored_from"] == before["id"]
    kept = ("kind", "project", "article", "author", "type", "entity", "certainty", "state")
    assert [record[name] for name in kept] == [before[name] for name in kept]
    # The old one stays on its version for good.
    assert Annotation.objects.for_reading().get(pk=old.pk).record() == before
    change = Change.objects.get(annotation__reanchored_from=old)
    assert (change.action, change.actor, change.before) == (Action.REANCHOR, annotator, None)
    assert change.after == record
    row = the(old)
    assert (row.status, row.decision, row.decided_by) == (
        Status.EXACT,
        Decision.AUTO_ACCEPTED,
        None,
    )


def test_other_words_wait_for_a_person(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    assert reanchoring.reanchor_annotations(new_version).pending == 1
    assert on(new_version) == []
    row = the(old)
    assert (row.status, row.decision) == (Status.FUZZY, Decision.PENDING)
    carried = reanchoring.accept(row, actor=annotator)
    assert [span.exact for span in carried.spans.all()] == ["exports rose by 10.5 %"]
    assert carried.content.text == old.content.text  # type: ignore[union-attr]
    row.refresh_from_db()
    assert (row.decision, row.decided_by, row.new_annotation) == (
        Decision.ACCEPTED,
        annotator,
        Annotation.objects.get(pk=carried.pk),
    )
    assert Change.objects.get(annotation=carried).actor == annotator
    with pytest.raises(StateConflict, match="already decided"):
        reanchoring.reject(row, actor=annotator)


def test_the_same_words_in_another_typography_are_carried_and_that_is_said(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected(TEXT.replace("by 12 %", "by  12\u00a0%"))
    assert reanchoring.reanchor_annotations(new_version).reanchored == 1
    row = the(old)
    assert (row.status, row.decision) == (Status.TYPOGRAPHIC, Decision.AUTO_ACCEPTED)
    (record,) = on(new_version)
    assert record["spans"][0]["exact"] == "exports rose by  12\u00a0%"
    change = Change.objects.get(annotation__reanchored_from=old)
    assert change.reanchoring
    assert change.reanchoring["status"] == "typographic"


def test_a_person_selects_another_place(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    reanchoring.reanchor_annotations(corrected())
    with pytest.raises(InvalidInput):
        reanchoring.accept(the(old), actor=annotator, spans=[Selector(exact="not there")])
    assert the(old).is_pending
    chosen = [Selector(exact="exports rose by 10.5 % in March")]
    carried = reanchoring.accept(the(old), actor=annotator, spans=chosen)
    assert carried.words() == "exports rose by 10.5 % in March"
    assert the(old).decision == Decision.CORRECTED


def test_what_is_dropped_is_not_carried_and_can_be_taken_up_again(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    reanchoring.reanchor_annotations(new_version)
    reanchoring.reject(the(old), actor=annotator)
    reanchoring.reanchor_annotations(new_version)
    assert (the(old).decision, on(new_version)) == (Decision.REJECTED, [])
    # Nor to a later version, where the words may stand again.
    later = corrected(TEXT + "\nA last line.")
    reanchoring.reanchor_annotations(later)
    assert (the(old).target_version, on(later)) == (new_version, [])
    reanchoring.reopen(the(old), actor=annotator)
    assert the(old).is_pending
    with pytest.raises(StateConflict):
        reanchoring.reopen(the(old), actor=annotator)


def test_what_is_gone_is_lost_until_a_person_finds_it(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected(
        "“We expect more 🚢 than ever,” the port authority of Valparaíso wrote."
    )
    reanchoring.reanchor_annotations(new_version)
    assert the(old).status == Status.ORPHAN
    with pytest.raises(InvalidInput, match="Select the passage"):
        reanchoring.accept(the(old), actor=annotator)
    carried = reanchoring.accept(the(old), actor=annotator, spans=[Selector(exact="more 🚢")])
    assert carried.words() == "more 🚢"


def test_doing_it_again_doubles_nothing(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    for kind in Kind:
        annotate(annotator, kind)
    new_version = corrected()
    first = reanchoring.reanchor_annotations(new_version)
    changes = Change.objects.count()
    second = reanchoring.reanchor_annotations(new_version)
    assert (first.reanchored, first.pending) == (1, 3)
    assert (second.reanchored, second.pending) == (0, 3)
    assert Change.objects.count() == changes
    assert Reanchoring.objects.count() == 4


def test_stopped_in_the_middle_the_rest_is_done_later(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    for words in ("Chile", "Valparaíso", "The ministry said"):
        annotate(annotator, NoteDraft(spans=(Selector(exact=words),), body="?"))
    new_version = corrected()

    def stop(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reanchoring.reanchor_annotations(new_version, on_progress=stop)
    assert len(on(new_version)) == 2
    assert reanchoring.reanchor_annotations(new_version).reanchored == 1
    found = [record["spans"][0]["exact"] for record in on(new_version)]
    assert found == ["The ministry said", "Chile", "Valparaíso"]


def test_sources_and_notes_follow_what_they_are_about(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    source: Any,
    corrected: Callable[..., ArticleVersion],
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    link = annotate(
        other_annotator, SourceLinkDraft(claim=claim.content, source=source, stance="supports")
    )
    annotate(annotator, NoteDraft(target=link, body="Is it the same month?"))
    tag = annotate(annotator, Kind.ENTITY_TAG)
    annotate(other_annotator, NoteDraft(target=tag, body="The country."))
    new_version = corrected()
    report = reanchoring.reanchor_annotations(new_version)
    assert (report.reanchored, report.pending, report.dependents) == (2, 1, 2)
    carried_claim = reanchoring.accept(the(claim), actor=annotator)
    records = {record["reanchored_from"]: record for record in on(new_version)}
    assert len(records) == 5
    carried_link = records[str(link.public_id)]
    assert carried_link["claim"] == str(carried_claim.public_id)
    assert carried_link["author"] == "other-annotator"
    (note,) = (r for r in records.values() if r["kind"] == "note" and "month" in r["body"])
    assert note["target"] == carried_link["id"]
    assert reanchoring.reanchor_annotations(new_version).dependents == 0


def test_what_is_about_something_dropped_stays_with_it(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    annotate(annotator, NoteDraft(target=claim, body="Is it?"))
    new_version = corrected()
    reanchoring.reanchor_annotations(new_version)
    reanchoring.reject(the(claim), actor=annotator)
    assert reanchoring.reanchor_annotations(new_version).dependents == 1
    assert on(new_version) == []


def test_retracted_ones_stay_behind(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    gone = annotate(annotator, Kind.ENTITY_TAG)
    writes.retract(gone, seen_revision=1, actor=annotator)
    waiting = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    assert reanchoring.reanchor_annotations(new_version).reanchored == 0
    writes.retract(waiting, seen_revision=1, actor=annotator)
    assert not Reanchoring.objects.pending().exists()
    with pytest.raises(StateConflict, match="retracted"):
        reanchoring.accept(the(waiting), actor=annotator)
    with pytest.raises(StateConflict, match="retracted"):
        reanchoring.create_reanchored(gone, [Selector(exact="Chile")], version=new_version)


def test_only_the_author_or_a_manager_decides(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    manager: User,
    corrected: Callable[..., ArticleVersion],
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    reanchoring.reanchor_annotations(corrected())
    for act in (reanchoring.accept, reanchoring.reject, reanchoring.reopen):
        with pytest.raises(NotPermitted):
            act(the(old), actor=other_annotator)
    carried = reanchoring.accept(the(old), actor=manager)
    assert carried.author == annotator
    assert Change.objects.get(annotation=carried).actor == manager


def test_blind_means_blind_for_what_waits(
    annotate: Callable[..., Annotation],
    project: Project,
    annotator: User,
    other_annotator: User,
    manager: User,
    corrected: Callable[..., ArticleVersion],
) -> None:
    project.is_blind = True
    project.save()
    mine, theirs = annotate(annotator, Kind.CLAIM), annotate(other_annotator, Kind.CLAIM)
    reanchoring.reanchor_annotations(corrected())
    for user, seen in ((annotator, {mine.pk}), (other_annotator, {theirs.pk})):
        for found in (
            Reanchoring.objects.visible_to(user),
            Reanchoring.objects.decidable_by(user),
        ):
            assert {row.annotation_id for row in found} == seen
    assert Reanchoring.objects.visible_to(manager).count() == 2


def test_a_change_in_the_meantime_is_looked_at_anew(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    reanchoring.reanchor_annotations(new_version)
    draft = ClaimDraft(spans=(Selector(exact="exports"),), text="Exports rose.")
    writes.revise(old, draft, seen_revision=1, actor=annotator)
    assert reanchoring.reanchor_annotations(new_version).reanchored == 1
    (record,) = on(new_version)
    assert (record["text"], record["spans"][0]["exact"]) == ("Exports rose.", "exports")


def test_a_third_version_takes_over_what_still_waits(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    waiting, certain = annotate(annotator, Kind.CLAIM), annotate(annotator, Kind.ENTITY_TAG)
    second = corrected()
    reanchoring.reanchor_annotations(second)
    third = corrected(CORRECTED.replace("10.5 %", "12 %"))
    report = reanchoring.reanchor_annotations(third)
    assert report.reanchored == 2
    from_first = Annotation.objects.get(reanchored_from=waiting)
    assert from_first.version == third
    from_second = Annotation.objects.get(version=third, reanchored_from__reanchored_from=certain)
    assert from_second.kind == Kind.ENTITY_TAG
    rows = Reanchoring.objects.filter(annotation=waiting).order_by("target_version__number")
    assert [row.decision for row in rows] == [Decision.SUPERSEDED, Decision.AUTO_ACCEPTED]


def test_nothing_is_carried_to_a_first_version(
    annotate: Callable[..., Annotation], annotator: User, version: ArticleVersion
) -> None:
    annotate(annotator, Kind.CLAIM)
    report = reanchoring.reanchor_annotations(version)
    assert (report.reanchored, report.pending, report.dependents) == (0, 0, 0)


def test_two_passages_count_as_the_less_sure_one(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    spans = (Selector(exact="exports rose by 12 %"), Selector(exact="Valparaíso"))
    old = annotate(annotator, ClaimDraft(spans=spans, text="Both."))
    reanchoring.reanchor_annotations(corrected())
    row = the(old)
    assert row.status == Status.FUZZY
    assert [outcome.status for outcome in row.outcomes()] == [Status.FUZZY, Status.EXACT]
    assert reanchoring.accept(row, actor=annotator).words() == "exports rose by 10.5 % … Valparaíso"


@pytest.mark.parametrize("change", ["author", "version", "kind"])
def test_the_database_refuses_a_false_origin(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    version: ArticleVersion,
    corrected: Callable[..., ArticleVersion],
    change: str,
) -> None:
    old = annotate(annotator, Kind.NOTE)
    made = {
        "kind": Kind.NOTE,
        "project": old.project,
        "author": annotator,
        "version": corrected(),
        "reanchored_from": Annotation.objects.get(pk=old.pk),
        "created_at": old.created_at,
        "updated_at": old.updated_at,
        "document": '"state":"active","revision":1,',
    }
    false = {"author": other_annotator, "version": version, "kind": Kind.CLAIM}
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation(**{**made, change: false[change]}).save()
    right = Annotation(**made)
    right.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation.objects.filter(pk=right.pk).update(reanchored_from=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation(**made).save()


def test_only_what_is_certain_is_carried_without_a_person(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    reanchoring.reanchor_annotations(corrected())
    with pytest.raises(DatabaseError), transaction.atomic():
        Reanchoring.objects.update(status=Status.FUZZY)


# --- The command -----------------------------------------------------------------------------


def run(*args: str) -> str:
    out = StringIO()
    call_command("reanchor", *args, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_it_would_do_and_does_it(
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
    corrected: Callable[..., ArticleVersion],
) -> None:
    for kind in (Kind.CLAIM, Kind.ENTITY_TAG):
        annotate(annotator, kind)
    assert "Re-anchored 0 annotations in 0 articles" in run("--all")
    new_version = corrected()
    told = run("--all", "--dry-run")
    assert "Would re-anchor 1 annotations in 1 articles; 1 need review" in told
    assert "1 exact, 0 moved, 0 typographic, 1 fuzzy, 0 ambiguous, 0 orphan" in told
    assert not Reanchoring.objects.exists()
    assert "Re-anchored 1 annotations" in run("--article", str(article.public_id))
    assert len(on(new_version)) == 1
    assert "Re-anchored 0 annotations in 1 articles; 1 need review" in run(
        "--all", "--project", "exports"
    )


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--article", "nonsense"], "article: nonsense is not an id"),
        (["--article", "01890a5d-ac96-774b-bcce-b302099a8057"], "article: no article has"),
        (["--all", "--project", "nowhere"], "project: no project is called nowhere"),
    ],
)
def test_the_command_says_what_is_wrong(db: None, args: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said) as raised:
        run(*args)
    assert raised.value.returncode == 2


def test_reanchoring_one_more_takes_a_fixed_number_of_queries(
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected: Callable[..., ArticleVersion],
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(12):
        annotate(annotator, NoteDraft(spans=(Selector(exact="Chile"),), body=f"Note {number}"))
    new_version = corrected()
    with django_assert_max_num_queries(10 + 12 * 22):
        assert reanchoring.reanchor_annotations(new_version).reanchored == 12
    assert Annotation.objects.filter(version=new_version, state=State.ACTIVE).count() == 12
