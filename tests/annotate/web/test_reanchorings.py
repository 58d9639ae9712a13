"""The queue of what waits for a person after a new version."""

import re
from collections.abc import Callable
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
from articles.models import Article, ArticleVersion
from articles.services import add_version
from tests.conftest import TEXT
from tests.worker import run_worker

QUEUE = "/reanchorings/"


@pytest.fixture
def corrected(article: Article, version: ArticleVersion) -> ArticleVersion:
    return add_version(article, TEXT.replace("12 %", "10.5 %"))


@pytest.fixture
def waiting(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    corrected: ArticleVersion,
) -> Reanchoring:
    """A claim that waits; another annotator has one too."""
    claim = annotate(annotator, Kind.CLAIM)
    annotate(other_annotator, Kind.CLAIM)
    reanchor_annotations(corrected)
    return Reanchoring.objects.get(annotation=claim)


@pytest.fixture
def signed_in(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def page(client: Client, address: str = QUEUE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_home_tells_how_many_wait_and_the_queue_shows_them(
    signed_in: Client, waiting: Reanchoring
) -> None:
    assert "1 annotation waits for you" in page(signed_in, "/")
    shown = page(signed_in)
    assert "Exports rose by 12 % in March." in shown
    # The old passage in its context, and the proposed place in its own, with what differs.
    assert "<mark>exports rose by 12 %</mark>" in shown
    assert re.search(r"<del>.*?12</del>.*?<ins>.*?10.5</ins>", shown)
    assert re.search(r"\d\d% match", shown)
    assert shown.count('<li class="reanchoring') == 1


def test_a_place_is_accepted(signed_in: Client, waiting: Reanchoring) -> None:
    start = waiting.target_version.text.index("exports rose")
    answer = signed_in.post(
        f"{QUEUE}{waiting.public_id}/accept/",
        {"target-0": f"{start}-{start + len('exports rose by 10.5 %')}"},
        follow=True,
    )
    assert "Moved to “exports rose by 10.5 %”" in answer.content.decode()
    assert "Nothing to review" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.decision == Decision.ACCEPTED


def test_dropping_can_be_taken_back(signed_in: Client, waiting: Reanchoring) -> None:
    dropped = signed_in.post(f"{QUEUE}{waiting.public_id}/reject/", follow=True).content.decode()
    assert "Rejected by you" in dropped
    assert "1 annotation waits" not in page(signed_in, "/")
    signed_in.post(f"{QUEUE}{waiting.public_id}/reopen/")
    waiting.refresh_from_db()
    assert waiting.is_pending


def test_the_words_are_selected_or_written_down(signed_in: Client, waiting: Reanchoring) -> None:
    address = f"{QUEUE}{waiting.public_id}/"
    assert "We expect more 🚢 than ever" in page(signed_in, address)
    for posted, said in (
        ({"spans": "", "quote": ""}, "Select the passage in the text"),
        ({"spans": "", "quote": "not there"}, "does not occur in the text"),
        ({"spans": "", "quote": "The ministry"}, "to select one occurrence"),
        ({"spans": "5-99999", "quote": ""}, "The text has"),
        ({"spans": "nonsense", "quote": ""}, "Select the passage in the text"),
    ):
        answer = signed_in.post(address, posted)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    signed_in.post(address, {"spans": "", "quote": "rose by 10.5 % in March"})
    waiting.refresh_from_db()
    assert waiting.decision == Decision.CORRECTED
    assert waiting.new_annotation
    assert waiting.new_annotation.words() == "rose by 10.5 % in March"
    # It is decided; coming back to the page and trying again changes nothing.
    again = signed_in.post(address, {"spans": "", "quote": "exports"})
    assert "already decided" in again.content.decode()


def test_nobody_else_decides(
    client: Client, waiting: Reanchoring, other_annotator: User, project: Project
) -> None:
    project.is_blind = True
    project.save()
    assert client.get(QUEUE)["Location"].startswith("/sign-in/")
    client.force_login(other_annotator)
    shown = page(client)
    assert str(waiting.public_id) not in shown
    assert shown.count('<li class="reanchoring') == 1
    for act in ("", "accept/", "reject/", "reopen/"):
        assert client.post(f"{QUEUE}{waiting.public_id}/{act}").status_code == 404
    assert client.get(f"{QUEUE}{waiting.public_id}/reject/").status_code == 405


def test_the_queue_takes_a_fixed_number_of_queries(
    signed_in: Client,
    waiting: Reanchoring,
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected: ArticleVersion,
) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as caught:
            page(signed_in)
        return len(caught)

    page(signed_in)
    few = counted()
    for kind in (Kind.CLAIM, Kind.NOTE, Kind.SOURCE_LINK) * 3:
        annotate(annotator, kind)
    reanchor_annotations(corrected)
    assert page(signed_in).count('<li class="reanchoring') == 10
    assert counted() == few


def test_words_from_outside_stay_words(
    signed_in: Client,
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
    drafts: dict[Kind, Any],
) -> None:
    annotate(annotator, Kind.CLAIM)
    reanchor_annotations(
        add_version(article, TEXT.replace("12 %", "<script>alert(1)</script> 12 %"))
    )
    shown = page(signed_in)
    assert "<script>alert" not in shown
    assert "&lt;" in shown


@pytest.mark.parametrize(
    "then", ["", "x", "//evil.example", "01890a5d-ac96-774b-bcce-b302099a8057"]
)
def test_after_a_decision_the_next_one_is_at_hand(
    signed_in: Client, waiting: Reanchoring, then: str
) -> None:
    posted = {"next": then, "page": "2"}
    answer = signed_in.post(f"{QUEUE}{waiting.public_id}/reject/", posted)
    named = f"#reanchoring-{then}" if then.startswith("01890") else ""
    assert answer["Location"] == f"{QUEUE}?page=2{named}"


class TestTold:
    """What the pages say of what went by itself."""

    def test_the_article_says_how_many_were_carried_and_how_many_wait(
        self,
        client: Client,
        signed_in: Client,
        waiting: Reanchoring,
        annotate: Any,
        annotator: User,
        article: Article, corrected: ArticleVersion,
    ) -> None:  # fmt: skip
        annotate(annotator, Kind.ENTITY_TAG)
        address = f"/articles/{article.public_id}/"
        assert "Moving 1 annotation…" in told(signed_in, address)
        run_worker()
        # Two wait, of which one is the person's own; so the queue is linked.
        shown = told(signed_in, address)
        assert (
            "1 annotation moved here from an earlier version. 2 annotations need review." in shown
        )
        assert '<a href="/reanchorings/"><span>2 annotations need review' in page(
            signed_in, address
        ).replace("\n", "")
        assert "moved here" not in told(signed_in, f"{address}?version=1")
        client.logout()
        assert "2 annotations need review." in told(client, address)
        assert '<a href="/reanchorings/">' not in page(client, address)

    def test_the_queue_says_what_was_done_and_what_is_on_its_way(
        self, signed_in: Client, waiting: Reanchoring, annotate: Any, annotator: User
    ) -> None:
        annotate(annotator, Kind.ENTITY_TAG)
        assert "Moving 1 of your annotations to the new version" in told(signed_in)
        ReanchoringRun.objects.update(state="failed", error="ValueError: it broke")
        assert "1 annotation could not be moved yet" in told(signed_in)
        assert "it broke" not in page(signed_in)
        run_reanchoring.call(waiting.target_version_id)
        shown = told(signed_in)
        assert "Moving 1" not in shown
        assert "Version 2 1 moved 1 pending" in shown

    def test_blind_means_blind(
        self, signed_in: Client, client: Client, waiting: Reanchoring, project: Project,
        annotate: Any, other_annotator: User, manager: User, article: Article,
    ) -> None:  # fmt: skip
        project.is_blind = True
        project.save()
        address = f"/articles/{article.public_id}/?project={project.slug}"
        before = told(signed_in, address), told(signed_in)
        assert "1 annotation needs review." in before[0]
        # Whatever a colleague does on the old version, and a run that is asked for by it.
        for kind in (Kind.ENTITY_TAG, Kind.CLAIM):
            annotate(other_annotator, kind)
            assert (told(signed_in, address), told(signed_in)) == before
        run_worker()
        assert (told(signed_in, address), told(signed_in)) == before
        client.force_login(manager)
        assert "1 annotation moved here" in told(client, address)
        client.logout()
        assert "moved here" not in told(client, address)

    def test_the_history_of_an_annotation_has_each_step(
        self, signed_in: Client, waiting: Reanchoring
    ) -> None:
        old = waiting.annotation.public_id
        for act in ("reject", "reopen", "accept"):
            start = waiting.target_version.text.index("exports rose")
            place = f"{start}-{start + len('exports rose by 10.5 %')}"
            signed_in.post(f"{QUEUE}{waiting.public_id}/{act}/", {"target-0": place})
        for address in (f"/annotations/{old}/", f"/claims/{old}/"):
            answer = signed_in.get(address, HTTP_HX_REQUEST="true")
            shown = re.sub(r"\s+", " ", answer.content.decode())
            said = [
                "Review requested for a new version",
                "Rejected for a new version",
                "Review reopened",
                "Moved to a new version",
            ]
            places = [shown.index(words) for words in said]
            assert places == sorted(places)
            assert "fuzzy, 9" in shown
            carried = Annotation.objects.get(reanchored_from=waiting.annotation).public_id
            assert f'href="/annotations/{carried}/">View new annotation' in shown

    def test_undoing_knows_a_step_from_a_revision(
        self, signed_in: Client, waiting: Reanchoring
    ) -> None:
        undo = f"/annotations/{waiting.annotation.public_id}/undo/1/"
        answer = signed_in.post(undo, {"seen_revision": 1, "idempotency_key": "k"})
        assert answer.status_code == 200
        waiting.annotation.refresh_from_db()
        assert waiting.annotation.state == "retracted"


def told(client: Client, address: str = QUEUE) -> str:
    """What a page says, without its marks and what is different each time."""
    main = page(client, address).partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+([.;])", r"\1", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)))
