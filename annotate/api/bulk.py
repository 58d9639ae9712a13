from collections import Counter
from collections.abc import Iterator
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import services
from annotate.accounts.models import Scope
from annotate.api.serializers import SERIALIZERS, build_example
from annotate.api.views import AnnotationViewSet
from annotate.models import Claim
from config.api.idempotency import idempotent
from config.api.parsers import NDJSONParser, StrictJSONParser
from config.api.problems import (
    InvalidFields,
    InvalidParameters,
    Problem,
    build_problem,
    get_document,
    to_json_pointer,
)
from config.api.renderers import NDJSON
from config.api.resources import ResourceViewSet
from config.api.strict import StrictSerializer
from config.errors import WriteError
from config.types import Record

MAX_OPERATIONS = 1000
# Errors that are listed when nothing is stored.
MAX_ERRORS = 100

_OPERATION = {
    "type": "object",
    "description": "An annotation to create, as in the collection of its `kind`; or, with `id` "
    "and the `revision` that you read, the fields of one to revise.",
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
        "index": {"type": "integer", "description": "The position in the request, from 0."},
        "status": {"type": "integer", "description": "The status of a single request."},
        "annotation": {"$ref": "#/components/schemas/Annotation"},
        "problem": {"$ref": "#/components/schemas/Problem"},
    },
    "required": ["index", "status"],
}
_RESULTS = {
    "type": "object",
    "properties": {
        "created": {"type": "integer"},
        "revised": {"type": "integer"},
        "failed": {"type": "integer"},
        "results": {"type": "array", "items": _RESULT},
    },
    "required": ["created", "revised", "failed", "results"],
}
Result = dict[str, Any]


class OperationSerializer(StrictSerializer):
    """Checks the form of an operation; the serializer of its kind validates the other fields."""

    kind = serializers.ChoiceField(
        choices=list(SERIALIZERS),
        error_messages={"invalid_choice": f"Give one of {', '.join(SERIALIZERS)}."},
    )
    id = serializers.UUIDField(required=False)
    revision = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an annotation: an object with a `kind`.")
        own = {name: data[name] for name in self.fields if name in data}
        return data | super().to_internal_value(own)


class BulkAnnotationViewSet(AnnotationViewSet):
    """Annotations of every kind; create and revise many at once."""

    write_scope = Scope.ANNOTATE
    parameters = {**ResourceViewSet.parameters, "bulk": frozenset({"atomic", "format"})}

    @extend_schema(
        summary="Create and revise up to 1,000 annotations",
        parameters=[
            OpenApiParameter(
                "atomic",
                OpenApiTypes.STR,
                enum=["true", "false"],
                default="true",
                description="`true`: all or nothing. `false`: each on its own, with its result.",
            )
        ],
        request={
            "application/json": {
                "type": "array",
                "items": _OPERATION,
                "minItems": 1,
                "maxItems": MAX_OPERATIONS,
                "example": [
                    {"kind": "claim", **build_example(Claim)},
                    {
                        "kind": "claim",
                        "id": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be002",
                        "revision": 3,
                        "verdict": "mixed",
                    },
                ],
            },
            NDJSON: _OPERATION,
        },
        responses={(200, "application/json"): _RESULTS, (200, NDJSON): _RESULT},
    )
    @action(
        detail=False,
        methods=["post"],
        parser_classes=[StrictJSONParser, NDJSONParser],
        filterset_class=None,
        pagination_class=None,
    )
    @idempotent()
    def bulk(self, request: Request) -> Response:
        serializer: Any = serializers.ListSerializer(
            data=request.data,
            child=OperationSerializer(),
            allow_empty=False,
            max_length=MAX_OPERATIONS,
        )
        # An operation of the wrong form is an error whatever `atomic` is.
        serializer.is_valid(raise_exception=True)
        operations = serializer.validated_data
        # Serializers look up each referenced object once.
        self.context = {**self.get_serializer_context(), "cache": {}}
        if _is_atomic(request):
            ids = [operation["id"] for operation in operations if "id" in operation]
            results = services.run_in_transaction(lambda: self._run_all(operations), changing=ids)
        else:
            results = [self._run(n, operation) for n, operation in enumerate(operations)]
        if request.accepted_renderer.media_type == NDJSON:
            return Response(results)
        statuses = Counter(result["status"] for result in results)
        counts = {"created": statuses.pop(201, 0), "revised": statuses.pop(200, 0)}
        return Response({**counts, "failed": statuses.total(), "results": results})

    def _run_all(self, operations: list[Any]) -> list[Result]:
        """Run all operations. Raises Problem with all errors if any fails."""
        results = [self._run(n, operation) for n, operation in enumerate(operations)]
        failed = [result for result in results if "problem" in result]
        if failed:
            raise Problem(
                "bulk-failed",
                "Nothing was stored",
                status=400,
                detail=f"{len(failed)} of {len(operations)} operations failed. Fix them, or "
                "send the rest with atomic=false.",
                errors=list(_list_errors(failed))[:MAX_ERRORS],
            )
        return results

    def _run(self, index: int, operation: Record) -> Result:
        try:
            record, status = self._write(operation)
        except WriteError as error:
            problem: exceptions.APIException = build_problem(error, self)
        except exceptions.APIException as error:
            problem = error
        else:
            annotation = self.add_links(record, self.request)
            return {"index": index, "status": status, "annotation": annotation}
        return {"index": index, "status": problem.status_code, "problem": get_document(problem)}

    def _write(self, operation: Record) -> tuple[Record, int]:
        content = dict(operation)
        serializer_class = SERIALIZERS[content.pop("kind")]
        if "id" not in content:
            serializer = serializer_class(data=content, context=self.context)
            serializer.is_valid(raise_exception=True)
            return serializer.save().record(), 201
        public_id, revision = content.pop("id"), content.pop("revision", None)
        rows = serializer_class.model.objects.visible_to(self.request.user).for_reading()
        annotation = rows.filter(public_id=public_id).first()
        if annotation is None:
            raise InvalidFields([(("id",), "There is no annotation of this kind with this id.")])
        if revision is None:
            raise InvalidFields([(("revision",), "Give the revision that you read.")])
        serializer = serializer_class(annotation, data=content, partial=True, context=self.context)
        serializer.is_valid(raise_exception=True)
        return serializer.save(seen_revision=revision).record(), 200


def _is_atomic(request: Request) -> bool:
    given = request.query_params.get("atomic", "true")
    if given not in ("true", "false"):
        raise InvalidParameters([("atomic", "Give `true` (all or nothing) or `false`.")])
    return bool(given == "true")


def _list_errors(failed: list[Result]) -> Iterator[dict[str, str]]:
    for result in failed:
        problem, path = result["problem"], to_json_pointer([result["index"]])
        for error in problem.get("errors") or [problem]:
            yield {"pointer": path + error.get("pointer", ""), "detail": error["detail"]}
