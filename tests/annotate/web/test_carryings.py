"""The queue of what waits for a person after a new version."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.carry import carry
from annotate.models import Annotation, Carrying, Decision, Kind, Project
from articles.ingest.store import add_version
from articles.models import Article, ArticleVersion
from tests.conftest import TEXT

QUEUE = "/carryings/"


@pytest.fixture
def corrected(article: Article, version: ArticleVersion) -> ArticleVersion:
    return add_version(article, TEXT.replace("12 %", "10.5 %"))


@pytest.fixture
def waiting(
    annotate: Callable[..., Annotation],
    annotator: User,
    other_annotator: User,
    corrected: ArticleVersion,
) -> Carrying:
    """A claim that waits; another annotator has one too."""
    claim = annotate(annotator, Kind.CLAIM)
    annotate(other_annotator, Kind.CLAIM)
    carry(corrected)
    return Carrying.objects.get(annotation=claim)


@pytest.fixture
def signed_in(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def page(client: Client, address: str = QUEUE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_home_tells_how_many_wait_and_the_queue_shows_them(
    signed_in: Client, waiting: Carrying
) -> None:
    assert "1 annotation waits for you" in page(signed_in, "/")
    shown = page(signed_in)
    assert "Exports rose by 12 % in March." in shown
    # The old passage in its context, and the proposed place in its own, with what differs.
    assert "<mark>exports rose by 12 %</mark>" in shown
    assert re.search(r"<del>.*?12</del>.*?<ins>.*?10.5</ins>", shown)
    assert re.search(r"\d\d % alike", shown)
    assert shown.count('<li class="carrying') == 1


def test_a_place_is_accepted(signed_in: Client, waiting: Carrying) -> None:
    start = waiting.version.text.index("exports rose")
    answer = signed_in.post(
        f"{QUEUE}{waiting.public_id}/accept/",
        {"place-0": f"{start}-{start + len('exports rose by 10.5 %')}"},
        follow=True,
    )
    assert "Carried to “exports rose by 10.5 %”" in answer.content.decode()
    assert "Nothing waits" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.decision == Decision.ACCEPTED


def test_dropping_can_be_taken_back(signed_in: Client, waiting: Carrying) -> None:
    dropped = signed_in.post(f"{QUEUE}{waiting.public_id}/drop/", follow=True).content.decode()
    assert "Dropped by you" in dropped
    assert "1 annotation waits" not in page(signed_in, "/")
    signed_in.post(f"{QUEUE}{waiting.public_id}/reopen/")
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_the_words_are_selected_or_written_down(signed_in: Client, waiting: Carrying) -> None:
    address = f"{QUEUE}{waiting.public_id}/"
    assert "We expect more 🚢 than ever" in page(signed_in, address)
    for posted, said in (
        ({"spans": "", "words": ""}, "Select the words, or write them down"),
        ({"spans": "", "words": "not there"}, "do not stand in the text"),
        ({"spans": "", "words": "The ministry"}, "Say which"),
        ({"spans": "5-99999", "words": ""}, "The text has"),
        ({"spans": "nonsense", "words": ""}, "Select the words, or write them down"),
    ):
        answer = signed_in.post(address, posted)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    signed_in.post(address, {"spans": "", "words": "rose by 10.5 % in March"})
    waiting.refresh_from_db()
    assert waiting.decision == Decision.RESELECTED
    assert waiting.carried
    assert waiting.carried.words() == "rose by 10.5 % in March"
    # It is decided; coming back to the page and trying again changes nothing.
    again = signed_in.post(address, {"spans": "", "words": "exports"})
    assert "decided already" in again.content.decode()


def test_nobody_else_decides(
    client: Client, waiting: Carrying, other_annotator: User, project: Project
) -> None:
    project.is_blind = True
    project.save()
    assert client.get(QUEUE)["Location"].startswith("/sign-in/")
    client.force_login(other_annotator)
    shown = page(client)
    assert str(waiting.public_id) not in shown
    assert shown.count('<li class="carrying') == 1
    for act in ("", "accept/", "drop/", "reopen/"):
        assert client.post(f"{QUEUE}{waiting.public_id}/{act}").status_code == 404
    assert client.get(f"{QUEUE}{waiting.public_id}/drop/").status_code == 405


def test_the_queue_takes_a_fixed_number_of_queries(
    signed_in: Client,
    waiting: Carrying,
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
    carry(corrected)
    assert page(signed_in).count('<li class="carrying') == 10
    assert counted() == few


def test_words_from_outside_stay_words(
    signed_in: Client,
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
    drafts: dict[Kind, Any],
) -> None:
    annotate(annotator, Kind.CLAIM)
    carry(add_version(article, TEXT.replace("12 %", "<script>alert(1)</script> 12 %")))
    shown = page(signed_in)
    assert "<script>alert" not in shown
    assert "&lt;" in shown


@pytest.mark.parametrize(
    "then", ["", "x", "//evil.example", "01890a5d-ac96-774b-bcce-b302099a8057"]
)
def test_after_a_decision_the_next_one_is_at_hand(
    signed_in: Client, waiting: Carrying, then: str
) -> None:
    posted = {"then": then, "page": "2"}
    answer = signed_in.post(f"{QUEUE}{waiting.public_id}/drop/", posted)
    named = f"#c-{then}" if then.startswith("01890") else ""
    assert answer["Location"] == f"{QUEUE}?page=2{named}"
