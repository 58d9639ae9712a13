"""What the OpenAPI schema tells of access (the limits on how often, and how a token fails), and
how one annotation leads to another.
"""

from collections.abc import Iterator
from typing import Any

from annotate.api.addresses import COLLECTIONS
from annotate.models import Kind

_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "How many requests (q) are answered in how many seconds (w); absent where "
        "there is no limit.",
        "schema": {"type": "string"},
        "example": '"read";q=3000;w=60, "write";q=1200;w=60',
    },
    "RateLimit": {
        "description": "How many requests remain (r), for how many seconds (t).",
        "schema": {"type": "string"},
        "example": '"read";r=2999;t=41',
    },
    "Retry-After": {
        "description": "After how many seconds to ask again.",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
    },
    "WWW-Authenticate": {
        "description": "What is wrong with the token, or which scope it lacks (RFC 6750).",
        "schema": {"type": "string"},
        "example": 'Bearer error="insufficient_scope", scope="annotate"',
    },
}
_SCOPE = {"type": "string", "description": "The scope that the token lacks (403)."}


def tell_of_access(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the headers of each answer, and the answer to who asks too often."""
    components = result["components"]
    components.setdefault("headers", {}).update(_HEADERS)
    problem = components["schemas"]["Problem"]
    told = {**problem, "properties": {**problem["properties"], "scope": _SCOPE}}
    components["schemas"]["Problem"] = told
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("429", {"description": "Too many requests."})
            _add_headers(operation["responses"])
    return result


def _add_headers(responses: dict[str, Any]) -> None:
    responses["429"] = {**responses["429"], "headers": _named("Retry-After")}
    for status, response in responses.items():
        added = _named("RateLimit-Policy", "RateLimit")
        if status.startswith("4"):
            added |= _named("WWW-Authenticate")
        responses[status] = {**response, "headers": {**response.get("headers", {}), **added}}


def _named(*headers: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


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
