"""Many articles at once over the API: uploading, looking at what became of it, stopping."""

import json
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from articles.api.create import problem_of
from articles.errors import IngestError
from articles.extraction.files import SUFFIXES
from articles.imports import services as uploaded
from articles.imports.models import Import, ImportRowError, ImportState
from articles.imports.rows import COLUMNS, DEFAULTS, MANY, Options
from config.api.filters import MomentFilter
from config.api.idempotency import once
from config.api.problems import InvalidFields, Problem
from config.api.resources import Record, ResourceViewSet, UrlsField, site_of
from config.api.strict import StrictSerializer, TextField
from config.db.languages import validate_language_tag
from config.http.uploads import get_upload_error


class ImportSerializer(serializers.ModelSerializer):
    """An import of many articles, and how far it has come."""

    id = serializers.UUIDField(source="public_id")
    dry_run = serializers.BooleanField(source="is_dry_run")
    columns = serializers.DictField(
        child=serializers.CharField(), help_text="The columns that were named for fields."
    )
    language = serializers.CharField(source="defaults.language", default="")
    outlet = serializers.CharField(source="defaults.outlet", default="")
    licence = serializers.CharField(source="defaults.licence", default="")
    position = serializers.IntegerField(
        source="reached", help_text="The line, or the number of the file, that it has come to."
    )
    total = serializers.IntegerField(
        allow_null=True, help_text="Lines or files there are; null where it is not known."
    )
    stored = serializers.IntegerField(
        help_text="Articles that came in; of a dry run, that would come in."
    )
    refused = serializers.IntegerField(help_text="Rows that could not come in: see `urls.faults`.")
    fault = serializers.CharField(help_text="Why it failed as a whole; empty where it did not.")
    created_at = serializers.DateTimeField(source="started_at")
    updated_at = serializers.DateTimeField(source="moved_at")
    urls = UrlsField()

    class Meta:
        model = Import
        fields = [
            "id",
            "name",
            "state",
            "dry_run",
            "columns",
            "language",
            "outlet",
            "licence",
            "position",
            "total",
            "stored",
            "known",
            "refused",
            "fault",
            "created_at",
            "updated_at",
            "finished_at",
            "urls",
        ]


class NewImportSerializer(StrictSerializer):
    """What is to be imported, and how it is read."""

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, max_length=1000),
        allow_empty=False,
        help_text=f"One of {' '.join(MANY)}; or any number of {' '.join(SUFFIXES)}, one article "
        "in each.",
    )
    columns = serializers.DictField(
        child=serializers.CharField(max_length=300, trim_whitespace=False, allow_blank=True),
        required=False,
        help_text=f"Which column has a field; none if empty. Fields are {', '.join(COLUMNS)}.",
    )
    language = serializers.CharField(
        max_length=35,
        validators=[validate_language_tag],
        required=False,
        help_text="Of rows that say none.",
    )
    outlet = TextField(max_length=200, required=False, help_text="Of rows that say none.")
    licence = TextField(max_length=200, required=False, help_text="Of rows that say none.")
    dry_run = serializers.BooleanField(
        required=False, help_text="Look at everything and store nothing."
    )

    def validate_columns(self, value: dict[str, str]) -> dict[str, str]:
        """Refuse fields that there are not. Raises ValidationError."""
        if unknown := [name for name in value if name not in COLUMNS]:
            there = f"There are: {', '.join(COLUMNS)}."
            raise serializers.ValidationError(
                {name: [f"There is no such field. {there}"] for name in unknown}
            )
        return value

    def options(self) -> Options:
        """Give how the file is to be read."""
        values = self.validated_data
        return Options(values.get("columns", {}), {n: values[n] for n in DEFAULTS if values.get(n)})


class FaultSerializer(serializers.ModelSerializer):
    """A row that could not come in."""

    id = serializers.UUIDField(source="public_id")
    place = serializers.CharField(help_text="Such as `line 17`, or the name of a file.")
    urls = UrlsField()

    class Meta:
        model = ImportRowError
        fields = ["id", "place", "reason", "urls"]

    def get_fields(self) -> Any:
        """Name the import that it is of, by a word that no attribute can have in Python."""
        fields = super().get_fields()
        of = serializers.UUIDField(source="bulk_import.public_id")
        return {"id": fields.pop("id"), "import": of, **fields}


class ImportFilter(filters.FilterSet):
    """Which imports."""

    state = filters.ChoiceFilter(choices=ImportState.choices)
    created_after = MomentFilter("started_at", "gte")
    created_before = MomentFilter("started_at", "lt")
    updated_after = MomentFilter("moved_at", "gte")
    updated_before = MomentFilter("moved_at", "lt")

    class Meta:
        model = Import
        fields: list[str] = []


class OwnViewSet(ResourceViewSet):
    """An endpoint for what belongs to a person; nobody else is told that it exists."""

    write_scope = "manage"

    def get_permissions(self) -> Any:
        """Ask who it is first."""
        return [IsAuthenticated(), *super().get_permissions()]


@extend_schema_view(
    list=extend_schema(summary="List your imports of many articles"),
    retrieve=extend_schema(summary="Read how far an import has come"),
    destroy=extend_schema(summary="Delete an import that is not under way; its articles stay"),
)
class ImportViewSet(OwnViewSet):
    """Imports of many articles. Everybody sees their own, editors see all."""

    queryset = Import.objects.all()
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    ordering_fields = {
        "id": "public_id",
        "created_at": "started_at",
        "updated_at": "moved_at",
    }

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Import]:
        """Give those that the user may see."""
        return Import.objects.visible_to(user)

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of an import and of its faults."""
        own = f"imports/{record['id']}/"
        return {
            "self": f"{base}{own}",
            "web": f"{site_of(base)}{own}",
            "faults": f"{base}{own}faults/",
        }

    def get_parsers(self) -> Any:
        """Take files where there are any."""
        creates = self.request is None or self.request.method == "POST"
        return [MultiPartParser()] if creates and not self.detail else super().get_parsers()

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what was refused as a problem that points at it."""
        if isinstance(exc, uploaded.StateConflict | uploaded.TooMany):
            name = "wrong-state" if isinstance(exc, uploaded.StateConflict) else "too-many-imports"
            (words,) = exc.errors["state"]
            exc = Problem(name, "This cannot be done with the import now", status=409, detail=words)
        if isinstance(exc, IngestError):
            exc = problem_of(exc)
        return super().handle_exception(exc)

    @extend_schema(
        summary="Import many articles from a file, or from several",
        request={"multipart/form-data": NewImportSerializer},
        responses={202: ImportSerializer, 200: ImportSerializer},
    )
    @once
    def create(self, request: Request) -> Response:
        """Keep the file and queue the import: 202. The same file, read in the same way, is the
        same import, which goes on if it was stopped: 200.
        """
        serializer = NewImportSerializer(data=_given(request))
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        with transaction.atomic():
            state = uploaded.receive(values["file"], serializer.options(), by=request.user)
            begun, was_there = uploaded.begin(state, is_dry_run=values.get("dry_run", False))
        return self._now(begun, status=200 if was_there else 202)

    @extend_schema(summary="Stop an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @once
    def stop(self, request: Request, **_: Any) -> Response:
        """Stop after the batch that is being stored. What came in stays."""
        return self._now(uploaded.stop(self.get_object()))

    @extend_schema(summary="Go on with an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @once
    def resume(self, request: Request, **_: Any) -> Response:
        """Go on where it was stopped, or where it failed."""
        return self._now(uploaded.resume(self.get_object()))

    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete it with its faults."""
        state = self.get_object()
        self.require_seen(self.records([state])[0])
        uploaded.forget(state)
        return Response(status=204)

    def _now(self, state: Import, status: int = 200) -> Response:
        response = self.written(self.records([state])[0], status=status)
        if status == 202:
            response["Location"] = response.data["urls"]["self"]
        return response


def _given(request: Request) -> dict[str, Any]:
    """Give the parts of a form as the JSON types that they stand for. Raises Problem."""
    data: Any = request.data
    if words := get_upload_error(request._request):
        raise Problem(
            "too-large",
            "The request is too large",
            status=413,
            detail=words,
            errors=[{"pointer": "/file", "detail": words}],
        )
    given: dict[str, Any] = {}
    # Of a request without a body nothing is a form.
    for name, values in data.lists() if isinstance(data, MultiValueDict) else ():
        if name == "file":
            given[name] = values
            continue
        if len(values) > 1:
            raise InvalidFields([((name,), "Give this once.")])
        given[name] = values[0]
    if "dry_run" in given:
        given["dry_run"] = {"true": True, "false": False}.get(given["dry_run"], given["dry_run"])
    if "columns" in given:
        given["columns"] = _columns(given["columns"])
    return given


def _columns(written: Any) -> Any:
    try:
        found = json.loads(written)
    except (TypeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        example = '{"text": "story", "title": "head"}'
        raise InvalidFields([(("columns",), f"Give a JSON object such as {example}.")])
    return found


_OF_IMPORT = OpenApiParameter(
    "bulk_import", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The id of the import."
)


@extend_schema_view(
    list=extend_schema(summary="List the rows that could not come in", parameters=[_OF_IMPORT]),
    retrieve=extend_schema(summary="Read why a row could not come in", parameters=[_OF_IMPORT]),
)
class ImportRowErrorViewSet(OwnViewSet):
    """The rows of an import that could not come in, and why."""

    queryset = ImportRowError.objects.all()
    serializer_class = FaultSerializer

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a fault and of its import."""
        own = f"{base}imports/{record['import']}/"
        return {"self": f"{own}faults/{record['id']}/", "import": own}

    def get_queryset(self) -> QuerySet[ImportRowError]:
        """Give those of one import. Raises NotFound where the asker may not see it."""
        own = Import.objects.visible_to(self.request.user)
        found = own.filter(public_id=self.kwargs["bulk_import"]).first()
        if found is None:
            raise NotFound
        return found.faults.select_related("bulk_import")
