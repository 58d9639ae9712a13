"""Re-anchorings in the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotate.models import Annotation, Change, Kind
from annotate.projects.models import Project
from annotate.reanchoring.models import Reanchoring
from annotate.reanchoring.services import reanchor_annotations, reject
from articles.models import Article, ArticleVersion
from articles.services import add_version
from articles.text.anchor import Selector
from tests.conftest import TEXT
from tests.worker import run_worker

URL = "/api/v1/reanchorings/"


@pytest.fixture
def corrected_version(
    article: Article, annotate: Callable[..., Annotation], annotator: User, other_annotator: User
) -> ArticleVersion:
    """Add a version; two annotators have a fuzzy and an exact match each."""
    for user in (annotator, other_annotator):
        annotate(user, Kind.CLAIM)
        annotate(user, Kind.ENTITY_TAG)
    version = add_version(article, TEXT.replace("12 %", "10.5 %"))
    reanchor_annotations(version)
    return version


def list_rows(client: APIClient, **params: str) -> list[dict[str, Any]]:
    response = client.get(URL, params)
    assert response.status_code == 200, response.content
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_reanchoring_list_can_be_filtered(
    api: Callable[..., APIClient], annotator: User, corrected_version: ArticleVersion
) -> None:
    client = api(annotator)
    assert len(list_rows(client)) == 4
    pending = list_rows(client, decision="pending", author="annotator")
    assert [row["status"] for row in pending] == ["fuzzy"]
    (target,) = pending[0]["targets"]
    best = target["candidates"][0]
    assert corrected_version.text[best["start"] : best["end"]] == "exports rose by 10.5 %"
    assert target["span"] is None
    assert {row["kind"] for row in list_rows(client, status="exact")} == {"entity_tag"}
    assert list_rows(client, project="elsewhere") == []
    assert client.get(URL, {"statu": "exact"}).status_code == 400


def test_annotation_with_changed_context_moves_and_can_be_confirmed(
    api: Callable[..., APIClient],
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
) -> None:
    content = {"spans": (Selector(exact="exports rose by 12 %"),), "body": "Check it."}
    annotate(annotator, Kind.NOTE, content)
    annotate(annotator, Kind.CLAIM)
    reanchor_annotations(add_version(article, TEXT.replace("ministry said", "ministry denied")))
    client = api(annotator)
    rows = {row["kind"]: row for row in list_rows(client, status="context_changed")}
    assert rows["note"]["decision"] == "auto_accepted"
    assert rows["note"]["targets"][0]["span"] == rows["claim"]["targets"][0]["span"]
    assert (rows["claim"]["decision"], rows["claim"]["new_annotation"]) == ("pending", None)
    assert len(list_rows(client, needs_review="true")) == 2
    url = f"{URL}{rows['note']['id']}/"
    spans = {"spans": [{"exact": "The ministry denied"}]}
    assert client.post(f"{url}accept/", spans).status_code == 409
    assert client.post(f"{url}reject/").status_code == 409
    confirmed = client.post(f"{url}accept/", {}).json()
    assert (confirmed["decision"], confirmed["decided_by"]) == ("accepted", "annotator")
    assert confirmed["new_annotation"] == rows["note"]["new_annotation"]
    assert [row["kind"] for row in list_rows(client, needs_review="true")] == ["claim"]
    assert [row["kind"] for row in list_rows(client, needs_review="false")] == ["note"]


def test_reanchoring_accept_reject_and_reopen(
    api: Callable[..., APIClient], annotator: User, corrected_version: ArticleVersion
) -> None:
    client = api(annotator)
    (row,) = list_rows(client, decision="pending", author="annotator")
    url = f"{URL}{row['id']}/"
    assert client.post(f"{url}reject/").json()["decision"] == "rejected"
    assert client.post(f"{url}accept/", {}).status_code == 409
    assert client.post(f"{url}reopen/").json()["decision"] == "pending"
    wrong = client.post(f"{url}accept/", {"spans": [{"exact": "not there"}]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"].startswith("/spans")
    done = client.post(f"{url}accept/", {}).json()
    assert (done["decision"], done["decided_by"]) == ("accepted", "annotator")
    claim = client.get(f"/api/v1/claims/{done['new_annotation']}/").json()
    assert claim["reanchored_from"] == row["annotation"]
    assert claim["spans"][0]["exact"] == "exports rose by 10.5 %"
    # The changes feed reports it.
    last = client.get("/api/v1/changes/").json()["results"][-1]
    assert (last["action"], last["annotation"]["id"]) == ("reanchor", claim["id"])


def test_other_annotators_can_read_but_not_decide(
    api: Callable[..., APIClient],
    other_annotator: User,
    manager: User,
    corrected_version: ArticleVersion,
) -> None:
    client = api(other_annotator)
    (row,) = list_rows(client, decision="pending", author="annotator")
    for action in ("accept", "reject", "reopen"):
        assert client.post(f"{URL}{row['id']}/{action}/", {}).status_code == 403
        assert api().post(f"{URL}{row['id']}/{action}/", {}).status_code == 401
    assert api(manager).post(f"{URL}{row['id']}/reject/").status_code == 200


def test_blind_project_hides_reanchorings_of_others(
    api: Callable[..., APIClient],
    project: Project,
    annotator: User,
    other_annotator: User,
    manager: User,
    corrected_version: ArticleVersion,
) -> None:
    project.is_blind = True
    project.save()
    assert {row["author"] for row in list_rows(api(annotator))} == {"annotator"}
    (theirs,) = list_rows(api(other_annotator), decision="pending")
    assert api(annotator).get(f"{URL}{theirs['id']}/").status_code == 404
    assert api(annotator).post(f"{URL}{theirs['id']}/reject/").status_code == 404
    assert list_rows(api()) == []
    assert len(list_rows(api(manager))) == 4


def test_reanchoring_list_query_count_is_fixed(
    api: Callable[..., APIClient],
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected_version: ArticleVersion,
    article: Article,
    django_assert_num_queries: Any,
) -> None:
    client = api(annotator)
    with django_assert_num_queries(5):
        assert len(list_rows(client)) == 4
    for _ in range(5):
        annotate(annotator, Kind.NOTE)
    reanchor_annotations(corrected_version)
    with django_assert_num_queries(5):
        assert len(list_rows(client)) == 9


def test_version_posted_to_api_gets_reanchored_annotations(
    api: Callable[..., APIClient],
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    Article.objects.update(created_by=annotator)
    body = {"article": str(article.public_id), "text": TEXT.replace("12 %", "10.5 %")}
    response = api(annotator).post("/api/v1/versions/", body)
    assert response.status_code == 201, response.json()
    run_worker()
    params = {"version": response.json()["id"]}
    annotations = api().get("/api/v1/annotations/", params).json()["results"]
    assert [record["spans"][0]["exact"] for record in annotations] == ["Chile"]


@pytest.mark.parametrize("action", ["accept", "reject"])
def test_retry_with_same_key_decides_once(
    api: Callable[..., APIClient], annotator: User, corrected_version: ArticleVersion, action: str
) -> None:
    client = api(annotator)
    (row,) = list_rows(client, decision="pending", author="annotator")
    url = f"{URL}{row['id']}/"
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = client.post(f"{url}{action}/", {}, **key)
    again = client.post(f"{url}{action}/", {}, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert client.post(f"{url}reopen/", {}, **key).status_code == 422
    assert client.post(f"{url}{action}/", {}).status_code == 409
    if action == "reject":
        other = {"HTTP_IDEMPOTENCY_KEY": "twice"}
        for _ in range(2):
            assert client.post(f"{url}reopen/", {}, **other).json()["decision"] == "pending"


class TestChangesFeed:
    """Re-anchoring events in the changes feed."""

    def test_each_event_is_in_feed_once_and_in_order(
        self, api: Callable[..., APIClient], annotator: User, corrected_version: ArticleVersion
    ) -> None:
        client = api(annotator)
        (row,) = list_rows(client, decision="pending", author="annotator")
        for action in ("reject", "reopen", "accept"):
            client.post(f"{URL}{row['id']}/{action}/", {})
        seen, cursor = [], "start"
        # The page after the last change is empty.
        for _ in range(Change.objects.count() + 1):
            page = client.get("/api/v1/changes/", {"after": cursor, "page_size": 1}).json()
            seen += page["results"]
            cursor = page["cursor"]
        assert page["results"] == []
        assert len({change["cursor"] for change in seen}) == len(seen) == Change.objects.count()
        actions = [
            (change["action"], change["reanchoring"] and change["reanchoring"]["status"])
            for change in seen
            if row["annotation"]
            in (change["annotation"]["id"], change["annotation"]["reanchored_from"])
        ]
        assert actions == [
            ("create", None),
            ("reanchor_pending", "fuzzy"),
            ("reanchor_rejected", "fuzzy"),
            ("reanchor_reopened", "fuzzy"),
            ("reanchor", "fuzzy"),
        ]
        # A copy that keeps the last state of each annotation is up to date.
        copy = {change["annotation"]["id"]: change["annotation"] for change in seen}
        now = client.get("/api/v1/annotations/").json()["results"]
        assert {record["id"]: record for record in now} == copy

    def test_blind_project_hides_events_of_others(
        self,
        api: Callable[..., APIClient],
        project: Project,
        annotator: User,
        other_annotator: User,
        corrected_version: ArticleVersion,
    ) -> None:
        project.is_blind = True
        project.save()
        for row in Reanchoring.objects.pending():
            reject(row, actor=row.annotation.author)
        for user in (annotator, other_annotator):
            changes = api(user).get("/api/v1/changes/").json()["results"]
            assert [change["action"] for change in changes] == [
                "create", "create", "reanchor_pending", "reanchor", "reanchor_rejected",
            ]  # fmt: skip
            assert {change["actor"] for change in changes} == {user.username}
        theirs = Change.objects.get(annotation__author=other_annotator, action="reanchor_pending")
        assert len(api(annotator).get("/api/v1/changes/").json()["results"]) == 5
        assert api().get("/api/v1/changes/").json()["results"] == []
        assert theirs.cursor not in api(annotator).get("/api/v1/changes/").content.decode()
