from typing import Any

_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "Allowed requests (q) per window of w seconds. Absent without a limit.",
        "schema": {"type": "string"},
        "example": '"read";q=3000;w=60, "write";q=1200;w=60',
    },
    "RateLimit": {
        "description": "Remaining requests (r) for the next t seconds.",
        "schema": {"type": "string"},
        "example": '"read";r=2999;t=41',
    },
    "Retry-After": {
        "description": "Seconds to wait before retrying.",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
    },
    "WWW-Authenticate": {
        "description": "Why the token is rejected, or which scope it lacks (RFC 6750).",
        "schema": {"type": "string"},
        "example": 'Bearer error="insufficient_scope", scope="annotate"',
    },
}
_SCOPE = {"type": "string", "description": "The scope that the token lacks (403)."}


def add_access_responses(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the rate limit headers to all responses, and the 429 response to all operations."""
    components = result["components"]
    components.setdefault("headers", {}).update(_HEADERS)
    problem = components["schemas"]["Problem"]
    properties = {**problem["properties"], "scope": _SCOPE}
    components["schemas"]["Problem"] = {**problem, "properties": properties}
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("429", {"description": "Too many requests."})
            _add_headers(operation["responses"])
    return result


def _add_headers(responses: dict[str, Any]) -> None:
    responses["429"] = {**responses["429"], "headers": _make_refs("Retry-After")}
    for status, response in responses.items():
        headers = _make_refs("RateLimit-Policy", "RateLimit")
        if status.startswith("4"):
            headers |= _make_refs("WWW-Authenticate")
        responses[status] = {**response, "headers": {**response.get("headers", {}), **headers}}


def _make_refs(*headers: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
