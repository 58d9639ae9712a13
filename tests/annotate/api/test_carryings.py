"""What was carried to new versions, through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotate.carry import carry
from annotate.models import Annotation, Kind, Project
from articles.ingest.store import add_version
from articles.models import Article, ArticleVersion
from tests.conftest import TEXT

ADDRESS = "/api/v1/carryings/"


@pytest.fixture
def corrected(
    article: Article, annotate: Callable[..., Annotation], annotator: User, other_annotator: User
) -> ArticleVersion:
    """A new version, to which what two annotators said was carried as far as it is certain."""
    for user in (annotator, other_annotator):
        annotate(user, Kind.CLAIM)
        annotate(user, Kind.ENTITY_TAG)
    version = add_version(article, TEXT.replace("12 %", "10.5 %"))
    carry(version)
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
    waiting = found(client, decision="waiting", author="annotator")
    assert [row["status"] for row in waiting] == ["edited"]
    (place,) = waiting[0]["places"]
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
    (row,) = found(client, decision="waiting", author="annotator")
    address = f"{ADDRESS}{row['id']}/"
    assert client.post(f"{address}drop/").json()["decision"] == "dropped"
    assert client.post(f"{address}accept/", {}).status_code == 409
    assert client.post(f"{address}reopen/").json()["decision"] == "waiting"
    wrong = client.post(f"{address}accept/", {"spans": [{"exact": "not there"}]})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["pointer"].startswith("/spans")
    done = client.post(f"{address}accept/", {}).json()
    assert (done["decision"], done["decided_by"]) == ("accepted", "annotator")
    claim = client.get(f"/api/v1/claims/{done['carried']}/").json()
    assert claim["carried_from"] == row["annotation"]
    assert claim["spans"][0]["exact"] == "exports rose by 10.5 %"
    # Those who follow the changes are told of it.
    last = client.get("/api/v1/changes/").json()["results"][-1]
    assert (last["action"], last["annotation"]["id"]) == ("carry", claim["id"])


def test_others_may_look_and_not_decide(
    api: Callable[..., APIClient], other_annotator: User, manager: User, corrected: ArticleVersion
) -> None:
    client = api(other_annotator)
    (row,) = found(client, decision="waiting", author="annotator")
    for act in ("accept", "drop", "reopen"):
        assert client.post(f"{ADDRESS}{row['id']}/{act}/", {}).status_code == 403
        assert api().post(f"{ADDRESS}{row['id']}/{act}/", {}).status_code == 401
    assert api(manager).post(f"{ADDRESS}{row['id']}/drop/").status_code == 200


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
    (theirs,) = found(api(other_annotator), decision="waiting")
    assert api(annotator).get(f"{ADDRESS}{theirs['id']}/").status_code == 404
    assert api(annotator).post(f"{ADDRESS}{theirs['id']}/drop/").status_code == 404
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
    carry(corrected)
    with django_assert_num_queries(5):
        assert len(found(client)) == 9
