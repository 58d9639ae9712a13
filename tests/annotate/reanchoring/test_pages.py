"""The list of annotations to review, and the other pages that show re-anchoring."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Kind
from annotate.projects.models import Project
from annotate.reanchoring.models import Decision, Reanchoring, ReanchoringRun
from annotate.reanchoring.runs import run_reanchoring
from annotate.reanchoring.services import reanchor_annotations
from annotate.services import retract
from articles.models import Article, ArticleVersion
from articles.services import add_version
from articles.text.anchor import Selector
from tests.conftest import TEXT
from tests.worker import run_worker

LIST = "/reanchorings/"


@pytest.fixture
def corrected_version(article: Article, version: ArticleVersion) -> ArticleVersion:
    return add_version(article, TEXT.replace("12 %", "10.5 %"))


@pytest.fixture
def pending(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    corrected_version: ArticleVersion,
) -> Reanchoring:
    """Return the pending re-anchoring of a claim; another annotator has one, too."""
    claim = annotate(annotator, Kind.CLAIM)
    annotate(other_annotator, Kind.CLAIM)
    reanchor_annotations(corrected_version)
    return Reanchoring.objects.get(annotation=claim)


@pytest.fixture
def annotator_client(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def get_page(client: Client, url: str = LIST) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_home_counts_and_list_shows_pending_annotations(
    annotator_client: Client, pending: Reanchoring
) -> None:
    assert "1 annotation needs review" in get_page(annotator_client, "/")
    shown = get_page(annotator_client)
    assert "Exports rose by 12 % in March." in shown
    # The old passage, and the candidate with differences, each in context.
    assert "<mark>exports rose by 12 %</mark>" in shown
    assert re.search(r"<del>.*?12</del>.*?<ins>.*?10.5</ins>", shown)
    assert re.search(r"\d\d% match", shown)
    assert shown.count('<li class="reanchoring') == 1


@pytest.fixture
def unconfirmed(
    annotate: Callable[..., Annotation], annotator: User, article: Article, version: ArticleVersion
) -> Reanchoring:
    """Return the re-anchoring of a note that moved though its sentence says the opposite."""
    content = {"spans": (Selector(exact="exports rose by 12 %"),), "body": "Check it."}
    note = annotate(annotator, Kind.NOTE, content)
    reanchor_annotations(add_version(article, TEXT.replace("ministry said", "ministry denied")))
    return Reanchoring.objects.get(annotation=note)


def test_moved_annotation_is_listed_until_its_changed_context_is_confirmed(
    annotator_client: Client, unconfirmed: Reanchoring, article: Article
) -> None:
    assert unconfirmed.new_annotation
    assert "1 annotation needs review" in get_page(annotator_client, "/")
    assert "1 annotation needs review." in get_text(
        annotator_client, f"/articles/{article.public_id}/"
    )
    shown = get_page(annotator_client)
    assert "Context changed" in shown
    assert re.search(r"The ministry <del>.*?said</del><ins>.*?denied</ins> on Monday", shown)
    assert f'href="/annotations/{unconfirmed.new_annotation.public_id}/"' in shown
    assert "Reject</button>" not in shown
    url = f"{LIST}{unconfirmed.public_id}/accept/"
    moved = annotator_client.post(url, {"spans": "0-3"}, follow=True).content.decode()
    assert "has moved already" in moved
    confirmed = annotator_client.post(url, follow=True).content.decode()
    assert "Nothing to review" in confirmed
    unconfirmed.refresh_from_db()
    assert (unconfirmed.decision, unconfirmed.decided_by) == (
        Decision.ACCEPTED,
        unconfirmed.annotation.author,
    )
    assert "already decided" in annotator_client.post(url, follow=True).content.decode()


def test_moved_annotation_leaves_list_when_its_copy_is_retracted(
    annotator_client: Client, unconfirmed: Reanchoring, annotator: User
) -> None:
    assert unconfirmed.new_annotation
    retract(unconfirmed.new_annotation, seen_revision=1, actor=annotator)
    assert "Nothing to review" in get_page(annotator_client)


def test_accept_candidate(annotator_client: Client, pending: Reanchoring) -> None:
    start = pending.target_version.text.index("exports rose")
    response = annotator_client.post(
        f"{LIST}{pending.public_id}/accept/",
        {"target-0": f"{start}-{start + len('exports rose by 10.5 %')}"},
        follow=True,
    )
    assert "Moved to “exports rose by 10.5 %”" in response.content.decode()
    assert "Nothing to review" in response.content.decode()
    pending.refresh_from_db()
    assert pending.decision == Decision.ACCEPTED


def test_rejected_annotation_can_be_reopened(
    annotator_client: Client, pending: Reanchoring
) -> None:
    dropped = annotator_client.post(
        f"{LIST}{pending.public_id}/reject/", follow=True
    ).content.decode()
    assert "Rejected by you" in dropped
    assert "1 annotation needs review" not in get_page(annotator_client, "/")
    annotator_client.post(f"{LIST}{pending.public_id}/reopen/")
    pending.refresh_from_db()
    assert pending.is_pending


def test_passage_can_be_selected_or_typed(annotator_client: Client, pending: Reanchoring) -> None:
    url = f"{LIST}{pending.public_id}/"
    assert "We expect more 🚢 than ever" in get_page(annotator_client, url)
    for posted, message in (
        ({"spans": "", "quote": ""}, "Select the passage in the text"),
        ({"spans": "", "quote": "not there"}, "does not occur in the text"),
        ({"spans": "", "quote": "The ministry"}, "to select one occurrence"),
        ({"spans": "5-99999", "quote": ""}, "The text has"),
        ({"spans": "nonsense", "quote": ""}, "Select the passage in the text"),
    ):
        response = annotator_client.post(url, posted)
        assert response.status_code == 422
        assert message in response.content.decode()
    annotator_client.post(url, {"spans": "", "quote": "rose by 10.5 % in March"})
    pending.refresh_from_db()
    assert pending.decision == Decision.CORRECTED
    assert pending.new_annotation
    assert pending.new_annotation.quoted_text() == "rose by 10.5 % in March"
    # A second attempt does not change the decision.
    again = annotator_client.post(url, {"spans": "", "quote": "exports"})
    assert "already decided" in again.content.decode()


def test_other_annotators_cannot_see_or_decide(
    client: Client, pending: Reanchoring, other_annotator: User, project: Project
) -> None:
    project.is_blind = True
    project.save()
    assert client.get(LIST)["Location"].startswith("/sign-in/")
    client.force_login(other_annotator)
    shown = get_page(client)
    assert str(pending.public_id) not in shown
    assert shown.count('<li class="reanchoring') == 1
    for action in ("", "accept/", "reject/", "reopen/"):
        assert client.post(f"{LIST}{pending.public_id}/{action}").status_code == 404
    assert client.get(f"{LIST}{pending.public_id}/reject/").status_code == 405


def test_list_query_count_is_fixed(
    annotator_client: Client,
    pending: Reanchoring,
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected_version: ArticleVersion,
) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get_page(annotator_client)
        return len(caught)

    get_page(annotator_client)
    few = count_queries()
    for kind in (Kind.CLAIM, Kind.NOTE, Kind.SOURCE_LINK) * 3:
        annotate(annotator, kind)
    reanchor_annotations(corrected_version)
    assert get_page(annotator_client).count('<li class="reanchoring') == 10
    assert count_queries() == few


def test_list_escapes_markup(
    annotator_client: Client,
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
) -> None:
    annotate(annotator, Kind.CLAIM)
    reanchor_annotations(
        add_version(article, TEXT.replace("12 %", "<script>alert(1)</script> 12 %"))
    )
    shown = get_page(annotator_client)
    assert "<script>alert" not in shown
    assert "&lt;" in shown


@pytest.mark.parametrize(
    "next_id", ["", "x", "//evil.example", "01890a5d-ac96-774b-bcce-b302099a8057"]
)
def test_decision_redirects_to_next_annotation(
    annotator_client: Client, pending: Reanchoring, next_id: str
) -> None:
    posted = {"next": next_id, "page": "2"}
    response = annotator_client.post(f"{LIST}{pending.public_id}/reject/", posted)
    fragment = f"#reanchoring-{next_id}" if next_id.startswith("01890") else ""
    assert response["Location"] == f"{LIST}?page=2{fragment}"


class TestReports:
    """How pages report automatic re-anchoring."""

    def test_article_page_counts_moved_and_pending_annotations(
        self,
        client: Client,
        annotator_client: Client,
        pending: Reanchoring,
        annotate: Any,
        annotator: User,
        article: Article, corrected_version: ArticleVersion,
    ) -> None:  # fmt: skip
        annotate(annotator, Kind.ENTITY_TAG)
        url = f"/articles/{article.public_id}/"
        assert "Moving 1 annotation…" in get_text(annotator_client, url)
        run_worker()
        # One of the two pending annotations is the user's own, so there is a link.
        shown = get_text(annotator_client, url)
        assert (
            "1 annotation moved here from an earlier version. 2 annotations need review." in shown
        )
        assert '<a href="/reanchorings/"><span>2 annotations need review' in get_page(
            annotator_client, url
        ).replace("\n", "")
        assert "moved here" not in get_text(annotator_client, f"{url}?version=1")
        client.logout()
        assert "2 annotations need review." in get_text(client, url)
        assert '<a href="/reanchorings/">' not in get_page(client, url)

    def test_list_shows_recent_and_unfinished_runs(
        self, annotator_client: Client, pending: Reanchoring, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        assert "Moving 1 of your annotations to the new version" in get_text(annotator_client)
        ReanchoringRun.objects.update(state="failed", error="ValueError: it broke")
        assert "1 annotation could not be moved yet" in get_text(annotator_client)
        assert "it broke" not in get_page(annotator_client)
        lease = ReanchoringRun.objects.all().claim(timedelta(hours=1), force=True)
        run_reanchoring.call(pending.target_version_id, str(lease))
        shown = get_text(annotator_client)
        assert "Moving 1" not in shown
        assert "Version 2 1 moved 1 to review" in shown

    def test_blind_project_hides_counts_of_others(
        self, annotator_client: Client, client: Client, pending: Reanchoring, project: Project,
        annotate: Any, other_annotator: User, manager: User, article: Article,
    ) -> None:  # fmt: skip
        project.is_blind = True
        project.save()
        url = f"/articles/{article.public_id}/?project={project.slug}"
        before = get_text(annotator_client, url), get_text(annotator_client)
        assert "1 annotation needs review." in before[0]
        # Nothing that a colleague does on the old version shows, nor the run that it requests.
        for kind in (Kind.ENTITY_TAG, Kind.CLAIM):
            annotate(other_annotator, kind)
            assert (get_text(annotator_client, url), get_text(annotator_client)) == before
        run_worker()
        assert (get_text(annotator_client, url), get_text(annotator_client)) == before
        client.force_login(manager)
        assert "1 annotation moved here" in get_text(client, url)
        client.logout()
        assert "moved here" not in get_text(client, url)

    def test_annotation_history_has_each_event(
        self, annotator_client: Client, pending: Reanchoring
    ) -> None:
        old = pending.annotation.public_id
        for action in ("reject", "reopen", "accept"):
            start = pending.target_version.text.index("exports rose")
            target = f"{start}-{start + len('exports rose by 10.5 %')}"
            annotator_client.post(f"{LIST}{pending.public_id}/{action}/", {"target-0": target})
        for url in (f"/annotations/{old}/", f"/claims/{old}/"):
            response = annotator_client.get(url, HTTP_HX_REQUEST="true")
            shown = re.sub(r"\s+", " ", response.content.decode())
            expected = [
                "Review requested for a new version",
                "Rejected for a new version",
                "Review reopened",
                "Moved to a new version",
            ]
            positions = [shown.index(label) for label in expected]
            assert positions == sorted(positions)
            assert "fuzzy, 9" in shown
            new_id = Annotation.objects.get(reanchored_from=pending.annotation).public_id
            assert f'href="/annotations/{new_id}/">View new annotation' in shown

    def test_undo_ignores_reanchoring_events(
        self, annotator_client: Client, pending: Reanchoring
    ) -> None:
        undo = f"/annotations/{pending.annotation.public_id}/undo/1/"
        response = annotator_client.post(undo, {"seen_revision": 1, "idempotency_key": "k"})
        assert response.status_code == 200
        pending.annotation.refresh_from_db()
        assert pending.annotation.state == "retracted"


def get_text(client: Client, url: str = LIST) -> str:
    """Return the text of a page's main element."""
    main = get_page(client, url).partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+([.;])", r"\1", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)))
