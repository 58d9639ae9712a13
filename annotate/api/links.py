from typing import Any

from django.db import models
from rest_framework.request import Request

from annotate.models import MODELS, Annotation, Kind
from annotate.registry.models import Entity, Source
from config.api.resources import LinkTemplates, get_api_url
from config.types import Record

COLLECTIONS: dict[str, str] = {
    Kind.CLAIM: "claims",
    Kind.ENTITY_TAG: "entity-tags",
    Kind.SOURCE_LINK: "source-links",
    Kind.NOTE: "notes",
}
_COLLECTIONS_BY_MODEL: dict[type[models.Model], str] = {
    Annotation: "annotations",
    Entity: "entities",
    Source: "sources",
    **{MODELS[kind]: collection for kind, collection in COLLECTIONS.items()},
}


def _build_templates(kind: str) -> LinkTemplates:
    """Return the links of a kind: the shared ones, and those to the objects it refers to."""
    templates = {
        "self": f"{{api}}{COLLECTIONS[kind]}/{{id}}/",
        "web": "{site}annotations/{id}/",
        "project": "{api}projects/{project}/",
        "article": "{api}articles/{article}/",
        "version": "{api}versions/{version}/",
        "reanchored_from": "{api}annotations/{reanchored_from}/",
    }
    if kind == Kind.CLAIM:
        templates["source_links"] = "{api}source-links/?claim={id}"
    for field in MODELS[kind].reference_fields():
        if collection := _COLLECTIONS_BY_MODEL.get(field.related_model):
            templates[field.name] = f"{{api}}{collection}/{{{field.name}}}/"
    return LinkTemplates(templates)


_LINK_TEMPLATES = {kind: _build_templates(kind) for kind in COLLECTIONS}


def add_annotation_links(record: Record, request: Request) -> dict[str, Any]:
    links = _LINK_TEMPLATES[record["kind"]].build(record, get_api_url(request))
    return {**record, "links": links}
