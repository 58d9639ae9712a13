"""What the OpenAPI schema tells of access (the limits on how often, and how a token fails), and
how one annotation leads to another."""

from collections.abc import Iterator
from typing import Any

from annotate.api.links import COLLECTIONS
from annotate.models import Kind

# What a new annotation takes over from what was read or made before.
_SAME_PASSAGE = {name: f"$response.body#/{name}" for name in ("project", "version", "spans")}
_ON_IT = {"project": "$response.body#/project", "target": "$response.body#/id"}
_OF_IT = {"project": "$response.body#/project", "claim": "$response.body#/id"}
_IN_TEXT = {
    "articles": {"version": "$response.body#/current_version/id"},
    "versions": {"version": "$response.body#/id"},
}


def lead_to_annotations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say what can be made of an answer: annotations of its text or passage, notes, sources."""
    paths = result["paths"]
    create = {
        kind: paths[f"/api/v1/{collection}/"]["post"]["operationId"]
        for kind, collection in COLLECTIONS.items()
    }
    marks = (create[Kind.CLAIM], create[Kind.ENTITY_TAG])
    for collection in ("annotations", *COLLECTIONS.values()):
        for answer in _told(paths, collection):
            _lead(answer, _SAME_PASSAGE, *marks)
            _lead(answer, _ON_IT, create[Kind.NOTE])
            if collection == COLLECTIONS[Kind.CLAIM]:
                _lead(answer, _OF_IT, create[Kind.SOURCE_LINK])
    for collection, body in _IN_TEXT.items():
        for answer in _told(paths, collection):
            _lead(answer, body, *marks)
    return result


def _told(paths: dict[str, Any], collection: str) -> Iterator[dict[str, Any]]:
    """Give the answers that tell of one thing of a collection: read, or made."""
    yield paths[f"/api/v1/{collection}/{{public_id}}/"]["get"]["responses"]["200"]
    if made := paths[f"/api/v1/{collection}/"].get("post"):
        yield made["responses"]["201"]


def _lead(answer: dict[str, Any], body: dict[str, str], *operations: str) -> None:
    links = answer.setdefault("links", {})
    for operation in operations:
        links[operation] = {"operationId": operation, "requestBody": body}
