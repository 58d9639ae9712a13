"""What the generator of the OpenAPI schema cannot see for itself."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.api.expansions import paths
from config.api.problems import CONTENT_TYPE
from config.api.renderers import CSV, NDJSON
from config.api.resources import ALWAYS, ResourceViewSet

JSON = "application/json"

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
        "feed": {
            "type": "string",
            "format": "uuid",
            "description": "The feed that is polled already (409).",
        },
        "feeds": {
            "type": "array",
            "description": "The feeds that a page names which is none itself.",
            "items": {
                "type": "object",
                "properties": {
                    "url": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "kind": {"type": "string"},
                },
                "required": ["url", "title", "kind"],
            },
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


# --- Parameters ---------------------------------------------------------------------------


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _header(
    name: str, description: str, *, required: bool = False, **schema: Any
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": {"type": "string", **schema},
        "description": description,
    }


_IF_NONE_MATCH = _header(
    "If-None-Match", "The ETag of what you have: if it is still so, the answer is 304."
)
_IF_MATCH = _header(
    "If-Match",
    "The ETag of what you saw, as you got it.",
    required=True,
    pattern=r'^(W/)?"[!#-~]{1,80}"$',
)
_IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "A retry with the same key and body does nothing twice, for 24 hours. Use a UUID.",
    maxLength=200,
    pattern=r"^[ -~]*$",
)
# Actions that know when they are repeated.
_WRITES = (
    *("create", "partial_update", "destroy", "restore", "bulk", "test"),
    *("fetch", "poll", "stop", "resume", "accept", "drop", "reopen"),
)
_SEEING = ("partial_update", "destroy", "restore")


class ResourceSchema(AutoSchema):
    """Tells of the parameters that all resources share."""

    def _get_parameters(self) -> Any:
        """Give the parameters of an operation."""
        return [*super()._get_parameters(), *self._shared_parameters()]

    def _shared_parameters(self) -> Iterator[dict[str, Any]]:
        view, action = self.view, getattr(self.view, "action", "")
        if isinstance(view, ResourceViewSet) and action in ("list", "retrieve"):
            yield from _shaping(view)
            if action == "list":
                yield _ordering(view)
            yield _IF_NONE_MATCH
        if action in _SEEING:
            yield _IF_MATCH
        if getattr(view, "keeps_keys", self.method == "POST") and action in _WRITES:
            yield _IDEMPOTENCY_KEY


def _ordering(view: ResourceViewSet) -> dict[str, Any]:
    names = [f"{sign}{name}" for name in view.ordering_fields for sign in ("", "-")]
    return _query(
        "ordering",
        {"type": "string", "enum": names, "default": "id"},
        "By what the list is sorted; with - the largest first. What has no such value comes last.",
    )


def _shaping(view: ResourceViewSet) -> Iterator[dict[str, Any]]:
    known = list(dict.fromkeys([*view.names(), *view.expansions]))
    yield _query(
        "fields",
        {"type": "string", "pattern": _listed(known), "example": ",".join(known[:3])},
        f"Tell these alone, separated by commas: {', '.join(known)}. "
        f"{' and '.join(f'`{name}`' for name in ALWAYS if name in known)} always comes.",
    )
    if view.expansions:
        can = list(paths(view.expansions))
        yield _query(
            "expand",
            {"type": "string", "pattern": _listed(view.expansions, _DEEPER), "example": can[0]},
            f"Tell these whole, separated by commas, at any depth: {', '.join(can)}.",
        )


# What stands in an expansion is expanded after a full stop.
_DEEPER = r"(\.[a-z_]+)*"


def _listed(names: Iterable[str], more: str = "") -> str:
    """Give the pattern of some of the names, separated by commas."""
    one = rf" *({'|'.join(names)}){more} *"
    return f"^{one}(,{one})*$"


def words_are_never_empty(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say that a parameter without a value is an error, and that U+0000 stands in none."""
    for operation in _all(result):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            open_ended = schema.get("type") == "string" and not {"enum", "format"} & set(schema)
            if open_ended and parameter["in"] == "query":
                schema.setdefault("pattern", r"^[^\x00]*[^\s\x00][^\x00]*$")
            if parameter["in"] == "path" and parameter["name"] == "slug":
                schema.setdefault("pattern", "^[-a-zA-Z0-9_]+$")
    return result


def _all(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in result["paths"].values():
        yield from operations.values()


# --- Answers ------------------------------------------------------------------------------


def _answer_header(description: str) -> dict[str, Any]:
    return {"schema": {"type": "string"}, "description": description}


_ETAG = {"ETag": _answer_header("Names what was answered: for If-None-Match and If-Match.")}
_READ = {
    **_ETAG,
    "Last-Modified": _answer_header("When the latest of what is told was changed."),
    "Vary": _answer_header("Of which headers of the request the answer depends."),
    "Cache-Control": _answer_header("Ask again, with If-None-Match."),
}
_LISTED = {**_READ, "Link": _answer_header('rel="first", "prev" and "next" (RFC 8288).')}
_MADE = {**_ETAG, "Location": _answer_header("Where what was made is read.")}

_REFUSALS = {
    "400": ("A value, a parameter or the JSON is wrong.", "invalid-parameters"),
    "401": ("Who asks is not known, or the token is not valid.", "not-authenticated"),
    "403": ("Who asks may not do this.", "not-permitted"),
    "404": ("There is nothing here, or nothing that you may see.", "not-found"),
    "406": ("It is not to be had in the form asked for.", "not-acceptable"),
    "409": ("It is not in the state for this.", "wrong-state"),
    "412": ("It has changed since you read it; `current` is what is there now.", "stale"),
    "413": ("The request is too large.", "too-large"),
    "415": ("The body is not in a form that is read here.", "unsupported-media-type"),
    "422": ("The idempotency key was used for another request.", "idempotency-key-reused"),
    "428": ("If-Match is missing: name what you saw.", "precondition-required"),
    "429": ("Too many requests; Retry-After says when.", "throttled"),
}
_ANY = ("400", "401", "404", "406", "429")
_OF_METHOD = {
    "get": _ANY,
    "post": (*_ANY, "403", "409", "412", "413", "415", "422", "428"),
    "patch": (*_ANY, "403", "409", "412", "413", "415", "422", "428"),
    "delete": (*_ANY, "403", "409", "412", "422", "428"),
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say with which statuses a request may be refused, and how that is told."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            for status in _OF_METHOD.get(method, ()):
                operation["responses"].setdefault(status, _refusal(status))
    return result


def _refusal(status: str) -> dict[str, Any]:
    description, name = _REFUSALS[status]
    example = {
        "type": f"urn:pressmark:problem:{name}",
        "title": description.split(";")[0].rstrip("."),
        "status": int(status),
        "detail": description,
    }
    return {
        "description": description,
        "content": {
            CONTENT_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {name: {"value": example}},
            }
        },
    }


def add_headers(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Say which headers come with an answer, and that one who has it gets it no more."""
    for operation, method, view in _operations(result, generator):
        action = getattr(view, "action", "")
        for status, answer in operation["responses"].items():
            if not isinstance(view, ResourceViewSet) or not status.startswith("2"):
                continue
            if action == "list":
                answer["headers"] = _LISTED
            elif method == "get":
                answer["headers"] = _READ
            else:
                made = status == "201" or (status == "202" and action == "create")
                answer["headers"] = _MADE if made else _ETAG
        if isinstance(view, ResourceViewSet) and action in ("list", "retrieve"):
            operation["responses"]["304"] = {
                "description": "You have it as it is.",
                "headers": _ETAG,
            }
    return result


def _operations(result: dict[str, Any], generator: Any) -> Iterator[tuple[Any, str, Any]]:
    for path, _, method, view in generator._get_paths_and_endpoints():
        operation = result["paths"].get(path, {}).get(method.lower())
        if operation:
            yield operation, method.lower(), view


# --- What is read, as `fields` and `expand` shape it ----------------------------------------


def shape_what_is_read(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Say that reading can leave values out and tell things in place of their ids."""
    schemas = result["components"]["schemas"]
    reading = [
        (operation, view)
        for operation, method, view in _operations(result, generator)
        if isinstance(view, ResourceViewSet) and view.action in ("list", "retrieve")
    ]
    whole = {
        type(view): _reference(operation) for operation, view in reading if view.action != "list"
    }
    for resource, name in whole.items():
        for part in _kinds(schemas, name):
            schemas.setdefault(f"{part}Read", _shaped(schemas[part], resource, whole))
        if "oneOf" in schemas[name]:
            schemas[f"{name}Read"] = _renamed(schemas[name])
    for operation, view in reading:
        target = {"$ref": f"#/components/schemas/{whole[type(view)]}Read"}
        content = operation["responses"]["200"]["content"]
        if view.action == "list":
            page = content[JSON]["schema"]["$ref"].rpartition("/")[2]
            schemas[page]["properties"]["results"]["items"] = target
            content[NDJSON] = {"schema": target}
            content[CSV] = {"schema": {"type": "string", "description": "A table (RFC 4180)."}}
        else:
            content[JSON] = {"schema": target}
            content[NDJSON] = {"schema": target}
            content.pop(CSV, None)
    return result


def _reference(operation: dict[str, Any]) -> str:
    found: str = operation["responses"]["200"]["content"][JSON]["schema"]["$ref"]
    return found.rpartition("/")[2]


def _kinds(schemas: dict[str, Any], name: str) -> list[str]:
    """Name the components that a component is one of."""
    one_of = schemas[name].get("oneOf")
    return [part["$ref"].rpartition("/")[2] for part in one_of] if one_of else [name]


def _renamed(component: dict[str, Any]) -> dict[str, Any]:
    copy = deepcopy(component)
    for part in copy["oneOf"]:
        part["$ref"] += "Read"
    mapping = copy["discriminator"]["mapping"]
    copy["discriminator"]["mapping"] = {kind: f"{ref}Read" for kind, ref in mapping.items()}
    return copy


def _shaped(component: dict[str, Any], view: Any, whole: dict[Any, str]) -> dict[str, Any]:
    copy = deepcopy(component)
    properties = copy["properties"]
    copy["required"] = [name for name in ALWAYS if name in properties]
    for name, expansion in view.expansions.items():
        other = {"$ref": f"#/components/schemas/{_told_by(expansion.view(), whole)}Read"}
        if expansion.many:
            properties[name] = {"type": "array", "items": other}
        elif name in properties:
            properties[name] = {"anyOf": [properties[name], other]}
    return copy


def _told_by(view: Any, whole: dict[Any, str]) -> str:
    """Name the component of what a view shows; a view of the same rows may stand for it."""
    return whole.get(view) or next(name for other, name in whole.items() if issubclass(other, view))


def kinds_are_told_apart(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say which `kind` each of several alternatives is."""
    schemas = result["components"]["schemas"]
    for component in list(schemas.values()):
        mapping = component.get("discriminator", {}).get("mapping", {})
        for kind, ref in mapping.items():
            schemas[ref.rpartition("/")[2]]["properties"]["kind"] = {"const": kind}
    return result


# --- Where to go on -----------------------------------------------------------------------


def add_links(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say how what was made or read is read, changed, taken back and restored (OpenAPI links)."""
    for path, operations in result["paths"].items():
        # What belongs to a thing has longer paths.
        ones = [other for other in result["paths"] if other.startswith(f"{path}{{")]
        one = min(ones, key=lambda other: other.count("/"), default=None)
        if one is None:
            continue
        name = one[len(path) + 1 :].partition("}")[0]
        followed = [
            operation
            for other, operations in result["paths"].items()
            if other.startswith(one)
            for operation in operations.values()
        ]
        made = operations.get("post")
        for operation in [*followed, *([made] if made else [])]:
            for status in ("200", "201", *(("202",) if operation is made else ())):
                links = dict(_links(operation, followed, name))
                if links and (answer := operation["responses"].get(status)):
                    answer["links"] = links
    return result


def _links(
    operation: dict[str, Any], followed: list[dict[str, Any]], name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lead from an answer to what can be done next with the thing that it tells of."""
    key = "slug" if name == "slug" else "id"
    for other in followed:
        if other is operation:
            continue
        parameters = {f"path.{name}": f"$response.body#/{key}"}
        if any(p["name"] == "If-Match" for p in other.get("parameters", ())):
            parameters["header.If-Match"] = "$response.header.ETag"
        yield (
            other["operationId"],
            {"operationId": other["operationId"], "parameters": parameters},
        )


def lead_to_versions(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say how an article that was made or read gets a corrected text."""
    paths = result["paths"]
    corrected = {
        "operationId": paths["/api/v1/versions/"]["post"]["operationId"],
        "requestBody": {"article": "$response.body#/id"},
    }
    made = paths["/api/v1/articles/"]["post"]["responses"]["201"]
    read = paths["/api/v1/articles/{public_id}/"]["get"]["responses"]["200"]
    for answer in (made, read):
        answer.setdefault("links", {})[corrected["operationId"]] = corrected
    return result
