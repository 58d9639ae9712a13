from typing import Any

from config.api.schema import add_problem_members

_RATE_LIMIT_HEADERS: dict[str, dict[str, Any]] = {
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
}
_HEADERS: dict[str, dict[str, Any]] = {
    **_RATE_LIMIT_HEADERS,
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
add_problem_members(scope={"type": "string", "description": "After a 403: the missing scope."})


def add_access_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the headers of rate limits and authentication to all responses."""
    result["components"].setdefault("headers", {}).update(_HEADERS)
    for path in result["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            responses.setdefault("429", {"description": "Too many requests."})
            for status, response in responses.items():
                names = list(_RATE_LIMIT_HEADERS)
                if status.startswith("4"):
                    names.append("WWW-Authenticate")
                if status == "429":
                    names = ["Retry-After", *names]
                references = {n: {"$ref": f"#/components/headers/{n}"} for n in names}
                headers = {**response.get("headers", {}), **references}
                responses[status] = {**response, "headers": headers}
    return result
