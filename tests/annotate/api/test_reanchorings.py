"""What was carried to new versions, through the API."""

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
from tests.conftest import TEXT
from tests.worker import run_worker

ADDRESS = "/api/v1/reanchorings/"


@pytest.fixture
def corrected(
    article: Article, annotate: Callable[..., Annotation], annotator: User, other_annotator: User
) -> ArticleVersion:
    """A new version, to which what two annotators said was carried as far as it is certain."""
    for user in (annotator, other_annotator):
        annotate(user, Kind.CLAIM)
        annotate(user, Kind.ENTITY_TAG)
    version = add_version(article, TEXT.replace("12 %", "10.5 %"))
    reanchor_annotations(version)
    return version


def found(client: APIClient, **asked: str) -> list[dict[str, Any]]:
    answer = client.get(ADDRESS, asked)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_lists_and_filters(
    api: Callable[..., APIClient], annotator: User, corrected: ArticleVersion
) -> None:
    client = api(annotator)
    assert len(found(client)) == 4
    waiting = found(client, decision="pending", author="annotator")
    assert [row["status"] for row in waiting] == ["fuzzy"]
    (place,) = waiting[0]["targets"]
    best = place["candidates"][0]
    assert corrected.text[best["start"] : best["end"]] == "exports rose by 10.5 %"
    assert place["span"] is None
    assert {row["kind"] for row in found(client, status="exact")} == {"entity_tag"}
    assert found(client, project="elsewhere") == []
    assert client.get(ADDRESS, {"statu": "exact"}).status_code == 400


def test_accept_drop_and_take_up_again(
    api: Callable[..., APIClient], annotator: User, corrected: ArticleVersion
) -> None:
    client = api(annotator)
    (row,) = found(client, decision="pending", author="annotator")
    address = f"{ADDRESS}{row['id']}/"
    assert client.post(f"{address}reject/").json()["decision"] == "rejected"
    assert client.post(f"{address}accept/", {}).status_code == 409
    assert client.post(f"{address}reopen/").json()["decision"] == "pending"
    wrong = client.post(f"{address}accept/", {"spans": [{"exact": "not there"}]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"].startswith("/spans")
    done = client.post(f"{address}accept/", {}).json()
    assert (done["decision"], done["decided_by"]) == ("accepted", "annotator")
    claim = client.get(f"/api/v1/claims/{done['new_annotation']}/").json()
    assert claim["reanchored_from"] == row["annotation"]
    assert claim["spans"][0]["exact"] == "exports rose by 10.5 %"
    # Those who follow the changes are told of it.
    last = client.get("/api/v1/changes/").json()["results"][-1]
    assert (last["action"], last["annotation"]["id"]) == ("reanchor", claim["id"])


def test_others_may_look_and_not_decide(
    api: Callable[..., APIClient], other_annotator: User, manager: User, corrected: ArticleVersion
) -> None:
    client = api(other_annotator)
    (row,) = found(client, decision="pending", author="annotator")
    for act in ("accept", "reject", "reopen"):
        assert client.post(f"{ADDRESS}{row['id']}/{act}/", {}).status_code == 403
        assert api().post(f"{ADDRESS}{row['id']}/{act}/", {}).status_code == 401
    assert api(manager).post(f"{ADDRESS}{row['id']}/reject/").status_code == 200


def test_blind_means_blind(
    api: Callable[..., APIClient],
    project: Project,
    annotator: User,
    other_annotator: User,
    manager: User,
    corrected: ArticleVersion,
) -> None:
    project.is_blind = True
    project.save()
    assert {row["author"] for row in found(api(annotator))} == {"annotator"}
    (theirs,) = found(api(other_annotator), decision="pending")
    assert api(annotator).get(f"{ADDRESS}{theirs['id']}/").status_code == 404
    assert api(annotator).post(f"{ADDRESS}{theirs['id']}/reject/").status_code == 404
    assert found(api()) == []
    assert len(found(api(manager))) == 4


def test_a_list_takes_a_fixed_number_of_queries(
    api: Callable[..., APIClient],
    annotate: Callable[..., Annotation],
    annotator: User,
    corrected: ArticleVersion,
    article: Article,
    django_assert_num_queries: Any,
) -> None:
    client = api(annotator)
    with django_assert_num_queries(5):
        assert len(found(client)) == 4
    for _ in range(5):
        annotate(annotator, Kind.NOTE)
    reanchor_annotations(corrected)
    with django_assert_num_queries(5):
        assert len(found(client)) == 9


def test_a_version_through_the_api_gets_what_stood_on_the_one_before(
    api: Callable[..., APIClient],
    annotate: Callable[..., Annotation],
    annotator: User,
    article: Article,
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    Article.objects.update(created_by=annotator)
    body = {"article": str(article.public_id), "text": TEXT.replace("12 %", "10.5 %")}
    made = api(annotator).post("/api/v1/versions/", body)
    assert made.status_code == 201, made.json()
    run_worker()
    stands = api().get("/api/v1/annotations/", {"version": made.json()["id"]}).json()["results"]
    assert [record["spans"][0]["exact"] for record in stands] == ["Chile"]


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_what_is_sent_again_does_nothing_twice(
    api: Callable[..., APIClient], annotator: User, corrected: ArticleVersion, act: str
) -> None:
    client = api(annotator)
    (row,) = found(client, decision="pending", author="annotator")
    address = f"{ADDRESS}{row['id']}/"
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = client.post(f"{address}{act}/", {}, **key)
    again = client.post(f"{address}{act}/", {}, **key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert client.post(f"{address}reopen/", {}, **key).status_code == 422
    assert client.post(f"{address}{act}/", {}).status_code == 409
    if act == "reject":
        other = {"HTTP_IDEMPOTENCY_KEY": "twice"}
        for _ in range(2):
            assert client.post(f"{address}reopen/", {}, **other).json()["decision"] == "pending"


class TestFollowed:
    """What those see who follow the changes."""

    def test_each_step_comes_once_and_in_order(
        self, api: Callable[..., APIClient], annotator: User, corrected: ArticleVersion
    ) -> None:
        client = api(annotator)
        (row,) = found(client, decision="pending", author="annotator")
        for act in ("reject", "reopen", "accept"):
            client.post(f"{ADDRESS}{row['id']}/{act}/", {})
        seen, cursor = [], "start"
        # One page more than there are changes is empty.
        for _ in range(Change.objects.count() + 1):
            page = client.get("/api/v1/changes/", {"after": cursor, "page_size": 1}).json()
            seen += page["results"]
            cursor = page["cursor"]
        assert page["results"] == []
        assert len({change["cursor"] for change in seen}) == len(seen) == Change.objects.count()
        about = [
            (change["action"], change["reanchoring"] and change["reanchoring"]["status"])
            for change in seen
            if row["annotation"]
            in (change["annotation"]["id"], change["annotation"]["reanchored_from"])
        ]
        assert about == [
            ("create", None),
            ("reanchor_pending", "fuzzy"),
            ("reanchor_rejected", "fuzzy"),
            ("reanchor_reopened", "fuzzy"),
            ("reanchor", "fuzzy"),
        ]
        # A copy that takes what comes last for each annotation stays right.
        copy = {change["annotation"]["id"]: change["annotation"] for change in seen}
        now = client.get("/api/v1/annotations/").json()["results"]
        assert {record["id"]: record for record in now} == copy

    def test_blind_means_blind(
        self,
        api: Callable[..., APIClient],
        project: Project,
        annotator: User,
        other_annotator: User,
        corrected: ArticleVersion,
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
