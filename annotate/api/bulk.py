"""Many annotations in one request."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import services
from annotate.accounts.models import Scope
from annotate.api.examples import BULK
from annotate.api.serializers import SERIALIZERS, AnnotationSerializer
from annotate.api.views import AnnotationViewSet
from config.api.idempotency import once
from config.api.parsers import NDJSONParser, StrictJSONParser
from config.api.problems import InvalidFields, InvalidParameters, Problem, document_of, pointer
from config.api.renderers import NDJSON
from config.api.write_errors import problem_of
from config.errors import WriteError

MOST = 1000
# How many faults are told of a request that is refused whole.
FAULTS_TOLD = 100

_OPERATION = {
    "type": "object",
    "description": "An annotation to be made, as in the collection of its `kind`; or, with `id` "
    "and the `revision` that you saw, what is to be changed of one.",
    "properties": {
        "kind": {"type": "string", "enum": list(SERIALIZERS)},
        "id": {"type": "string", "format": "uuid"},
        "revision": {"type": "integer", "minimum": 1},
    },
    "required": ["kind"],
}
_RESULT = {
    "type": "object",
    "properties": {
        "index": {"type": "integer", "description": "Which of those sent, counted from 0."},
        "status": {"type": "integer", "description": "As if it had been sent alone."},
        "annotation": {"$ref": "#/components/schemas/AnyAnnotation"},
        "problem": {"$ref": "#/components/schemas/Problem"},
    },
    "required": ["index", "status"],
}
_RESULTS = {
    "type": "object",
    "properties": {
        "made": {"type": "integer"},
        "revised": {"type": "integer"},
        "refused": {"type": "integer"},
        "results": {"type": "array", "items": _RESULT},
    },
    "required": ["made", "revised", "refused", "results"],
}
Result = dict[str, Any]


class BulkAnnotationViewSet(AnnotationViewSet):
    """Annotations of every kind together; many are made and revised at once."""

    write_scope = Scope.ANNOTATE

    @extend_schema(
        summary="Make and revise up to 1,000 annotations",
        parameters=[
            OpenApiParameter(
                "mode",
                OpenApiTypes.STR,
                enum=["all", "each"],
                default="all",
                description="`all`: all or nothing; `each`: each for itself, with its result.",
            )
        ],
        request={
            "application/json": {
                "type": "array",
                "items": _OPERATION,
                "minItems": 1,
                "maxItems": MOST,
                "example": BULK,
            },
            NDJSON: _OPERATION,
        },
        responses={
            (200, "application/json"): _RESULTS,
            (200, NDJSON): _RESULT,
        },
    )
    @action(
        detail=False,
        methods=["post"],
        parser_classes=[StrictJSONParser, NDJSONParser],
        filterset_class=None,
        pagination_class=None,
    )
    @once
    def bulk(self, request: Request) -> Response:
        """Make and revise annotations: all or nothing, or each for itself."""
        self.filter_queryset(self.get_queryset())
        operations = _operations(request.data)
        # What several of them name is looked up once.
        self.context = {**self.get_serializer_context(), "found": {}}
        if _mode(request) == "all":
            changing = [key for operation in operations if (key := _key(operation))]
            results = services.run_in_transaction(lambda: self._all(operations), changing=changing)
        else:
            results = [self._result(n, operation) for n, operation in enumerate(operations)]
        if request.accepted_renderer.media_type == NDJSON:
            return Response(results)
        made = Counter(result["status"] for result in results)
        done = {"made": made.pop(201, 0), "revised": made.pop(200, 0), "refused": made.total()}
        return Response({**done, "results": results})

    def _all(self, operations: list[Any]) -> list[Result]:
        """Do all. Raises Problem where one is refused, which tells of all that are."""
        results = [self._result(n, operation) for n, operation in enumerate(operations)]
        refused = [result for result in results if "problem" in result]
        if refused:
            raise Problem(
                "bulk-refused",
                "Nothing was stored",
                status=400,
                detail=f"{len(refused)} of {len(operations)} cannot be accepted. Mend them, or "
                "send the rest with mode=each.",
                errors=list(_faults(refused))[:FAULTS_TOLD],
            )
        return results

    def _result(self, index: int, operation: Any) -> Result:
        """Do one, and give what it was answered."""
        try:
            record, status = self._done(operation)
        except WriteError as refusal:
            problem: exceptions.APIException = problem_of(refusal, self.told_now)
        except exceptions.APIException as error:
            problem = error
        else:
            return {"index": index, "status": status, "annotation": self.told_now(record)}
        return {"index": index, "status": problem.status_code, "problem": document_of(problem)}

    def _done(self, operation: dict[str, Any]) -> tuple[Any, int]:
        given = dict(operation)
        kind = given.pop("kind")
        if "id" in given:
            return self._revised(SERIALIZERS[kind], given), 200
        return self._made(SERIALIZERS[kind], given), 201

    def _made(self, kind: type[AnnotationSerializer], given: dict[str, Any]) -> Any:
        serializer = kind(data=given, context=self.context)
        serializer.is_valid(raise_exception=True)
        made = services.create(
            serializer.model,
            serializer.get_content(),
            project=serializer.validated_data["project"],
            version=serializer.validated_data["version"],
            actor=self.request.user,
        )
        return made.record()

    def _revised(self, kind: type[AnnotationSerializer], given: dict[str, Any]) -> Any:
        key, revision = _key(given), given.pop("revision", None)
        del given["id"]
        rows = cast("Any", kind.model).objects.visible_to(self.request.user).for_reading()
        annotation = rows.filter(public_id=key).first() if key else None
        if annotation is None:
            raise InvalidFields([(("id",), "There is none of this kind with this id.")])
        if revision is None:
            raise InvalidFields([(("revision",), "Name the revision that you saw.")])
        serializer = kind(annotation, data=given, partial=True, context=self.context)
        serializer.is_valid(raise_exception=True)
        revised = services.revise(
            annotation,
            serializer.get_content(),
            seen_revision=revision,
            actor=self.request.user,
        )
        return revised.record()


def _mode(request: Request) -> str:
    mode: str = request.query_params.get("mode", "all")
    if mode not in ("all", "each"):
        raise InvalidParameters([("mode", "Give `all` (all or nothing) or `each`.")])
    return mode


def _operations(given: Any) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise InvalidFields([((), "Give a list of annotations.")])
    if len(given) > MOST:
        raise InvalidFields([((), f"Give at most {MOST:,} at a time; these are {len(given):,}.")])
    if wrong := [fault for n, value in enumerate(given) for fault in _malformed(n, value)]:
        # What has not even the form is a fault of the program that sends it: nothing is done.
        raise InvalidFields(wrong)
    return given


def _malformed(index: int, operation: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Say what is wrong with the form of one: whatever else it says is looked at by itself."""
    if not isinstance(operation, dict):
        yield (index,), "Give an annotation: an object with a `kind`."
        return
    kind = operation.get("kind")
    if not isinstance(kind, str) or kind not in SERIALIZERS:
        yield (index, "kind"), f"Give one of {', '.join(SERIALIZERS)}."
    if "id" in operation and _key(operation) is None:
        yield (index, "id"), "Give the id of an annotation: a UUID."
    revision = operation.get("revision", 1)
    if type(revision) is not int or not 0 < revision < 2**31:
        yield (index, "revision"), "Name the revision that you saw: a number from 1."


def _key(operation: Any) -> UUID | None:
    """Read which annotation is to be changed; None where there is no such id."""
    try:
        return UUID(operation["id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _faults(refused: list[Result]) -> Iterator[dict[str, str]]:
    for result in refused:
        problem, at = result["problem"], pointer([result["index"]])
        for error in problem.get("errors") or [problem]:
            yield {"pointer": at + error.get("pointer", ""), "detail": error["detail"]}
