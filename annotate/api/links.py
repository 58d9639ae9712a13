"""Where annotations and what they point to are found."""

from typing import Any

from django.db import models

from annotate.models import MODELS, Annotation, Kind
from annotate.registry.models import Entity, Source
from config.api.resources import id_of, site_of

# The collection of each kind.
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
# The fields of a record that refer to another object, and the collection of that.
_REFERENCES = {
    kind: [
        (field.name, collection)
        for field in model.reference_fields()
        if (collection := _COLLECTIONS_BY_MODEL.get(field.related_model))
    ]
    for kind, model in MODELS.items()
}


def addresses(record: dict[str, Any], base: str) -> dict[str, str]:
    """Give the addresses of an annotation and of what it is about, under that of the API."""
    own, kind, article = record["id"], record["kind"], id_of(record["article"])
    found = {
        "self": f"{base}{COLLECTIONS[kind]}/{own}/",
        "web": f"{site_of(base)}annotations/{own}/",
        "project": f"{base}projects/{id_of(record['project'], 'slug')}/",
        "article": f"{base}articles/{article}/",
        "version": f"{base}versions/{id_of(record['version'])}/",
    }
    if origin := record["reanchored_from"]:
        found["reanchored_from"] = f"{base}annotations/{origin}/"
    if kind == Kind.CLAIM:
        found["source_links"] = f"{base}source-links/?claim={own}"
    for name, collection in _REFERENCES[kind]:
        if other := record[name]:
            found[name] = f"{base}{collection}/{id_of(other)}/"
    return found
