"""What the OpenAPI schema tells of access (the limits on how often, and how a token fails), and
how one annotation leads to another."""

from typing import Any

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
