"""What all collections of the API have in common."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotate.models import Kind
from annotate.projects.models import Project, TagSet
from annotate.registry.models import Entity, Source

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


@pytest.mark.parametrize(("name", "queries"), [("projects", 2), ("entities", 3), ("sources", 1)])
def test_number_of_list_queries_is_constant(
    api: Any, tag_set: TagSet, name: str, queries: int
) -> None:
    def create(start: int, count: int) -> None:
        for n in range(start, start + count):
            Project.objects.create(slug=f"p{n}", name="P", tag_set=tag_set, is_public=True)
            Source.objects.create(url=f"https://a.example/{n}", is_public=True)
            entity = Entity.objects.create(name="E", type="GPE", is_public=True)
            entity.aliases.create(name="F")

    create(0, 2)
    with CaptureQueriesContext(connection) as few:
        api().get(f"/api/v1/{name}/")
    create(2, 10)
    with CaptureQueriesContext(connection) as many:
        assert len(api().get(f"/api/v1/{name}/").json()["results"]) == 12
    assert len(few) == len(many) == queries


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collection_has_browsable_pages(
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


def test_root_and_schema_list_every_collection(api: Any, db: None) -> None:
    others = ["reanchorings", "changes", "feeds", "imports", "search", "webhooks"]
    root = api().get("/api/v1/").json()
    named = {name: f"http://testserver/api/v1/{name}/" for name in (*COLLECTIONS, *others)}
    assert root == named
    schema = api().get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert schema["openapi"].startswith("3.1")
    assert {f"/api/v1/{name}/" for name in COLLECTIONS} <= set(schema["paths"])
