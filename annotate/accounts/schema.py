from typing import Any

from config.api.schema import add_problem_members

_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {
        "description": "Requests (q) per window of seconds (w); absent without a limit.",
        "schema": {"type": "string"},
        "example": '"read";q=3000;w=60, "write";q=1200;w=60',
    },
    "RateLimit": {
        "description": "Remaining requests (r) and the seconds until the window ends (t).",
        "schema": {"type": "string"},
        "example": '"read";r=2999;t=41',
    },
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
    },
    "WWW-Authenticate": {
        "description": "Why the token was rejected, or the missing scope (RFC 6750).",
        "schema": {"type": "string"},
        "example": 'Bearer error="insufficient_scope", scope="annotate"',
    },
}
# What the statuses with a header begin with; the other headers come with all.
_STATUSES = {"Retry-After": "429", "WWW-Authenticate": "4"}
add_problem_members(scope={"type": "string", "description": "After a 403: the missing scope."})


def add_access_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the headers of rate limits and authentication to all responses."""
    result["components"]["headers"] = _HEADERS
    operations = (operation for path in result["paths"].values() for operation in path.values())
    for status, response in (pair for each in operations for pair in each["responses"].items()):
        names = [name for name in _HEADERS if status.startswith(_STATUSES.get(name, ""))]
        references = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        response.setdefault("headers", {}).update(references)
    return result
