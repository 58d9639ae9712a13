"""Re-anchor annotations to a new version of their article."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from annotate import services as annotation_services
from annotate.models import Action, Annotation, Change, Claim, Kind, Note, SourceLink, State
from annotate.projects.models import Project
from annotate.reanchoring import services
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
    """Return a function that adds a version to the article."""

    def correct(text: str = CORRECTED) -> ArticleVersion:
        new = add_version(article, text)
        article.refresh_from_db()
        return new

    return correct


def get_latest(annotation: Annotation) -> Reanchoring:
    """Return the latest re-anchoring of an annotation."""
    found = (
        Reanchoring.objects.filter(annotation=annotation).order_by("target_version__number").last()
    )
    assert found
    return found


def get_records(version: ArticleVersion) -> list[dict[str, Any]]:
    found = Annotation.objects.filter(version=version).for_reading().order_by_position()
    return [annotation.record() for annotation in found]


def test_unchanged_text_is_reanchored_with_same_author(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.ENTITY_TAG)
    before = old.record()
    new_version = corrected()
    report = services.reanchor_annotations(new_version)
    assert (report.reanchored, report.pending, report.dependents) == (1, 0, 0)
    (record,) = get_records(new_version)
    assert record["spans"][0]["exact"] == "Chile"
    assert record["spans"][0]["start"] == new_version.text.index("Chile")
    assert record["reanchored_from"] == before["id"]
    kept = ("kind", "project", "article", "author", "type", "entity", "certainty", "state")
    assert [record[name] for name in kept] == [before[name] for name in kept]
    # The old annotation does not change.
    assert Annotation.objects.for_reading().get(pk=old.pk).record() == before
    change = Change.objects.get(annotation__reanchored_from=old)
    assert (change.action, change.actor, change.before) == (Action.REANCHOR, annotator, None)
    assert change.after == record
    row = get_latest(old)
    assert (row.status, row.decision, row.decided_by) == (
        Status.EXACT,
        Decision.AUTO_ACCEPTED,
        None,
    )


def test_changed_text_is_pending_until_accepted(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    assert services.reanchor_annotations(new_version).pending == 1
    assert get_records(new_version) == []
    row = get_latest(old)
    assert (row.status, row.decision) == (Status.FUZZY, Decision.PENDING)
    new_annotation = services.accept(row, actor=annotator)
    assert [span.exact for span in new_annotation.spans.all()] == ["exports rose by 10.5 %"]
    assert new_annotation.content.text == old.content.text  # type: ignore[union-attr]
    row.refresh_from_db()
    assert (row.decision, row.decided_by, row.new_annotation) == (
        Decision.ACCEPTED,
        annotator,
        Annotation.objects.get(pk=new_annotation.pk),
    )
    assert Change.objects.get(annotation=new_annotation).actor == annotator
    with pytest.raises(StateConflict, match="already decided"):
        services.reject(row, actor=annotator)


def test_typographic_change_is_reanchored_and_logged(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected(TEXT.replace("by 12 %", "by  12\u00a0%"))
    assert services.reanchor_annotations(new_version).reanchored == 1
    row = get_latest(old)
    assert (row.status, row.decision) == (Status.TYPOGRAPHIC, Decision.AUTO_ACCEPTED)
    (record,) = get_records(new_version)
    assert record["spans"][0]["exact"] == "exports rose by  12\u00a0%"
    change = Change.objects.get(annotation__reanchored_from=old)
    assert change.reanchoring
    assert change.reanchoring["status"] == "typographic"


def test_accept_with_other_spans_is_corrected(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    services.reanchor_annotations(corrected())
    with pytest.raises(InvalidInput):
        services.accept(get_latest(old), actor=annotator, spans=[Selector(exact="not there")])
    assert get_latest(old).is_pending
    chosen = [Selector(exact="exports rose by 10.5 % in March")]
    new_annotation = services.accept(get_latest(old), actor=annotator, spans=chosen)
    assert new_annotation.quoted_text() == "exports rose by 10.5 % in March"
    assert get_latest(old).decision == Decision.CORRECTED


def test_rejected_annotation_stays_until_reopened(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    services.reanchor_annotations(new_version)
    services.reject(get_latest(old), actor=annotator)
    services.reanchor_annotations(new_version)
    assert (get_latest(old).decision, get_records(new_version)) == (Decision.REJECTED, [])
    # It does not move to a later version either, even if the text is the same again.
    later = corrected(TEXT + "\nA last line.")
    services.reanchor_annotations(later)
    assert (get_latest(old).target_version, get_records(later)) == (new_version, [])
    services.reopen(get_latest(old), actor=annotator)
    assert get_latest(old).is_pending
    with pytest.raises(StateConflict):
        services.reopen(get_latest(old), actor=annotator)


def test_orphan_needs_spans_to_be_accepted(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected(
        "“We expect more 🚢 than ever,” the port authority of Valparaíso wrote."
    )
    services.reanchor_annotations(new_version)
    assert get_latest(old).status == Status.ORPHAN
    with pytest.raises(InvalidInput, match="Select the passage"):
        services.accept(get_latest(old), actor=annotator)
    new_annotation = services.accept(
        get_latest(old), actor=annotator, spans=[Selector(exact="more 🚢")]
    )
    assert new_annotation.quoted_text() == "more 🚢"


def test_repeated_run_creates_no_duplicates(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    for kind in Kind:
        annotate(annotator, kind)
    new_version = corrected()
    first = services.reanchor_annotations(new_version)
    changes = Change.objects.count()
    second = services.reanchor_annotations(new_version)
    assert (first.reanchored, first.pending) == (1, 3)
    assert (second.reanchored, second.pending) == (0, 3)
    assert Change.objects.count() == changes
    assert Reanchoring.objects.count() == 4


def test_interrupted_run_is_completed_by_next_run(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    for quote in ("Chile", "Valparaíso", "The ministry said"):
        annotate(annotator, Note, {"spans": (Selector(exact=quote),), "body": "?"})
    new_version = corrected()

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.reanchor_annotations(new_version, on_progress=stop)
    assert len(get_records(new_version)) == 2
    assert services.reanchor_annotations(new_version).reanchored == 1
    found = [record["spans"][0]["exact"] for record in get_records(new_version)]
    assert found == ["The ministry said", "Chile", "Valparaíso"]


def test_source_links_and_notes_are_reanchored_after_parent(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    source: Any,
    corrected: Callable[..., ArticleVersion],
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    link = annotate(
        other_annotator,
        SourceLink,
        {"claim": claim.content, "source": source, "stance": "supports"},
    )
    annotate(annotator, Note, {"target": link, "body": "Is it the same month?"})
    tag = annotate(annotator, Kind.ENTITY_TAG)
    annotate(other_annotator, Note, {"target": tag, "body": "The country."})
    new_version = corrected()
    report = services.reanchor_annotations(new_version)
    assert (report.reanchored, report.pending, report.dependents) == (2, 1, 2)
    new_claim = services.accept(get_latest(claim), actor=annotator)
    records = {record["reanchored_from"]: record for record in get_records(new_version)}
    assert len(records) == 5
    new_link = records[str(link.public_id)]
    assert new_link["claim"] == str(new_claim.public_id)
    assert new_link["author"] == "other-annotator"
    (note,) = (r for r in records.values() if r["kind"] == "note" and "month" in r["body"])
    assert note["target"] == new_link["id"]
    assert services.reanchor_annotations(new_version).dependents == 0


def test_dependent_of_rejected_annotation_stays(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    annotate(annotator, Note, {"target": claim, "body": "Is it?"})
    new_version = corrected()
    services.reanchor_annotations(new_version)
    services.reject(get_latest(claim), actor=annotator)
    assert services.reanchor_annotations(new_version).dependents == 1
    assert get_records(new_version) == []


def test_retracted_annotation_is_not_reanchored(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    retracted = annotate(annotator, Kind.ENTITY_TAG)
    annotation_services.retract(retracted, seen_revision=1, actor=annotator)
    waiting = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    assert services.reanchor_annotations(new_version).reanchored == 0
    annotation_services.retract(waiting, seen_revision=1, actor=annotator)
    assert not Reanchoring.objects.pending().exists()
    with pytest.raises(StateConflict, match="retracted"):
        services.accept(get_latest(waiting), actor=annotator)
    reanchoring = Reanchoring(annotation=retracted, target_version=new_version)
    with pytest.raises(StateConflict, match="retracted"):
        services.create_reanchored(reanchoring, [Selector(exact="Chile")])


def test_only_author_or_manager_can_decide(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    manager: User,
    corrected: Callable[..., ArticleVersion],
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    services.reanchor_annotations(corrected())
    for decide in (services.accept, services.reject, services.reopen):
        with pytest.raises(NotPermitted):
            decide(get_latest(old), actor=other_annotator)
    new_annotation = services.accept(get_latest(old), actor=manager)
    assert new_annotation.author == annotator
    assert Change.objects.get(annotation=new_annotation).actor == manager


def test_blind_project_hides_reanchorings_of_others(
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
    services.reanchor_annotations(corrected())
    for user, seen in ((annotator, {mine.pk}), (other_annotator, {theirs.pk})):
        for found in (
            Reanchoring.objects.visible_to(user),
            Reanchoring.objects.decidable_by(user),
        ):
            assert {row.annotation_id for row in found} == seen
    assert Reanchoring.objects.visible_to(manager).count() == 2


def test_revised_annotation_is_evaluated_again(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    old = annotate(annotator, Kind.CLAIM)
    new_version = corrected()
    services.reanchor_annotations(new_version)
    content = {"spans": (Selector(exact="Valparaíso"),), "text": "A port."}
    annotation_services.revise(old, content, seen_revision=1, actor=annotator)
    assert services.reanchor_annotations(new_version).reanchored == 1
    (record,) = get_records(new_version)
    assert (record["text"], record["spans"][0]["exact"]) == ("A port.", "Valparaíso")


def test_changed_sentence_moves_tags_and_notes_but_asks_about_claims_and_source_links(
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected: Callable[..., ArticleVersion],
    contents: dict[Kind, dict[str, Any]],
) -> None:
    spans = {"spans": (Selector(exact="exports rose"),)}
    old = {kind: annotate(annotator, kind, {**contents[kind], **spans}) for kind in Kind}
    new_version = corrected(TEXT.replace("ministry said", "ministry never said"))
    report = services.reanchor_annotations(new_version, is_dry_run=True)
    assert (report.reanchored, report.pending) == (2, 2)
    report = services.reanchor_annotations(new_version)
    assert (report.reanchored, report.pending) == (2, 2)
    rows = {kind: get_latest(annotation) for kind, annotation in old.items()}
    assert {row.status for row in rows.values()} == {Status.CONTEXT_CHANGED}
    assert {kind for kind, row in rows.items() if row.is_pending} == {Kind.CLAIM, Kind.SOURCE_LINK}
    assert set(Reanchoring.objects.needing_review()) == set(rows.values())
    claim = services.accept(rows[Kind.CLAIM], actor=annotator)
    assert claim.quoted_text() == "exports rose"


def test_annotation_stays_with_its_line_when_result_table_is_sorted(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    rows = [f"{city} | 12 seats | 5 seats" for city in ("Chile", "Valparaíso", "Santiago")]
    old = corrected("\n".join(rows))
    for row in rows:
        start = old.text.index(row) + row.index("12")
        spans = (Selector(start=start, end=start + 8),)
        annotate(annotator, Note, {"spans": spans, "body": row}, version=old)
    new_version = corrected("\n".join([rows[2], rows[0], "Lima | 12 seats | 5 seats"]))
    services.reanchor_annotations(new_version)
    for record in get_records(new_version):
        start = record["spans"][0]["start"]
        assert new_version.text[:start].rpartition("\n")[2] == record["body"].partition("12")[0]
    assert len(get_records(new_version)) == 2


def test_later_version_supersedes_pending_reanchoring(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    waiting, certain = annotate(annotator, Kind.CLAIM), annotate(annotator, Kind.ENTITY_TAG)
    second = corrected()
    services.reanchor_annotations(second)
    third = corrected(CORRECTED.replace("10.5 %", "12 %"))
    report = services.reanchor_annotations(third)
    assert report.reanchored == 2
    from_first = Annotation.objects.get(reanchored_from=waiting)
    assert from_first.version == third
    from_second = Annotation.objects.get(version=third, reanchored_from__reanchored_from=certain)
    assert from_second.kind == Kind.ENTITY_TAG
    rows = Reanchoring.objects.filter(annotation=waiting).order_by("target_version__number")
    assert [row.decision for row in rows] == [Decision.SUPERSEDED, Decision.AUTO_ACCEPTED]


def test_first_version_has_nothing_to_reanchor(
    annotate: Callable[..., Annotation], annotator: User, version: ArticleVersion
) -> None:
    annotate(annotator, Kind.CLAIM)
    report = services.reanchor_annotations(version)
    assert (report.reanchored, report.pending, report.dependents) == (0, 0, 0)


def test_least_certain_passage_decides_status(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    spans = (Selector(exact="exports rose by 12 %"), Selector(exact="Valparaíso"))
    old = annotate(annotator, Claim, {"spans": spans, "text": "Both."})
    services.reanchor_annotations(corrected())
    row = get_latest(old)
    assert row.status == Status.FUZZY
    assert [outcome.status for outcome in row.outcomes()] == [Status.FUZZY, Status.EXACT]
    assert (
        services.accept(row, actor=annotator).quoted_text() == "exports rose by 10.5 % … Valparaíso"
    )


@pytest.mark.parametrize("change", ["author", "version", "kind"])
def test_database_rejects_invalid_reanchored_from(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    version: ArticleVersion,
    corrected: Callable[..., ArticleVersion],
    change: str,
) -> None:
    old = annotate(annotator, Kind.NOTE)
    created = {
        "kind": Kind.NOTE,
        "project": old.project,
        "author": annotator,
        "version": corrected(),
        "reanchored_from": Annotation.objects.get(pk=old.pk),
        "created_at": old.created_at,
        "updated_at": old.updated_at,
        "document": '"state":"active","revision":1,',
    }
    invalid = {"author": other_annotator, "version": version, "kind": Kind.CLAIM}
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation(**{**created, change: invalid[change]}).save()
    right = Annotation(**created)
    right.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation.objects.filter(pk=right.pk).update(reanchored_from=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Annotation(**created).save()


def test_database_rejects_auto_accepted_fuzzy_match(
    annotate: Callable[..., Annotation], annotator: User, corrected: Callable[..., ArticleVersion]
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    services.reanchor_annotations(corrected())
    with pytest.raises(DatabaseError), transaction.atomic():
        Reanchoring.objects.update(status=Status.FUZZY)


def run(*args: str) -> str:
    out = StringIO()
    call_command("reanchor", *args, stdout=out)
    return out.getvalue()


def test_reanchor_command_dry_run_and_real_run(
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
    corrected: Callable[..., ArticleVersion],
) -> None:
    for kind in (Kind.CLAIM, Kind.ENTITY_TAG):
        annotate(annotator, kind)
    assert "Re-anchored 0 annotations in 0 articles" in run("--all")
    new_version = corrected()
    output = run("--all", "--dry-run")
    assert "Would re-anchor 1 annotations in 1 articles; 1 need review" in output
    assert (
        "1 exact, 0 moved, 0 typographic, 0 context_changed, 1 fuzzy, 0 ambiguous, 0 orphan"
        in output
    )
    assert not Reanchoring.objects.exists()
    assert "Re-anchored 1 annotations" in run("--article", str(article.public_id))
    assert len(get_records(new_version)) == 1
    assert "Re-anchored 0 annotations in 1 articles; 1 need review" in run(
        "--all", "--project", "exports"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--article", "nonsense"], "article: nonsense is not an id"),
        (["--article", "01890a5d-ac96-774b-bcce-b302099a8057"], "article: no article has"),
        (["--all", "--project", "nowhere"], "project: no project is called nowhere"),
    ],
)
def test_reanchor_command_reports_invalid_arguments(
    db: None, args: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        run(*args)
    assert raised.value.returncode == 2


def test_reanchoring_query_count_per_annotation_is_fixed(
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected: Callable[..., ArticleVersion],
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(12):
        annotate(annotator, Note, {"spans": (Selector(exact="Chile"),), "body": f"Note {number}"})
    new_version = corrected()
    with django_assert_max_num_queries(10 + 12 * 22):
        assert services.reanchor_annotations(new_version).reanchored == 12
    assert Annotation.objects.filter(version=new_version, state=State.ACTIVE).count() == 12
