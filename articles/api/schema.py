"""What the generator of the OpenAPI schema cannot see for itself."""

from typing import Any

from articles.api.problems import CONTENT_TYPE
from articles.api.renderers import NDJSON

_PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "A stable URI of this type."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "The value of the body at fault (RFC 6901).",
                    },
                    "parameter": {
                        "type": "string",
                        "description": "The query parameter at fault.",
                    },
                    "detail": {"type": "string"},
                },
                "required": ["detail"],
            },
        },
        "reason": {
            "type": "string",
            "description": "Why an article was not fetched, for programs.",
        },
        "article": {
            "type": "string",
            "format": "uuid",
            "description": "The article that is here already (409).",
        },
        "current": {
            "type": "object",
            "description": "After a conflict (412): what is there now.",
        },
    },
    "required": ["type", "title", "status", "detail"],
}


def nothing_is_left_open(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that an answer has each of its properties, and that a request may have no others."""
    for name, component in result["components"]["schemas"].items():
        if "properties" not in component:
            continue
        if name.endswith("Request"):
            component["additionalProperties"] = False
        else:
            component["required"] = list(component["properties"])
    return result


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that any request may be refused, and how that is told."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    refused = {
        "description": "The request was refused.",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"]["4XX"] = refused
    return result


def stream_single_rows(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that each line of a stream is one of what a page has many of."""
    schemas = result["components"]["schemas"]
    for path in result["paths"].values():
        content = path.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if NDJSON not in content:
            continue
        page = content[NDJSON]["schema"].get("$ref", "").removeprefix("#/components/schemas/")
        rows = schemas.get(page, {}).get("properties", {}).get("results")
        if page.startswith("Paginated") and rows:
            content[NDJSON]["schema"] = rows["items"]
    return result
