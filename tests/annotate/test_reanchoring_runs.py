"""Reanchoring to a new version by itself, whichever way the version came in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django_tasks_db.models import DBTaskResult

from annotate import services as writes
from annotate.drafts import ClaimDraft, NoteDraft, draft_of
from annotate.models import Action, Annotation, Change, Kind
from annotate.reanchoring import runs
from annotate.reanchoring import services as reanchoring
from annotate.reanchoring.models import Decision, Reanchoring, ReanchoringRun, RunState
from annotate.triggers import TRIGGERS
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion
from articles.services import add_version, append_draft
from articles.text.anchor import Selector
from articles.text.reanchor import Status
from tests.conftest import TEXT
from tests.worker import run_worker

CORRECTED = "Corrected on Tuesday.\n" + TEXT.replace("12 %", "10.5 %")


def run_of(version: ArticleVersion) -> ReanchoringRun:
    return ReanchoringRun.objects.get(version=version)


def exact_on(version: ArticleVersion) -> list[str]:
    """The words that are annotated on a version, in their order."""
    found = Annotation.objects.filter(version=version).in_text_order()
    return [annotation.words() for annotation in found]


def steps_of(annotation: Annotation) -> list[str]:
    return [change.action for change in Change.objects.history_of(annotation)]


def queued() -> int:
    return DBTaskResult.objects.filter(
        task_path="annotate.reanchoring.runs.run_reanchoring"
    ).count()


@pytest.mark.parametrize(
    "bring_in",
    [
        lambda article: add_version(article, CORRECTED),
        lambda article: append_draft(article, ArticleDraft(title="Exports rise", text=CORRECTED)),
        lambda article: ArticleVersion.objects.append(article, CORRECTED),
    ],
    ids=["add_version", "append_draft", "append"],
)
def test_whatever_makes_a_version_has_it_carried_to(
    article: Article,
    annotate: Callable[..., Annotation],
    annotator: User,
    bring_in: Callable[[Article], ArticleVersion],
) -> None:
    claim, tag = annotate(annotator), annotate(annotator, Kind.ENTITY_TAG)
    new = bring_in(article)
    assert run_of(new).state == RunState.QUEUED
    run_worker()
    run = run_of(new)
    assert (run.state, run.reanchored, run.pending, run.dependents) == (RunState.FINISHED, 1, 1, 0)
    assert exact_on(new) == ["Chile"]
    assert steps_of(claim) == ["create", "reanchor_pending"]
    assert steps_of(tag) == ["create", "reanchor"]


def test_a_version_that_is_not_stored_in_the_end_asks_for_nothing(article: Article) -> None:
    with transaction.atomic():
        add_version(article, CORRECTED)
        transaction.set_rollback(True)
    assert not ReanchoringRun.objects.exists()
    assert not queued()


def test_a_first_version_asks_for_nothing(article: Article) -> None:
    assert not ReanchoringRun.objects.exists()


def test_where_nothing_stands_it_is_cheap_and_silent(
    article: Article, django_assert_max_num_queries: Any
) -> None:
    new = add_version(article, CORRECTED)
    with django_assert_max_num_queries(10):
        runs.run_reanchoring.call(new.pk)
    assert run_of(new).state == RunState.FINISHED
    assert not Change.objects.exists()


def test_run_again_it_changes_nothing(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    for kind in Kind:
        annotate(annotator, kind)
    new = add_version(article, CORRECTED)
    for _ in range(3):
        runs.run_reanchoring.call(new.pk)
        run = run_of(new)
        assert (run.state, run.reanchored, run.pending) == (RunState.FINISHED, 1, 3)
    assert Change.objects.count() == 4 + 1 + 3


class TestTooLate:
    """Someone still had the page of the old version open."""

    def test_what_is_made_on_an_old_version_goes_on(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        # It was read before the other version came.
        new = add_version(Article.objects.get(pk=article.pk), CORRECTED)
        run_worker()
        annotate(annotator, Kind.ENTITY_TAG)
        assert run_of(new).state == RunState.QUEUED
        run_worker()
        assert exact_on(new) == ["Chile"]

    def test_what_is_revised_or_restored_there_goes_on(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim, tag = annotate(annotator), annotate(annotator, Kind.ENTITY_TAG)
        writes.retract(tag, seen_revision=1, actor=annotator)
        new = add_version(article, CORRECTED)
        run_worker()
        assert exact_on(new) == []
        writes.restore(tag, seen_revision=2, actor=annotator)
        draft = replace(draft_of(claim), spans=(Selector(exact="name a source"),))
        writes.revise(claim, draft, seen_revision=1, actor=annotator)
        run_worker()
        assert exact_on(new) == ["Chile", "name a source"]
        assert steps_of(claim) == ["create", "reanchor_pending", "revise", "reanchor"]

    def test_many_ask_for_one_run(self, article: Article, annotate: Any, annotator: User) -> None:
        add_version(article, CORRECTED)
        run_worker()
        before = queued()
        for _ in range(3):
            annotate(annotator, Kind.NOTE)
        assert queued() == before + 1

    def test_what_is_retracted_or_on_the_current_version_asks_for_nothing(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        old = annotate(annotator)
        new = add_version(article, CORRECTED)
        run_worker()
        before = queued()
        annotate(annotator, Kind.ENTITY_TAG, version=new)
        writes.retract(old, seen_revision=1, actor=annotator)
        assert queued() == before

    def test_what_was_dropped_is_looked_for_in_the_newest(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        add_version(article, CORRECTED)
        run_worker()
        row = Reanchoring.objects.get(annotation=claim)
        reanchoring.reject(row, actor=annotator)
        third = add_version(article, TEXT + " And more.")
        run_worker()
        assert exact_on(third) == []
        reanchoring.reopen(row, actor=annotator)
        run_worker()
        assert exact_on(third) == ["exports rose by 12 %"]
        assert steps_of(claim) == [
            "create",
            "reanchor_pending",
            "reanchor_rejected",
            "reanchor_reopened",
            "reanchor_superseded",
            "reanchor",
        ]


class TestANewerVersion:
    """It comes while a run to the one before is under way."""

    def test_all_is_on_the_newest(self, article: Article, annotate: Any, annotator: User) -> None:
        for words in ("Chile", "Valparaíso", "name a source"):
            annotate(annotator, NoteDraft(spans=(Selector(exact=words),), body="?"))
        waiting = annotate(annotator, ClaimDraft(spans=(Selector(exact="12 %"),), text="12."))
        second = add_version(article, CORRECTED)
        third = []

        def interrupt(done: int, of: int) -> None:
            if done == 2:
                third.append(add_version(article, f"{CORRECTED}\nOnce more."))

        report = reanchoring.reanchor_annotations(second, on_progress=interrupt)
        assert report.is_superseded
        assert len(exact_on(second)) == 2
        # The run to the second is done again after that to the third was asked for.
        run_worker()
        assert exact_on(third[0]) == ["Chile", "Valparaíso", "name a source"]
        assert run_of(second).state == RunState.SUPERSEDED
        assert run_of(third[0]).state == RunState.FINISHED
        assert [row.target_version for row in Reanchoring.objects.pending()] == [third[0]]
        assert steps_of(waiting) == ["create", "reanchor_pending"]

    def test_the_older_question_is_withdrawn_and_that_is_logged(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        add_version(article, CORRECTED)
        run_worker()
        third = add_version(article, CORRECTED.replace("10.5", "11"))
        run_worker()
        steps = Change.objects.filter(annotation=claim, event_seq__gt=0).in_order()
        assert [(s.action, s.event_seq) for s in steps] == [
            ("reanchor_pending", 1), ("reanchor_superseded", 2), ("reanchor_pending", 3),
        ]  # fmt: skip
        last = steps.last()
        assert last
        assert last.reanchoring["target_version"] == str(third.public_id)
        assert {row.decision for row in Reanchoring.objects.all()} == {"superseded", "pending"}

    @pytest.mark.parametrize("order", ["older first", "newer first"])
    def test_runs_that_come_in_any_order_leave_one_question(
        self, article: Article, annotate: Any, annotator: User, order: str
    ) -> None:
        annotate(annotator)
        second = add_version(article, CORRECTED)
        third = add_version(article, CORRECTED.replace("10.5", "11"))
        versions = [second, third] if order == "older first" else [third, second]
        for version in versions:
            runs.run_reanchoring.call(version.pk)
        assert run_of(second).state == RunState.SUPERSEDED
        (row,) = Reanchoring.objects.all()
        assert (row.target_version, row.decision) == (third, Decision.PENDING)


class TestMeanwhile:
    """Between the reading of the list and the turn of an annotation."""

    def interrupted(self, version: ArticleVersion, act: Callable[[], Any]) -> None:
        reanchoring.reanchor_annotations(
            version, on_progress=lambda done, of: act() if done == 1 else None
        )

    def test_one_that_is_moved_is_reanchored_from_where_it_stands_by_then(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        claim = annotate(annotator, ClaimDraft(spans=(Selector(exact="Chile"),), text="A"))
        new = add_version(article, CORRECTED)
        draft = ClaimDraft(spans=(Selector(exact="Valparaíso"),), text="B")
        self.interrupted(new, lambda: writes.revise(claim, draft, seen_revision=1, actor=annotator))
        carried = Annotation.objects.get(reanchored_from=claim).content
        assert (carried.words(), carried.text) == ("Valparaíso", "B")  # type: ignore[union-attr]

    def test_one_that_is_retracted_stays_behind(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        claim = annotate(annotator, ClaimDraft(spans=(Selector(exact="Chile"),), text="A"))
        new = add_version(article, CORRECTED)
        self.interrupted(new, lambda: writes.retract(claim, seen_revision=1, actor=annotator))
        assert len(exact_on(new)) == 1
        assert not Reanchoring.objects.filter(annotation=claim).exists()


class TestAFault:
    """What cannot be carried for a reason that nobody thought of."""

    def spoil(self, annotation: Annotation) -> None:
        """Let its passage end after its text, as only damage can."""
        rules = [rule for rule in TRIGGERS if rule.name == "span_within_text_update"]
        with connection.cursor() as cursor:
            for statement in rules[0].drop(connection.vendor, ["annotate_span"]):
                cursor.execute(statement)
        annotation.spans.update(end=99_999)

    def test_is_told_and_keeps_no_other_back(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        spoilt = annotate(annotator, ClaimDraft(spans=(Selector(exact="Chile"),), text="A"))
        annotate(annotator, Kind.ENTITY_TAG)
        self.spoil(spoilt)
        new = add_version(article, CORRECTED)
        with pytest.raises(ValueError, match="not in the old text"):
            runs.run_reanchoring.call(new.pk)
        run = run_of(new)
        assert run.state == RunState.FAILED
        assert "not in the old text" in run.error
        assert exact_on(new) == ["Chile"]
        # It is tried again by and by, and whoever looks can have it tried at once.
        before = queued()
        runs.retry_failed_runs()
        runs.retry_failed_runs()
        assert queued() == before + 1


# --- The log -------------------------------------------------------------------------------


def test_a_step_makes_no_revision(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    claim = annotate(annotator)
    new = add_version(article, CORRECTED)
    run_worker()
    step = Change.objects.get(action=Action.REANCHOR_PENDING)
    row = Reanchoring.objects.get()
    assert (step.actor, step.before, step.revision) == (annotator, None, 1)
    assert step.after == claim.record()
    assert step.reanchoring == {
        "id": str(row.public_id),
        "target_version": str(new.public_id),
        "status": Status.FUZZY,
        "score": row.score,
    }
    assert step.cursor == f"{claim.public_id}.1.1"
    # Who had the annotation open can go on with it.
    writes.retract(claim, seen_revision=1, actor=annotator)


def test_what_was_undecided_at_a_revision_is_numbered_anew_at_the_next(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    claim = annotate(annotator)
    add_version(article, CORRECTED)
    run_worker()
    writes.revise(claim, replace(draft_of(claim), text="Other"), seen_revision=1, actor=annotator)
    run_worker()
    cursors = [c.cursor for c in Change.objects.filter(annotation=claim).in_order()]
    own = str(claim.public_id)
    assert cursors == [f"{own}.1", f"{own}.1.1", f"{own}.2", f"{own}.2.1"]


def test_the_log_says_how_sure_a_place_was(
    article: Article, annotate: Callable[..., Annotation], annotator: User, manager: User
) -> None:
    tag, claim = annotate(annotator, Kind.ENTITY_TAG), annotate(annotator)
    add_version(article, CORRECTED)
    run_worker()
    reanchoring.accept(Reanchoring.objects.get(annotation=claim), actor=manager)
    of_tag, of_claim = (
        Change.objects.get(annotation__reanchored_from=old, action=Action.REANCHOR)
        for old in (tag, claim)
    )
    assert of_tag.reanchoring
    assert of_claim.reanchoring
    assert (of_tag.reanchoring["status"], of_tag.actor) == ("exact", annotator)
    assert (of_claim.reanchoring["status"], of_claim.actor) == ("fuzzy", manager)


@pytest.mark.parametrize(
    "false",
    [
        {"event_seq": 0},
        {"reanchoring": None},
        {"action": "revise", "revision": 2},
        {"action": "create"},
        {"action": "sigh"},
        {"before": {}},
    ],
)
def test_the_database_refuses_a_false_step(
    article: Article, annotate: Callable[..., Annotation], annotator: User, false: dict[str, Any]
) -> None:
    made = {
        "annotation": Annotation.objects.get(pk=annotate(annotator).pk),
        "revision": 1,
        "event_seq": 1,
        "action": "reanchor_pending",
        "actor": annotator,
        "at": article.created_at,
        "after": {},
        "reanchoring": {"id": "x"},
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Change.objects.create(**{**made, **false})
    Change.objects.create(**made)
    with pytest.raises(DatabaseError), transaction.atomic():
        Change.objects.create(**made)
