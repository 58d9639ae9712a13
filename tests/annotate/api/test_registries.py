"""Projects, entities and sources through the API; and what all endpoints have in common."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Kind
from annotate.projects.models import Project, TagSet
from annotate.registry.models import Entity, Source

PROJECTS, ENTITIES, SOURCES = "/api/v1/projects/", "/api/v1/entities/", "/api/v1/sources/"
COLLECTIONS = [
    "articles",
    "versions",
    "projects",
    "annotations",
    "claims",
    "entity-tags",
    "source-links",
    "notes",
    "entities",
    "sources",
]


class TestProjects:
    def test_their_makers_manage_them(self, api: Any, annotator: User, tag_set: TagSet) -> None:
        body = {"slug": "ports", "name": "Ports", "tag_set": "news", "is_blind": True}
        made = api(annotator).post(PROJECTS, body)
        assert (made.status_code, made.json()["is_blind"]) == (201, True)
        assert [tag["code"] for tag in made.json()["tag_set"]["tags"]][:2] == ["PERSON", "ORG"]
        one = f"{PROJECTS}ports/"
        assert api(annotator).correct(one, {"name": "Harbours"}).json()["name"] == "Harbours"
        taken = api(annotator).post(PROJECTS, body)
        assert taken.json()["errors"][0]["pointer"] == "/slug"

    def test_are_seen_by_those_who_belong_to_them(
        self, api: Any, annotator: User, manager: User, project: Project
    ) -> None:
        one = f"{PROJECTS}{project.slug}/"
        assert api().get(one).status_code == 200
        assert api(annotator).correct(one, {"name": "Mine"}).status_code == 403
        api(manager).correct(one, {"is_public": False})
        assert api().get(one).status_code == 404
        assert api().get(PROJECTS).json()["results"] == []
        assert api(annotator).get(one).status_code == 200


class TestEntities:
    def test_are_added_found_and_corrected(self, api: Any, annotator: User) -> None:
        body = {
            "name": " Rotterdam ",
            "type": "GPE",
            "qid": "Q34370",
            "aliases": [{"name": "Roterdão", "language": "pt"}],
            "external_ids": [{"scheme": "geonames", "value": "2747891"}],
        }
        made = api(annotator).post(ENTITIES, body)
        record = made.json()
        assert (made.status_code, record["name"]) == (201, "Rotterdam")
        for filters in ({"name": "rotter"}, {"name": "Roterdão"}, {"qid": "Q34370"}):
            assert api().get(ENTITIES, filters).json()["results"] == [record]
        one = f"{ENTITIES}{record['id']}/"
        corrected = api(annotator).correct(one, {"aliases": []}).json()
        assert (corrected["aliases"], corrected["qid"]) == ([], "Q34370")
        assert api(User.objects.create_user("other")).correct(one, {}).status_code == 403
        twice = api(annotator).post(ENTITIES, body)
        assert twice.json()["errors"][0]["pointer"] == "/qid"
        assert Entity.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"name": " "}, "/name"),
            ({"type": "DRAGON"}, "/type"),
            ({"qid": "34370"}, "/qid"),
            ({"aliases": [{"name": ""}]}, "/aliases/0/name"),
            ({"aliases": [{"name": "x", "language": "?"}]}, "/aliases/0/language"),
            ({"external_ids": [{"scheme": "a b", "value": "1"}]}, "/external_ids/0/scheme"),
        ],
    )
    def test_a_wrong_value_is_named(
        self, api: Any, annotator: User, change: dict[str, Any], pointer: str
    ) -> None:
        answer = api(annotator).post(ENTITIES, {"name": "R", "type": "GPE", **change})
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert not Entity.objects.exists()


class TestSources:
    def test_one_address_is_one_source(self, api: Any, annotator: User) -> None:
        first = api(annotator).post(SOURCES, {"url": "https://A.example/x", "title": "A"})
        again = api(annotator).post(SOURCES, {"url": "https://a.example/x", "title": "Other"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        one = f"{SOURCES}{first.json()['id']}/"
        assert api(annotator).correct(one, {"title": "B"}).json()["title"] == "B"
        assert (
            api().get(SOURCES, {"title": "b"}).json()["results"][0]["url"] == "https://a.example/x"
        )
        assert Source.objects.count() == 1

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/url"),
            ({"url": "javascript:alert(1)"}, "/url"),
            ({"url": "data:text/html,x"}, "/url"),
            ({"url": "http://"}, "/url"),
            ({"url": "https://a.example", "archive_url": "file:///etc/passwd"}, "/archive_url"),
            ({"title": "A", "published_on": "May"}, "/published_on"),
        ],
    )
    def test_a_wrong_value_is_named(
        self, api: Any, annotator: User, body: dict[str, Any], pointer: str
    ) -> None:
        answer = api(annotator).post(SOURCES, body)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert not Source.objects.exists()


@pytest.mark.parametrize(("address", "queries"), [(PROJECTS, 2), (ENTITIES, 3), (SOURCES, 1)])
def test_the_number_of_queries_does_not_grow(
    api: Any, tag_set: TagSet, address: str, queries: int
) -> None:
    def some(start: int, count: int) -> None:
        for n in range(start, start + count):
            Project.objects.create(slug=f"p{n}", name="P", tag_set=tag_set, is_public=True)
            Source.objects.create(url=f"https://a.example/{n}")
            Entity.objects.create(name="E", type="GPE").aliases.create(name="F")

    some(0, 2)
    with CaptureQueriesContext(connection) as few:
        api().get(address)
    some(2, 10)
    with CaptureQueriesContext(connection) as many:
        assert len(api().get(address).json()["results"]) == 12
    assert len(few) == len(many) == queries


@pytest.mark.parametrize("name", COLLECTIONS)
def test_each_collection_can_be_browsed(
    api: Any, annotate: Any, annotator: User, entity: Entity, name: str
) -> None:
    for kind in Kind:
        annotate(annotator, kind)
    first = api().get(f"/api/v1/{name}/").json()["results"][0]
    one = first["slug"] if name == "projects" else first["id"]
    for address in (f"/api/v1/{name}/", f"/api/v1/{name}/{one}/"):
        page = api(annotator).get(address, HTTP_ACCEPT="text/html")
        assert page.status_code == 200
        assert b"Pressmark" in page.content


def test_the_root_and_the_schema_name_every_collection(api: Any, db: None) -> None:
    others = ["reanchorings", "changes", "feeds", "imports", "search", "webhooks"]
    root = api().get("/api/v1/").json()
    named = {name: f"http://testserver/api/v1/{name}/" for name in (*COLLECTIONS, *others)}
    assert root == named
    schema = api().get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert schema["openapi"].startswith("3.1")
    assert {f"/api/v1/{name}/" for name in COLLECTIONS} <= set(schema["paths"])
