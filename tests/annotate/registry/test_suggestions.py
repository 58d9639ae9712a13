"""Suggestions of entities and sources while the user types."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotate.registry.models import Entity, EntityAlias, Source


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Владимир", "владимир"),
        ("Łódź", "łódź"),
        ("Łódź", "LODZ"),
        ("Müller", "MÜLLER"),
        ("Müller", "muller"),
        ("Straße", "STRASSE"),
        ("Ἀθῆναι", "αθηναι"),
        ("Đà Nẵng", "da nang"),
        ("ＮＡＴＯ", "nato"),
        ("مُحَمَّد", "محمد"),
        ("İstanbul", "istanbul"),
    ],
)
@pytest.mark.parametrize("is_alias", [False, True])
def test_entity_is_suggested_in_any_case_and_without_accents(
    client: Client, annotator: User, name: str, query: str, is_alias: bool
) -> None:
    entity = Entity.objects.create(name="Another" if is_alias else name, type="ORG", is_public=True)
    if is_alias:
        EntityAlias.objects.bulk_create([EntityAlias(entity=entity, name=name)])
    client.force_login(annotator)
    suggestions = client.get("/entities/suggest/", {"q": query}).content.decode()
    assert str(entity.public_id) in suggestions


@pytest.mark.parametrize("field", ["title", "publisher"])
def test_source_is_suggested_in_any_case_and_without_accents(
    client: Client, annotator: User, api: Any, field: str
) -> None:
    values = {"title": "A report"} | {field: "Правда и Łódź"}
    source = Source.objects.create(url="https://a.example/", is_public=True, **values)
    client.force_login(annotator)
    suggestions = client.get("/sources/suggest/", {"url": "ПРАВДА И łodz"}).content.decode()
    assert str(source.public_id) in suggestions
    listed = api().get("/api/v1/sources/", {"title": "правда"}).json()["results"]
    assert len(listed) == (field == "title")


def test_renamed_entity_is_suggested_by_its_new_name(client: Client, annotator: User) -> None:
    entity = Entity.objects.create(name="Владимир", type="PERSON", is_public=True)
    entity.name = "Волгоград"
    entity.save()
    client.force_login(annotator)
    assert (
        str(entity.public_id) in client.get("/entities/suggest/", {"q": "ВОЛГО"}).content.decode()
    )
