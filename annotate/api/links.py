"""Where annotations and what they point to are found."""

from typing import Any

from annotate.models import Kind
from config.api.resources import id_of, site_of

# The collection of each kind.
COLLECTIONS: dict[str, str] = {
    Kind.CLAIM: "claims",
    Kind.ENTITY_TAG: "entity-tags",
    Kind.SOURCE_LINK: "source-links",
    Kind.NOTE: "notes",
}
# The value of a record that names another thing, and the collection of that.
_POINTING: dict[str, tuple[tuple[str, str], ...]] = {
    Kind.CLAIM: (("claimant_entity", "entities"),),
    Kind.ENTITY_TAG: (("entity", "entities"),),
    Kind.SOURCE_LINK: (("claim", "claims"), ("source", "sources")),
    Kind.NOTE: (("target", "annotations"),),
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
    for name, collection in _POINTING[kind]:
        if other := record[name]:
            found[name] = f"{base}{collection}/{id_of(other)}/"
    return found
