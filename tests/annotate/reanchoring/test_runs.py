"""Background runs that re-anchor to new versions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate import services as annotation_services
from annotate.models import Action, Annotation, Change, Claim, Kind, Note
from annotate.reanchoring import runs, services
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


def get_run(version: ArticleVersion) -> ReanchoringRun:
    return ReanchoringRun.objects.get(version=version)


def get_quotes(version: ArticleVersion) -> list[str]:
    """Return the quotes of the annotations on a version in text order."""
    found = Annotation.objects.filter(version=version).order_by_position()
    return [annotation.quoted_text() for annotation in found]


def get_actions(annotation: Annotation) -> list[str]:
    return [change.action for change in Change.objects.for_annotation(annotation)]


def execute_run(version: ArticleVersion) -> None:
    lease = ReanchoringRun.objects.filter(pk=version.pk).claim(timedelta(hours=1), force=True)
    runs.run_reanchoring.call(version.pk, str(lease))


def count_queued() -> int:
    return DBTaskResult.objects.filter(
        task_path="annotate.reanchoring.runs.run_reanchoring"
    ).count()


@pytest.mark.parametrize(
    "add",
    [
        lambda article: add_version(article, CORRECTED),
        lambda article: append_draft(article, ArticleDraft(title="Exports rise", text=CORRECTED)),
        lambda article: ArticleVersion.objects.append(article, CORRECTED),
    ],
    ids=["add_version", "append_draft", "append"],
)
def test_new_version_is_reanchored_however_it_was_added(
    article: Article,
    annotate: Callable[..., Annotation],
    annotator: User,
    add: Callable[[Article], ArticleVersion],
) -> None:
    claim, tag = annotate(annotator), annotate(annotator, Kind.ENTITY_TAG)
    new = add(article)
    assert get_run(new).state == RunState.QUEUED
    run_worker()
    run = get_run(new)
    assert (run.state, run.reanchored, run.pending, run.dependents) == (RunState.FINISHED, 1, 1, 0)
    assert get_quotes(new) == ["Chile"]
    assert get_actions(claim) == ["create", "reanchor_pending"]
    assert get_actions(tag) == ["create", "reanchor"]


def test_rolled_back_version_requests_no_run(article: Article) -> None:
    with transaction.atomic():
        add_version(article, CORRECTED)
        transaction.set_rollback(True)
    assert not ReanchoringRun.objects.exists()
    assert not count_queued()


def test_first_version_requests_no_run(article: Article) -> None:
    assert not ReanchoringRun.objects.exists()


def test_run_without_annotations_is_cheap_and_logs_nothing(
    article: Article, django_assert_max_num_queries: Any
) -> None:
    new = add_version(article, CORRECTED)
    lease = str(get_run(new).lease_token)
    with django_assert_max_num_queries(10):
        runs.run_reanchoring.call(new.pk, lease)
    assert get_run(new).state == RunState.FINISHED
    assert not Change.objects.exists()


def test_repeated_run_changes_nothing(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    for kind in Kind:
        annotate(annotator, kind)
    new = add_version(article, CORRECTED)
    for _ in range(3):
        execute_run(new)
        run = get_run(new)
        assert (run.state, run.reanchored, run.pending) == (RunState.FINISHED, 1, 3)
    assert Change.objects.count() == 4 + 1 + 3


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING])
def test_run_whose_task_was_lost_is_queued_again(
    article: Article, annotate: Callable[..., Annotation], annotator: User, state: RunState
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    new = add_version(article, CORRECTED)
    DBTaskResult.objects.all().delete()
    ReanchoringRun.objects.update(state=state)
    runs.retry_runs()
    assert not count_queued()
    ReanchoringRun.objects.update(lease_expires_at=timezone.now())
    run_worker()
    assert get_run(new).state == RunState.FINISHED
    assert get_quotes(new) == ["Chile"]


def test_task_without_lease_does_nothing(article: Article) -> None:
    new = add_version(article, CORRECTED)
    lease = str(get_run(new).lease_token)
    ReanchoringRun.objects.request(new.pk, force=True)
    runs.run_reanchoring.call(new.pk, lease)
    assert get_run(new).state == RunState.QUEUED


class TestOutdatedVersion:
    """Annotations written on a version that is no longer current."""

    def test_annotation_created_on_outdated_version_is_reanchored(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        # `article` was read before the new version was added.
        new = add_version(Article.objects.get(pk=article.pk), CORRECTED)
        run_worker()
        annotate(annotator, Kind.ENTITY_TAG)
        assert get_run(new).state == RunState.QUEUED
        run_worker()
        assert get_quotes(new) == ["Chile"]

    def test_annotation_revised_or_restored_on_outdated_version_is_reanchored(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim, tag = annotate(annotator), annotate(annotator, Kind.ENTITY_TAG)
        annotation_services.retract(tag, seen_revision=1, actor=annotator)
        new = add_version(article, CORRECTED)
        run_worker()
        assert get_quotes(new) == []
        annotation_services.restore(tag, seen_revision=2, actor=annotator)
        content = {"spans": (Selector(exact="name a source"),)}
        annotation_services.revise(claim, content, seen_revision=1, actor=annotator)
        run_worker()
        assert get_quotes(new) == ["Chile", "name a source"]
        assert get_actions(claim) == ["create", "reanchor_pending", "revise", "reanchor"]

    def test_several_annotations_request_one_run(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        add_version(article, CORRECTED)
        run_worker()
        before = count_queued()
        for _ in range(3):
            annotate(annotator, Kind.NOTE)
        assert count_queued() == before + 1

    def test_retraction_and_current_version_request_no_run(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        old = annotate(annotator)
        new = add_version(article, CORRECTED)
        run_worker()
        before = count_queued()
        annotate(annotator, Kind.ENTITY_TAG, version=new)
        annotation_services.retract(old, seen_revision=1, actor=annotator)
        assert count_queued() == before

    def test_reopened_reanchoring_is_matched_with_latest_version(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        add_version(article, CORRECTED)
        run_worker()
        row = Reanchoring.objects.get(annotation=claim)
        services.reject(row, actor=annotator)
        third = add_version(article, TEXT + " And more.")
        run_worker()
        assert get_quotes(third) == []
        services.reopen(row, actor=annotator)
        run_worker()
        assert get_quotes(third) == ["exports rose by 12 %"]
        assert get_actions(claim) == [
            "create",
            "reanchor_pending",
            "reanchor_rejected",
            "reanchor_reopened",
            "reanchor_superseded",
            "reanchor",
        ]


class TestLaterVersion:
    """A later version is added while a run is in progress."""

    def test_all_annotations_reach_latest_version(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        for quote in ("Chile", "Valparaíso", "name a source"):
            annotate(annotator, Note, {"spans": (Selector(exact=quote),), "body": "?"})
        waiting = annotate(annotator, Claim, {"spans": (Selector(exact="12 %"),), "text": "12."})
        second = add_version(article, CORRECTED)
        third = []

        def interrupt(done: int, total: int) -> None:
            if done == 2:
                third.append(add_version(article, f"{CORRECTED}\nOnce more."))

        report = services.reanchor_annotations(second, on_progress=interrupt)
        assert report.is_superseded
        assert len(get_quotes(second)) == 2
        # The run for the second version is executed after the one for the third was requested.
        run_worker()
        assert get_quotes(third[0]) == ["Chile", "Valparaíso", "name a source"]
        assert get_run(second).state == RunState.SUPERSEDED
        assert get_run(third[0]).state == RunState.FINISHED
        assert [row.target_version for row in Reanchoring.objects.pending()] == [third[0]]
        assert get_actions(waiting) == ["create", "reanchor_pending"]

    def test_older_pending_reanchoring_is_superseded_and_logged(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        add_version(article, CORRECTED)
        run_worker()
        third = add_version(article, CORRECTED.replace("10.5", "11"))
        run_worker()
        events = Change.objects.filter(annotation=claim, event_seq__gt=0).in_commit_order()
        assert [(event.action, event.event_seq) for event in events] == [
            ("reanchor_pending", 1), ("reanchor_superseded", 2), ("reanchor_pending", 3),
        ]  # fmt: skip
        last = events.last()
        assert last
        assert last.reanchoring["target_version"] == str(third.public_id)
        assert {row.decision for row in Reanchoring.objects.all()} == {"superseded", "pending"}

    @pytest.mark.parametrize("order", ["older first", "newer first"])
    def test_runs_in_any_order_leave_one_pending_reanchoring(
        self, article: Article, annotate: Any, annotator: User, order: str
    ) -> None:
        annotate(annotator)
        second = add_version(article, CORRECTED)
        third = add_version(article, CORRECTED.replace("10.5", "11"))
        versions = [second, third] if order == "older first" else [third, second]
        for version in versions:
            execute_run(version)
        assert get_run(second).state == RunState.SUPERSEDED
        (row,) = Reanchoring.objects.all()
        assert (row.target_version, row.decision) == (third, Decision.PENDING)


class TestConcurrentChanges:
    """Changes between reading the list of annotations and processing one of them."""

    def run_interrupted(self, version: ArticleVersion, action: Callable[[], Any]) -> None:
        services.reanchor_annotations(
            version, on_progress=lambda done, total: action() if done == 1 else None
        )

    def test_annotation_revised_during_run_is_reanchored_as_revised(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        claim = annotate(annotator, Claim, {"spans": (Selector(exact="Chile"),), "text": "A"})
        new = add_version(article, CORRECTED)
        content = {"spans": (Selector(exact="Valparaíso"),), "text": "B"}
        self.run_interrupted(
            new,
            lambda: annotation_services.revise(claim, content, seen_revision=1, actor=annotator),
        )
        content = Annotation.objects.get(reanchored_from=claim).content
        assert (content.quoted_text(), content.text) == ("Valparaíso", "B")  # type: ignore[union-attr]

    def test_annotation_retracted_during_run_stays(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        claim = annotate(annotator, Claim, {"spans": (Selector(exact="Chile"),), "text": "A"})
        new = add_version(article, CORRECTED)
        self.run_interrupted(
            new, lambda: annotation_services.retract(claim, seen_revision=1, actor=annotator)
        )
        assert len(get_quotes(new)) == 1
        assert not Reanchoring.objects.filter(annotation=claim).exists()


class TestErrors:
    """An annotation cannot be processed for an unforeseen reason."""

    def corrupt(self, annotation: Annotation) -> None:
        """Make the span end after the text, which only corruption can cause."""
        rules = [rule for rule in TRIGGERS if rule.name == "span_within_text_update"]
        with connection.cursor() as cursor:
            for statement in rules[0].drop(connection.vendor, ["annotate_span"]):
                cursor.execute(statement)
        annotation.spans.update(end=99_999)

    def test_failed_run_stores_error_and_processes_other_annotations(
        self, article: Article, annotate: Any, annotator: User
    ) -> None:
        corrupted = annotate(annotator, Claim, {"spans": (Selector(exact="Chile"),), "text": "A"})
        annotate(annotator, Kind.ENTITY_TAG)
        self.corrupt(corrupted)
        new = add_version(article, CORRECTED)
        with pytest.raises(ValueError, match="not in the old text"):
            execute_run(new)
        run = get_run(new)
        assert run.state == RunState.FAILED
        assert "not in the old text" in run.error
        assert get_quotes(new) == ["Chile"]
        # Failed runs are queued again regularly, but only once.
        before = count_queued()
        runs.retry_runs()
        runs.retry_runs()
        assert count_queued() == before + 1


def test_reanchoring_event_is_no_revision(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    claim = annotate(annotator)
    new = add_version(article, CORRECTED)
    run_worker()
    event = Change.objects.get(action=Action.REANCHOR_PENDING)
    row = Reanchoring.objects.get()
    assert (event.actor, event.before, event.revision) == (annotator, None, 1)
    assert event.after == claim.record()
    assert event.reanchoring == {
        "id": str(row.public_id),
        "target_version": str(new.public_id),
        "status": Status.FUZZY,
        "score": row.score,
    }
    assert event.cursor == f"{claim.public_id}.1.1"
    # A client that saw revision 1 can still write.
    annotation_services.retract(claim, seen_revision=1, actor=annotator)


def test_event_seq_restarts_with_each_revision(
    article: Article, annotate: Callable[..., Annotation], annotator: User
) -> None:
    claim = annotate(annotator)
    add_version(article, CORRECTED)
    run_worker()
    annotation_services.revise(claim, {"text": "Other"}, seen_revision=1, actor=annotator)
    run_worker()
    cursors = [c.cursor for c in Change.objects.filter(annotation=claim).in_commit_order()]
    own = str(claim.public_id)
    assert cursors == [f"{own}.1", f"{own}.1.1", f"{own}.2", f"{own}.2.1"]


def test_change_log_has_status_of_match(
    article: Article, annotate: Callable[..., Annotation], annotator: User, manager: User
) -> None:
    tag, claim = annotate(annotator, Kind.ENTITY_TAG), annotate(annotator)
    add_version(article, CORRECTED)
    run_worker()
    services.accept(Reanchoring.objects.get(annotation=claim), actor=manager)
    tag_change, claim_change = (
        Change.objects.get(annotation__reanchored_from=old, action=Action.REANCHOR)
        for old in (tag, claim)
    )
    assert tag_change.reanchoring
    assert claim_change.reanchoring
    assert (tag_change.reanchoring["status"], tag_change.actor) == ("exact", annotator)
    assert (claim_change.reanchoring["status"], claim_change.actor) == ("fuzzy", manager)


@pytest.mark.parametrize(
    "invalid",
    [
        {"event_seq": 0},
        {"reanchoring": None},
        {"action": "revise", "revision": 2},
        {"action": "create"},
        {"action": "sigh"},
        {"before": {}},
    ],
)
def test_database_rejects_invalid_event(
    article: Article, annotate: Callable[..., Annotation], annotator: User, invalid: dict[str, Any]
) -> None:
    annotation = Annotation.objects.get(pk=annotate(annotator).pk)
    created = {
        "annotation": annotation,
        "project": annotation.project,
        "revision": 1,
        "event_seq": 1,
        "action": "reanchor_pending",
        "actor": annotator,
        "at": article.created_at,
        "after": {},
        "reanchoring": {"id": "x"},
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Change.objects.create(**{**created, **invalid})
    Change.objects.create(**created)
    with pytest.raises(DatabaseError), transaction.atomic():
        Change.objects.create(**created)
