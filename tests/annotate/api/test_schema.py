"""Responses match the schema: regressions that `make fuzz` found."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotate.models import Annotation
from articles.models import ArticleVersion


@pytest.fixture
def client(api: Callable[..., APIClient], annotator: User) -> APIClient:
    """A client signed in as an annotator."""
    return api(annotator)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("text", 12),
        ("text", True),
        ("check_worthiness", "3"),
        ("check_worthiness", True),
        ("claim_type", 1),
        ("project", 5),
        ("claimant_entity", 5),
    ],
)
def test_value_of_wrong_json_type_is_rejected(
    client: APIClient, version: ArticleVersion, name: str, wrong: Any
) -> None:
    claim = {
        "project": "exports",
        "version": str(version.public_id),
        "spans": [{"exact": "Chile"}],
        "text": "Chile buys.",
    }
    answer = client.post("/api/v1/claims/", {**claim, name: wrong})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]


def test_boolean_field_rejects_string(client: APIClient, project: Any) -> None:
    created = {"slug": "more", "name": "More", "tag_set": "news", "is_public": "on"}
    answer = client.post("/api/v1/projects/", created)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "/is_public", "detail": "Give true or false, without quotes."}
    ]


@pytest.mark.parametrize("parameter", ["version", "updated_before", "q", "outlet"])
@pytest.mark.parametrize("nothing", ["", " "])
def test_empty_parameter_is_rejected(
    client: APIClient, project: Any, parameter: str, nothing: str
) -> None:
    answer = client.get("/api/v1/claims/", {parameter: nothing})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_empty_format_is_rejected(client: APIClient, project: Any) -> None:
    assert client.get("/api/v1/claims/?format=").status_code == 400


def test_browsable_api_accepts_empty_filters(client: APIClient, project: Any) -> None:
    answer = client.get("/api/v1/claims/?q=&version=", headers={"Accept": "text/html"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query", ["qid=298", "overlaps=9", "overlaps=9..3", "external_id=geonames", "expand=notes,"]
)
def test_malformed_filter_is_rejected(client: APIClient, project: Any, query: str) -> None:
    address = "entities" if query.startswith("external") else "annotations"
    answer = client.get(f"/api/v1/{address}/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_write_rejects_unknown_parameter(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, method: str
) -> None:
    one = f"{annotate(annotator).public_id}/"
    address = f"/api/v1/claims/{'' if method == 'post' else one}?project=demo"
    answer = getattr(client, method)(address, {}, headers={"If-Match": '"1"'})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "project"


def test_expanded_article_keeps_its_link(client: APIClient, version: ArticleVersion) -> None:
    record = client.get("/api/v1/versions/?expand=article").json()["results"][0]
    assert record["links"]["article"].endswith(f"/api/v1/articles/{version.article.public_id}/")


@pytest.mark.parametrize("tag", ['"abc"', '"0,x"', 'W/"n,*"', '"other"', '"2", "3"', '"*"'])
def test_outdated_if_match_returns_412(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, tag: str
) -> None:
    address = f"/api/v1/claims/{annotate(annotator).public_id}/"
    answer = client.patch(address, {"text": "Other."}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert answer.json()["current"]["revision"] == 1


@pytest.mark.parametrize("tag", ["", "1", '"1', '"1" "2"', '*, "1"', ",", "* *"])
def test_malformed_if_match_returns_428(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, tag: str
) -> None:
    address = f"/api/v1/claims/{annotate(annotator).public_id}/"
    answer = client.patch(address, {"text": "Other."}, headers={"If-Match": tag})
    assert answer.status_code == 428


def test_disallowed_method_returns_405_in_every_format(client: APIClient, project: Any) -> None:
    assert client.put("/api/v1/claims/?format=csv").status_code == 405
    assert client.generic("TRACE", "/api/v1/claims/?format=csv").status_code == 405


def test_changes_are_not_available_as_csv(client: APIClient, project: Any) -> None:
    answer = client.get("/api/v1/changes/", headers={"Accept": "text/csv"})
    assert answer.status_code == 406
