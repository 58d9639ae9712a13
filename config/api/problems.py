"""Errors of the API as problem details (RFC 9457)."""

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatch
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from config.errors import (
    IdempotencyKeyReused,
    InvalidInput,
    NotPermitted,
    RevisionConflict,
    StateConflict,
    WriteError,
)

CONTENT_TYPE = "application/problem+json"

# The path of a value within a document, such as ("spans", 0, "exact").
Path = tuple[str | int, ...]


class Problem(exceptions.APIException):
    """An error of a named type; `errors` point at values, `members` extend the document."""

    def __init__(
        self, name: str, title: str, *, status: int, detail: str = "", **members: Any
    ) -> None:
        super().__init__(detail or title)
        self.status_code = status
        self.document = build_document(name, title, status, detail, **members)


class InvalidParameters(Problem):
    """Query parameters are unknown or invalid; each error is (parameter, detail)."""

    def __init__(self, errors: Iterable[tuple[str, str]]) -> None:
        title = "Some query parameters are not valid"
        items = [{"parameter": name, "detail": detail} for name, detail in errors]
        super().__init__("invalid-parameters", title, status=400, errors=items)


class InvalidFields(Problem):
    """Values of the body are invalid; each error is (path, detail)."""

    def __init__(self, errors: Iterable[tuple[Path, str]], **members: Any) -> None:
        title = "Some fields are not valid"
        items = [{"pointer": to_json_pointer(path), "detail": detail} for path, detail in errors]
        super().__init__("invalid-fields", title, status=400, errors=items, **members)


@singledispatch
def build_problem(error: Exception, view: Any = None) -> Any:
    """Return the Problem for an error, None for unexpected ones. Apps register their errors."""
    return None


@build_problem.register
def _(error: InvalidInput, view: Any = None) -> Problem:
    return InvalidFields((e.path, e.message) for e in error.errors)


_WRITE_PROBLEMS: dict[type[WriteError], tuple[str, str, int]] = {
    NotPermitted: ("not-permitted", "Permission denied", 403),
    StateConflict: ("conflict", "The annotation is in another state", 409),
    IdempotencyKeyReused: ("idempotency-key-reused", "The idempotency key was used before", 422),
}


@build_problem.register
def _(error: WriteError, view: Any = None) -> Problem:
    name, title, status = _WRITE_PROBLEMS[type(error)]
    return Problem(name, title, status=status, detail=str(error))


@build_problem.register
def _(error: RevisionConflict, view: Any) -> Problem:
    title = "The annotation has changed"
    current = view.add_links(error.current.record(), view.request)
    return Problem("revision-conflict", title, status=412, detail=str(error), current=current)


@build_problem.register
def _(error: RequestDataTooBig, view: Any = None) -> Problem:
    return Problem(
        "too-large",
        "The request is too large",
        status=413,
        detail=f"A request can have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes; "
        f"a text at most {settings.MAX_TEXT_BYTES:,}.",
    )


def build_document(
    name: str,
    title: str,
    status: int,
    detail: str = "",
    errors: Iterable[Mapping[str, str]] = (),
    **members: Any,
) -> dict[str, Any]:
    """Return a problem document. Without `detail`, the errors are joined to one sentence."""
    errors = [{key: _make_encodable(value) for key, value in error.items()} for error in errors]
    summary = "; ".join(
        f"{error.get('parameter') or error.get('pointer') or 'body'}: {error['detail']}"
        for error in errors
    )
    return {
        "type": f"urn:pressmark:problem:{name}",
        "title": title,
        "status": status,
        "detail": _make_encodable(detail) or summary or title,
        **({"errors": errors} if errors else {}),
        **members,
    }


def _make_encodable(text: str) -> str:
    """Replace lone surrogates, which a message may quote from the request."""
    return text.encode(errors="replace").decode()


def to_json_pointer(path: Iterable[str | int]) -> str:
    """Return the path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    # Importing views imports the classes named in the settings, which import this module.
    from rest_framework.views import exception_handler as drf_exception_handler

    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    elif not isinstance(error, exceptions.APIException):
        error = build_problem(error, context["view"]) or error
    response = drf_exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = get_document(error)
    renderer = getattr(context["request"], "accepted_renderer", None)
    if renderer is None or renderer.format in ("json", "ndjson", "csv"):
        response.content_type = CONTENT_TYPE
    return response


def build_problem_response(name: str, title: str, status: int, detail: str = "") -> JsonResponse:
    """Return a problem response outside of DRF's views."""
    document = build_document(name, title, status, detail)
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)


def build_unavailable_response() -> JsonResponse:
    return build_problem_response(
        "unavailable",
        "The database is not available",
        503,
        "It is restarting, full or locked. Send the same request again in a moment, a write with "
        "the same Idempotency-Key.",
    )


def get_document(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, Problem):
        return error.document
    if isinstance(error, exceptions.ValidationError):
        return InvalidFields(_flatten(error.detail)).document
    name = str(error.default_code).replace("_", "-")
    # DRF's own message quotes the request; the code does not.
    title = name.replace("-", " ").capitalize()
    return build_document(name, title, error.status_code, str(error.detail))


def _flatten(detail: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the path and message of each error in a serializer's nested errors."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flatten(value, path if key == "non_field_errors" else (*path, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            is_nested = isinstance(value, Mapping | list)
            yield from _flatten(value, (*path, index) if is_nested else path)
    else:
        yield path, str(detail)
