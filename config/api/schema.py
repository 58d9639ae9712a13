"""OpenAPI descriptions of what all resources share, which drf-spectacular cannot infer."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.api.expansions import list_paths
from config.api.problems import CONTENT_TYPE
from config.api.renderers import CSV, NDJSON
from config.api.resources import REQUIRED_FIELDS, ResourceViewSet

JSON = "application/json"
Schema = dict[str, Any]


def _text(description: str = "", **schema: Any) -> Schema:
    return {"type": "string", **schema, **({"description": description} if description else {})}


PROBLEM: Schema = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "properties": {
        "type": _text("A stable URI for this type of error.", format="uri"),
        "title": _text(),
        "status": {"type": "integer"},
        "detail": _text(),
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": _text("The invalid value in the body (RFC 6901)."),
                    "parameter": _text("The invalid query parameter."),
                    "detail": _text(),
                },
                "required": ["detail"],
            },
        },
        "current": {"type": "object", "description": "After a 412: the present state."},
    },
    "required": ["type", "title", "status", "detail"],
}


def add_problem_members(**members: Schema) -> None:
    """Describe members that the problems of an app have."""
    PROBLEM["properties"].update(members)


def _parameter(name: str, location: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": location, "schema": schema, "description": description}


_IF_NONE_MATCH = _parameter(
    "If-None-Match",
    "header",
    _text(),
    "The ETag of your copy: the response is 304 if it is current.",
)
_IF_MATCH = {
    **_parameter(
        "If-Match", "header", _text(pattern=r'^(W/)?"[!#-~]{1,80}"$'), "The ETag you read."
    ),
    "required": True,
}
_IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key",
    "header",
    _text(maxLength=200, pattern=r"^[ -~]*$"),
    "For 24 hours, the same request with this key gets the first response again. Use a UUID.",
)


def _header(description: str) -> Schema:
    return {"schema": {"type": "string"}, "description": description}


_WRITE_HEADERS = {"ETag": _header("For If-None-Match and If-Match.")}
_CREATE_HEADERS = {**_WRITE_HEADERS, "Location": _header("The URL of the new resource.")}
_READ_HEADERS = {
    **_WRITE_HEADERS,
    "Last-Modified": _header("When the resource was last changed."),
    "Vary": _header("The request headers that the response depends on."),
    "Cache-Control": _header("Revalidate with If-None-Match."),
}
_LIST_HEADERS = {**_READ_HEADERS, "Link": _header('rel="first", "prev" and "next" (RFC 8288).')}

_PROBLEMS = {
    "400": ("A value, a parameter or the JSON is invalid.", "invalid-parameters"),
    "401": ("The token is missing or invalid.", "not-authenticated"),
    "403": ("You do not have the rights for this.", "not-permitted"),
    "404": ("There is nothing here, or nothing that you can see.", "not-found"),
    "406": ("This format is not available here.", "not-acceptable"),
    "409": ("The state of the resource does not allow this.", "conflict"),
    "412": ("It has changed since you read it; see `current`.", "precondition-failed"),
    "413": ("The request is too large.", "too-large"),
    "415": ("This media type is not supported here.", "unsupported-media-type"),
    "422": ("The idempotency key was used for another request.", "idempotency-key-reused"),
    "428": ("If-Match is missing.", "precondition-required"),
    "429": ("Too many requests; see Retry-After.", "throttled"),
}
_READ_PROBLEMS = ("400", "401", "404", "406", "429")
_WRITE_PROBLEMS = (*_READ_PROBLEMS, "403", "409", "412", "422", "428")
_STATUSES = {
    "GET": _READ_PROBLEMS,
    "POST": (*_WRITE_PROBLEMS, "413", "415"),
    "PATCH": (*_WRITE_PROBLEMS, "413", "415"),
    "DELETE": _WRITE_PROBLEMS,
}


def _describe_problem(status: str) -> Schema:
    description, name = _PROBLEMS[status]
    example = {
        "type": f"urn:pressmark:problem:{name}",
        "title": description.partition(";")[0].rstrip("."),
        "status": int(status),
        "detail": description,
    }
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {name: {"value": example}},
    }
    return {"description": description, "content": {CONTENT_TYPE: content}}


class ResourceSchema(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Add the parameters, headers and problems that resources share."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        parameters = [*operation.get("parameters", ()), *self._get_shared_parameters()]
        for parameter in parameters:
            _forbid_empty_value(parameter)
        if parameters:
            operation["parameters"] = parameters
        responses = operation["responses"]
        action = getattr(self.view, "action", "")
        if isinstance(self.view, ResourceViewSet):
            for status, response in responses.items():
                if status.startswith("2"):
                    response["headers"] = self._get_headers(action, status)
            if action in ("list", "retrieve"):
                responses["304"] = {"description": "Not modified.", "headers": _WRITE_HEADERS}
        for status in _STATUSES.get(self.method, ()):
            responses.setdefault(status, _describe_problem(status))
        return operation

    def _get_headers(self, action: str, status: str) -> Schema:
        if self.method == "GET":
            return _LIST_HEADERS if action == "list" else _READ_HEADERS
        has_location = status == "201" or (status == "202" and action == "create")
        return _CREATE_HEADERS if has_location else _WRITE_HEADERS

    def _get_shared_parameters(self) -> Iterator[Schema]:
        view, action = self.view, getattr(self.view, "action", "")
        if isinstance(view, ResourceViewSet) and action in ("list", "retrieve"):
            yield from _describe_selection(view)
            if action == "list":
                names = [f"{sign}{name}" for name in view.ordering_fields for sign in ("", "-")]
                schema = _text(enum=names, default="id")
                yield _parameter(
                    "ordering", "query", schema, "Prefix - for descending order. Nulls come last."
                )
            yield _IF_NONE_MATCH
        if action in ("partial_update", "destroy", "restore"):
            yield _IF_MATCH
        if action and hasattr(getattr(view, action), "is_idempotent"):
            yield _IDEMPOTENCY_KEY


def _describe_selection(view: ResourceViewSet) -> Iterator[Schema]:
    names = list(dict.fromkeys([*view.get_field_names(), *view.expansions]))
    always = " and ".join(f"`{name}`" for name in REQUIRED_FIELDS if name in names)
    yield _parameter(
        "fields",
        "query",
        _text(pattern=_list_pattern(names), example=",".join(names[:3])),
        f"Return only these fields, separated by commas: {', '.join(names)}. {always} always come.",
    )
    if view.expansions:
        paths = list(list_paths(view.expansions))
        yield _parameter(
            "expand",
            "query",
            _text(pattern=_list_pattern(view.expansions, r"(\.[a-z_]+)*"), example=paths[0]),
            f"Return these related objects whole, to any depth: {', '.join(paths)}.",
        )


def _list_pattern(names: Iterable[str], suffix: str = "") -> str:
    item = rf" *({'|'.join(names)}){suffix} *"
    return f"^{item}(,{item})*$"


def _forbid_empty_value(parameter: Schema) -> None:
    schema = parameter["schema"]
    is_free_text = schema.get("type") == "string" and not {"enum", "format"} & set(schema)
    if is_free_text and parameter["in"] == "query":
        schema.setdefault("pattern", r"^[^\x00]*[^\s\x00][^\x00]*$")
    if parameter["in"] == "path" and parameter["name"] == "slug":
        schema.setdefault("pattern", "^[-a-zA-Z0-9_]+$")


def close_objects(result: Schema, **_: Any) -> Schema:
    """Require all properties of responses, and forbid other properties in requests."""
    schemas = result["components"]["schemas"]
    for name, component in schemas.items():
        if "properties" not in component:
            continue
        if name.endswith("Request"):
            component["additionalProperties"] = False
        else:
            component["required"] = list(component["properties"])
    schemas["Problem"] = PROBLEM
    return result


def discriminate_kinds(result: Schema, **_: Any) -> Schema:
    """Give each alternative of a union the constant value of its `kind`."""
    schemas = result["components"]["schemas"]
    for component in list(schemas.values()):
        for kind, reference in component.get("discriminator", {}).get("mapping", {}).items():
            schemas[_get_name(reference)]["properties"]["kind"] = {"const": kind}
    return result


def allow_selection(result: Schema, generator: Any, **_: Any) -> Schema:
    """Describe reads as `fields` and `expand` shape them, in components that end in Read."""
    schemas = result["components"]["schemas"]
    reads = []
    for path, _path_regex, method, view in generator._get_paths_and_endpoints():
        operation = result["paths"].get(path, {}).get(method.lower())
        is_read = isinstance(view, ResourceViewSet) and view.action in ("list", "retrieve")
        if operation and is_read:
            reads.append((view, operation["responses"]["200"]["content"]))
    names = {
        type(view): _get_name(content[JSON]["schema"]["$ref"])
        for view, content in reads
        if view.action == "retrieve"
    }
    for view_class, name in names.items():
        for part in [_get_name(ref["$ref"]) for ref in schemas[name].get("oneOf", ())] or [name]:
            schemas.setdefault(f"{part}Read", _build_read(schemas[part], view_class, names))
        if "oneOf" in schemas[name]:
            union = schemas[f"{name}Read"] = deepcopy(schemas[name])
            union["oneOf"] = [{"$ref": f"{part['$ref']}Read"} for part in union["oneOf"]]
            mapping = union["discriminator"]["mapping"]
            union["discriminator"]["mapping"] = {kind: f"{r}Read" for kind, r in mapping.items()}
    for view, content in reads:
        reference = {"$ref": f"#/components/schemas/{names[type(view)]}Read"}
        content[NDJSON] = {"schema": reference}
        if view.action == "list":
            page = schemas[_get_name(content[JSON]["schema"]["$ref"])]
            page["properties"]["results"]["items"] = reference
            content[CSV] = {"schema": _text("A table (RFC 4180).")}
        else:
            content[JSON] = {"schema": reference}
            content.pop(CSV, None)
    return result


def _build_read(component: Schema, view: Any, names: dict[Any, str]) -> Schema:
    read = deepcopy(component)
    properties = read["properties"]
    read["required"] = [name for name in REQUIRED_FIELDS if name in properties]
    for name, expansion in view.expansions.items():
        target = expansion.view()
        # The router may use a subclass of the view.
        found = names.get(target) or next(n for v, n in names.items() if issubclass(v, target))
        related = {"$ref": f"#/components/schemas/{found}Read"}
        if expansion.many:
            properties[name] = {"type": "array", "items": related}
        elif name in properties:
            properties[name] = {"anyOf": [properties[name], related]}
    return read


def _get_name(reference: str) -> str:
    return reference.rpartition("/")[2]
