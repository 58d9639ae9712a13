"""Errors of the API, written as RFC 9457 problem details."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


def problem_type(name: str) -> str:
    """Give the stable URI of a type of problem."""
    return f"urn:pressmark:problem:{name}"


class Problem(exceptions.APIException):
    """A problem of a named type; `errors` point at values, `members` extend the document."""

    def __init__(
        self,
        name: str,
        title: str,
        *,
        status: int,
        detail: str = "",
        errors: Iterable[Mapping[str, str]] = (),
        **members: Any,
    ) -> None:
        super().__init__(detail or title)
        self.name = name
        self.status_code = status
        self.document = document(name, title, status, detail, errors, **members)


class InvalidParameters(Problem):
    """Something in the query string is unknown or cannot be used."""

    def __init__(self, errors: Iterable[tuple[str, str]]) -> None:
        super().__init__(
            "invalid-parameters",
            "Some query parameters cannot be used",
            status=400,
            errors=[{"parameter": name, "detail": detail} for name, detail in errors],
        )


class InvalidFields(Problem):
    """Some values of the body cannot be accepted; each error has a JSON pointer (RFC 6901)."""

    def __init__(self, errors: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__(
            "invalid-fields",
            "Some fields cannot be accepted",
            status=400,
            errors=[{"pointer": pointer(path), "detail": detail} for path, detail in errors],
        )


def document(
    name: str,
    title: str,
    status: int,
    detail: str = "",
    errors: Iterable[Mapping[str, str]] = (),
    **members: Any,
) -> dict[str, Any]:
    """Write a problem down. Without `detail` the errors are told in one sentence."""
    errors = [{key: _encodable(value) for key, value in error.items()} for error in errors]
    told = "; ".join(
        f"{error.get('parameter') or error.get('pointer') or 'body'}: {error['detail']}"
        for error in errors
    )
    return {
        "type": problem_type(name),
        "title": title,
        "status": status,
        "detail": _encodable(detail) or told or title,
        **({"errors": errors} if errors else {}),
        **members,
    }


def _encodable(words: str) -> str:
    """Take half surrogate pairs out of words that may repeat what a client sent."""
    return words.encode(errors="replace").decode()


def pointer(path: Iterable[str | int]) -> str:
    """Write a path as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; the headers are DRF's own."""
    # Views load the classes of the settings, and those raise problems.
    from rest_framework.views import exception_handler as drf_exception_handler

    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, RequestDataTooBig):
        error = _too_large()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(*error.args)
    response = drf_exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = document_of(error)
    renderer = getattr(context["request"], "accepted_renderer", None)
    if renderer is None or renderer.format in ("json", "ndjson", "csv"):
        response.content_type = CONTENT_TYPE
    return response


def plain_response(request: HttpRequest, name: str, title: str, status: int) -> JsonResponse:
    """Answer with a problem where no view was reached."""
    return JsonResponse(document(name, title, status), status=status, content_type=CONTENT_TYPE)


def _too_large() -> Problem:
    return Problem(
        "too-large",
        "The request is too large",
        status=413,
        detail=f"A request may have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes; "
        f"a text at most {settings.MAX_TEXT_BYTES:,}.",
    )


def document_of(error: exceptions.APIException) -> dict[str, Any]:
    """Give the document of what a view raised."""
    if isinstance(error, Problem):
        return error.document
    if isinstance(error, exceptions.ValidationError):
        return InvalidFields(_flatten(error.detail)).document
    name = str(error.default_code).replace("_", "-")
    # Not the framework's own words for it, which have the request in them.
    title = name.replace("-", " ").capitalize()
    return document(name, title, error.status_code, str(error.detail))


def _flatten(detail: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Walk the nested errors of a serializer; those of the whole have the path of the whole."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flatten(value, path if key == "non_field_errors" else (*path, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list)
            if nested and value:
                yield from _flatten(value, (*path, index))
            elif not nested:
                yield path, str(value)
    else:
        yield path, str(detail)
