"""OpenAPI descriptions of what all resources share, which drf-spectacular cannot infer."""

from collections.abc import Iterable, Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer

from config.api.expansions import list_paths
from config.api.pagination import CURSOR, PAGE_SIZE
from config.api.problems import CONTENT_TYPE
from config.api.renderers import CSV, NDJSON
from config.api.resources import REQUIRED_FIELDS, ResourceViewSet

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


_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    location="header",
    description="The ETag of your copy: the response is 304 if it is current.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    location="header",
    required=True,
    pattern=r'^(\*|(W/)?"[!#-~]{1,80}"(, (W/)?"[!#-~]{1,80}"){0,20})$',
    description="The ETag you read, several of them, or `*` for whatever is there now.",
)
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    _text(maxLength=200, pattern=r"^[ -~]*$"),
    "header",
    description="For 24 hours, the same request with this key gets the first response again. "
    "Use a UUID.",
)
_HEADERS = {
    "ETag": "For If-None-Match and If-Match.",
    "Location": "The URL of the new resource.",
    "Last-Modified": "When the resource was last changed.",
    "Vary": "The request headers that the response depends on.",
    "Cache-Control": "Revalidate with If-None-Match.",
    "Link": 'rel="first", "prev" and "next" (RFC 8288).',
}
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
_NOT_EXPECTED_AFTER_GET = {"403", "409", "412", "413", "415", "422", "428"}


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
    """Adds the parameters, headers and problems that resources share.

    Records are read with all `fields` or some, and with related objects in place of ids. The
    components of such reads end in Read; writes always return the whole record.
    """

    view: Any

    @property
    def action(self) -> str:
        return getattr(self.view, "action", "")

    @property
    def is_read(self) -> bool:
        return isinstance(self.view, ResourceViewSet) and self.action in ("list", "retrieve")

    def get_override_parameters(self) -> list[Any]:
        parameters = super().get_override_parameters()
        if self.is_read:
            parameters += [*_describe_selection(self.view, self.action), _IF_NONE_MATCH]
        if self.action in ("partial_update", "destroy", "restore"):
            parameters.append(_IF_MATCH)
        if hasattr(getattr(self.view, self.action, None), "is_idempotent"):
            parameters.append(_IDEMPOTENCY_KEY)
        return parameters

    def _get_parameters(self) -> list[Schema]:
        """Forbid empty values and, in URLs, slugs with other characters."""
        parameters: list[Schema] = super()._get_parameters()
        for parameter in parameters:
            schema = parameter["schema"]
            is_free_text = schema.get("type") == "string" and not {"enum", "format"} & set(schema)
            if is_free_text and parameter["in"] == "query":
                schema.setdefault("pattern", r"^[^\x00]*[^\s\x00][^\x00]*$")
            if parameter["in"] == "path" and parameter["name"] == "slug":
                schema.setdefault("pattern", "^[-a-zA-Z0-9_]+$")
        return parameters

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> Any:
        responses = super()._get_response_bodies(*args, **kwargs)
        if isinstance(self.view, ResourceViewSet):
            for status, response in responses.items():
                response["headers"] = _describe_headers(self._get_header_names(status))
        if self.is_read:
            content = responses["200"]["content"]
            content[NDJSON] = {"schema": _get_read_reference(self.view)}
            if CSV in content:
                content[CSV] = {"schema": _text("A table (RFC 4180).")}
            headers = _describe_headers(["ETag"])
            responses["304"] = {"description": "Not modified.", "headers": headers}
        not_expected = _NOT_EXPECTED_AFTER_GET if self.method == "GET" else set()
        for status in _PROBLEMS.keys() - not_expected:
            responses.setdefault(status, _describe_problem(status))
        component = ResolvedComponent("Problem", "schemas", PROBLEM, PROBLEM)  # type: ignore[no-untyped-call]
        self.registry.register_on_missing(component)
        return dict(sorted(responses.items()))

    def _get_header_names(self, status: str) -> list[str]:
        if self.method == "GET":
            link = ["Link"] if self.action == "list" else []
            return ["ETag", "Last-Modified", "Vary", "Cache-Control", *link]
        has_location = status == "201" or (status == "202" and self.action == "create")
        return ["ETag", "Location"] if has_location else ["ETag"]

    def _get_serializer_name(self, serializer: Any, direction: str, *args: Any) -> str:
        name: str = super()._get_serializer_name(serializer, direction, *args)
        return f"{name}Read" if self._is_read_record(serializer, direction) else name

    def _is_read_record(self, serializer: Any, direction: str) -> bool:
        return (
            self.is_read
            and direction == "response"
            and isinstance(serializer, (self.view.serializer_class, PolymorphicProxySerializer))
        )

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """Require all properties of responses, and forbid other properties in requests."""
        schema: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        properties = schema.setdefault("properties", {})
        if direction == "request":
            schema["additionalProperties"] = False
        elif self._is_read_record(serializer, direction):
            schema["required"] = [name for name in REQUIRED_FIELDS if name in properties]
            for name, expansion in self.view.expansions.items():
                related = _get_read_reference(expansion.view())
                if expansion.many:
                    properties[name] = {"type": "array", "items": related}
                elif name in properties:
                    properties[name] = {"anyOf": [properties[name], related]}
        else:
            schema["required"] = list(properties)
        return schema


def _describe_headers(names: Iterable[str]) -> Schema:
    return {name: {"schema": _text(), "description": _HEADERS[name]} for name in names}


def _get_read_reference(view: Any) -> Schema:
    name = view.serializer_class.__name__.removesuffix("Serializer")
    return {"$ref": f"#/components/schemas/{name}Read"}


def _describe_selection(view: ResourceViewSet, action: str) -> Iterator[OpenApiParameter]:
    names = list(dict.fromkeys([*view.get_field_names(), *view.expansions]))
    always = " and ".join(f"`{name}`" for name in REQUIRED_FIELDS if name in names)
    yield OpenApiParameter(
        "fields",
        _text(pattern=_list_pattern(names), example=",".join(names[:3])),
        description=f"Return only these fields, separated by commas: {', '.join(names)}. "
        f"{always} always come.",
    )
    if view.expansions:
        paths = list(list_paths(view.expansions))
        yield OpenApiParameter(
            "expand",
            _text(pattern=_list_pattern(view.expansions, r"(\.[a-z_]+)*"), example=paths[0]),
            description=f"Return these related objects whole, to any depth: {', '.join(paths)}.",
        )
    if action == "list":
        yield from (CURSOR, PAGE_SIZE)
        yield OpenApiParameter(
            "ordering",
            enum=[f"{sign}{name}" for name in view.ordering_fields for sign in ("", "-")],
            default="id",
            description="Prefix - for descending order. Nulls come last.",
        )


def _list_pattern(names: Iterable[str], suffix: str = "") -> str:
    item = rf" *({'|'.join(names)}){suffix} *"
    return f"^{item}(,{item})*$"


def discriminate_kinds(result: Schema, **_: Any) -> Schema:
    """Give each alternative of a union the constant value of its `kind`."""
    schemas = result["components"]["schemas"]
    for component in list(schemas.values()):
        for kind, reference in component.get("discriminator", {}).get("mapping", {}).items():
            name = reference.rpartition("/")[2]
            schemas[name]["properties"]["kind"] = {"const": kind}
    return result
