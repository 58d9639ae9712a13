"""A field of a kind of annotation is declared in its model alone (docs/adding-a-field.md)."""

from typing import Any

import orjson
import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import RequestFactory

from annotate.api.links import COLLECTIONS
from annotate.api.serializers import SERIALIZERS
from annotate.models import MODELS, Annotation, Kind
from annotate.projects.models import Project
from annotate.triggers import TRIGGERS
from annotate.workspace.forms import FORMS
from articles.models import ArticleVersion
from tests.openapi import openapi

FIELDS = [
    pytest.param(kind, field, id=f"{kind}.{field.name}")
    for kind, model in MODELS.items()
    for field in model.content_fields()
]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_in_the_form(
    kind: Kind, field: models.Field, project: Project, version: ArticleVersion, annotator: User
) -> None:
    form = FORMS[kind](project=project, version=version, user=annotator)
    shown = [bound.name for row in form.rows() for bound, _ in row]
    shown += [bound.name for bound in form.hidden_inputs()]
    assert field.name in [*shown, *form.skipped]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_in_serializer_and_record(
    kind: Kind, field: models.Field, annotate: Any, annotator: User
) -> None:
    assert field.name in SERIALIZERS[kind]().fields
    assert field.name in annotate(annotator, kind).record()


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_in_request_and_response_of_openapi(kind: Kind, field: models.Field) -> None:
    operation = openapi()["paths"][f"/api/v1/{COLLECTIONS[kind]}/"]["post"]
    request = operation["requestBody"]["content"]["application/json"]["schema"]
    response = operation["responses"]["201"]["content"]["application/json"]["schema"]
    for schema in (request, response):
        name = schema["$ref"].rpartition("/")[2]
        assert field.name in openapi()["components"]["schemas"][name]["properties"]


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_a_csv_column(
    kind: Kind, field: models.Field, api: Any, annotate: Any, annotator: User
) -> None:
    annotate(annotator, kind)
    response = api().get(f"/api/v1/{COLLECTIONS[kind]}/", {"format": "csv"})
    header = b"".join(response.streaming_content).decode().splitlines()[0]
    assert field.name in header.split(",")


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_field_is_in_the_admin(kind: Kind, field: models.Field) -> None:
    request = RequestFactory().get("/")
    assert field.name in admin.site.get_model_admin(MODELS[kind]).get_fields(request)


@pytest.mark.parametrize(
    ("kind", "field"), [p for p in FIELDS if p.values[1] in MODELS[p.values[0]].text_fields()]
)
def test_text_field_is_searched(
    kind: Kind, field: models.Field, annotate: Any, annotator: User, contents: Any
) -> None:
    content = contents[kind] | {field.name: "Ornithology"}
    annotation = annotate(annotator, kind, content)
    document = Annotation.objects.all().documents([annotation.pk])[annotation.pk]
    assert "Ornithology" in [text for text, _ in (*document.title, *document.text)]
    assert list(Annotation.objects.search("ornithology")) == [annotation.annotation]
    table = MODELS[kind]._meta.db_table
    assert {trigger.event for trigger in TRIGGERS if trigger.table == table} >= {"UPDATE"}


@pytest.mark.parametrize("kind", list(Kind))
def test_record_has_defaults_of_fields_newer_than_its_document(
    kind: Kind, annotate: Any, annotator: User
) -> None:
    """A migration that adds a field does not rewrite stored documents."""
    annotation = annotate(annotator, kind)
    optional = [
        field.name
        for field in MODELS[kind].content_fields()
        if (field.has_default() or field.blank) and not callable(field.default)
    ]
    record = annotation.record()
    old = {name: value for name, value in record.items() if name not in optional}
    Annotation.objects.filter(pk=annotation.pk).update(document=orjson.dumps(old).decode())
    (found,) = Annotation.objects.filter(pk=annotation.pk).fetch_records()
    assert set(found) == set(record)
