"""What the schema promises holds. `make fuzz` asks for far more; what it found is asked here."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from annotate.models import Annotation
from articles.models import ArticleVersion


@pytest.fixture
def client(api: Callable[..., APIClient], annotator: User) -> APIClient:
    """The client of one who annotates."""
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
def test_a_value_of_another_json_type_is_refused(
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


def test_a_project_is_not_made_public_by_a_word(client: APIClient, project: Any) -> None:
    made = {"slug": "more", "name": "More", "tag_set": "news", "is_public": "on"}
    answer = client.post("/api/v1/projects/", made)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"pointer": "/is_public", "detail": "Give true or false, without quotes."}
    ]


@pytest.mark.parametrize("parameter", ["version", "updated_before", "q", "outlet"])
@pytest.mark.parametrize("nothing", ["", " "])
def test_a_parameter_without_a_value_is_refused(
    client: APIClient, project: Any, parameter: str, nothing: str
) -> None:
    answer = client.get("/api/v1/claims/", {parameter: nothing})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_a_form_that_is_not_named_is_refused(client: APIClient, project: Any) -> None:
    assert client.get("/api/v1/claims/?format=").status_code == 400


def test_the_form_of_a_browser_may_leave_filters_empty(client: APIClient, project: Any) -> None:
    answer = client.get("/api/v1/claims/?q=&version=", headers={"Accept": "text/html"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "query", ["qid=298", "overlaps=9", "overlaps=9..3", "external_id=geonames", "expand=notes,"]
)
def test_a_filter_of_another_form_is_refused(client: APIClient, project: Any, query: str) -> None:
    address = "entities" if query.startswith("external") else "annotations"
    answer = client.get(f"/api/v1/{address}/?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_a_write_refuses_a_parameter_that_it_does_not_know(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, method: str
) -> None:
    one = f"{annotate(annotator).public_id}/"
    address = f"/api/v1/claims/{'' if method == 'post' else one}?project=demo"
    answer = getattr(client, method)(address, {}, headers={"If-Match": '"1"'})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "project"


def test_the_address_of_an_expanded_article_is_an_address(
    client: APIClient, version: ArticleVersion
) -> None:
    told = client.get("/api/v1/versions/?expand=article").json()["results"][0]
    assert told["links"]["article"].endswith(f"/api/v1/articles/{version.article.public_id}/")


@pytest.mark.parametrize("tag", ['"abc"', '"0,x"', 'W/"n,*"', '"other"', '"1", "2"'])
def test_a_tag_that_is_not_the_present_one_is_stale_not_missing(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, tag: str
) -> None:
    address = f"/api/v1/claims/{annotate(annotator).public_id}/"
    answer = client.patch(address, {"text": "Other."}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert answer.json()["current"]["revision"] == 1


@pytest.mark.parametrize("tag", ["", "*", "1", '"1', '"1" "2"'])
def test_what_is_no_tag_is_missing(
    client: APIClient, annotate: Callable[..., Annotation], annotator: User, tag: str
) -> None:
    address = f"/api/v1/claims/{annotate(annotator).public_id}/"
    answer = client.patch(address, {"text": "Other."}, headers={"If-Match": tag})
    assert answer.status_code == 428


def test_a_method_that_is_not_allowed_is_told_so_in_every_form(
    client: APIClient, project: Any
) -> None:
    assert client.put("/api/v1/claims/?format=csv").status_code == 405
    assert client.generic("TRACE", "/api/v1/claims/?format=csv").status_code == 405


def test_the_feed_of_changes_is_no_table(client: APIClient, project: Any) -> None:
    answer = client.get("/api/v1/changes/", headers={"Accept": "text/csv"})
    assert answer.status_code == 406
