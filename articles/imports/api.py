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
from articles.imports import services
from articles.imports.models import Import, ImportRowError, ImportState
from articles.imports.rows import COLUMNS, DEFAULT_FIELDS, SOURCE_SUFFIXES, Options
from config.api.filters import MomentFilter
from config.api.idempotency import once
from config.api.problems import InvalidFields, Problem
from config.api.resources import Record, ResourceViewSet, UrlsField, site_of
from config.api.strict import StrictSerializer, TextField
from config.db.languages import validate_language_tag
from config.http.uploads import get_upload_error


class ImportSerializer(serializers.ModelSerializer):
    """An import of many articles, and its progress."""

    id = serializers.UUIDField(source="public_id")
    dry_run = serializers.BooleanField(source="is_dry_run")
    columns = serializers.DictField(
        child=serializers.CharField(), help_text="The columns that were mapped to fields."
    )
    language = serializers.CharField(source="defaults.language", default="")
    outlet = serializers.CharField(source="defaults.outlet", default="")
    licence = serializers.CharField(source="defaults.licence", default="")
    current_row = serializers.IntegerField(
        help_text="Line or file number of the last processed row."
    )
    total = serializers.IntegerField(
        allow_null=True, help_text="Number of lines or files; null if unknown."
    )
    created = serializers.IntegerField(
        help_text="Number of new articles; of a dry run, articles that would be created."
    )
    duplicates = serializers.IntegerField(help_text="Number of articles that existed already.")
    failed = serializers.IntegerField(help_text="Number of rows that failed: see `urls.errors`.")
    error = serializers.CharField(help_text="Why the import failed as a whole; usually empty.")
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
            "current_row",
            "total",
            "created",
            "duplicates",
            "failed",
            "error",
            "created_at",
            "updated_at",
            "finished_at",
            "urls",
        ]


class ImportCreateSerializer(StrictSerializer):
    """What to import, and how to read it."""

    file = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True, max_length=1000),
        allow_empty=False,
        help_text=f"One of {' '.join(SOURCE_SUFFIXES)}; or any number of {' '.join(SUFFIXES)}, "
        "one article in each.",
    )
    columns = serializers.DictField(
        child=serializers.CharField(max_length=300, trim_whitespace=False, allow_blank=True),
        required=False,
        help_text=f"The column of a field, or an empty string. Fields are {', '.join(COLUMNS)}.",
    )
    language = serializers.CharField(
        max_length=35,
        validators=[validate_language_tag],
        required=False,
        help_text="Default for rows without one.",
    )
    outlet = TextField(max_length=200, required=False, help_text="Default for rows without one.")
    licence = TextField(max_length=200, required=False, help_text="Default for rows without one.")
    dry_run = serializers.BooleanField(
        required=False, help_text="Validate all rows and store nothing."
    )

    def validate_columns(self, value: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in value if name not in COLUMNS]:
            message = f"There is no such field. The fields are: {', '.join(COLUMNS)}."
            raise serializers.ValidationError({name: [message] for name in unknown})
        return value

    def get_options(self) -> Options:
        values = self.validated_data
        defaults = {name: values[name] for name in DEFAULT_FIELDS if values.get(name)}
        return Options(values.get("columns", {}), defaults)


class ImportRowErrorSerializer(serializers.ModelSerializer):
    """A row that could not be imported."""

    id = serializers.UUIDField(source="public_id")
    location = serializers.CharField(help_text="Such as `line 17`, or the path of a file.")
    urls = UrlsField()

    class Meta:
        model = ImportRowError
        fields = ["id", "location", "reason", "urls"]

    def get_fields(self) -> Any:
        """Add the field `import`, a name that no class attribute can have."""
        fields = super().get_fields()
        parent = serializers.UUIDField(source="parent.public_id")
        return {"id": fields.pop("id"), "import": parent, **fields}


class ImportFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=ImportState.choices)
    created_after = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_after = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")

    class Meta:
        model = Import
        fields: list[str] = []


class OwnViewSet(ResourceViewSet):
    """Resources of a user, which look absent to others."""

    write_scope = "manage"

    def get_permissions(self) -> Any:
        return [IsAuthenticated(), *super().get_permissions()]


@extend_schema_view(
    list=extend_schema(summary="List your imports"),
    retrieve=extend_schema(summary="Get an import and its progress"),
    destroy=extend_schema(summary="Delete an import that is not active; its articles are kept"),
)
class ImportViewSet(OwnViewSet):
    """Imports of many articles. Users see their own, editors see all."""

    queryset = Import.objects.all()
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at", "updated_at": "updated_at"}

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Import]:
        return Import.objects.visible_to(user)

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        own = f"imports/{record['id']}/"
        return {
            "self": f"{base}{own}",
            "web": f"{site_of(base)}{own}",
            "errors": f"{base}{own}errors/",
        }

    def get_parsers(self) -> Any:
        """Accept a multipart form where files are uploaded."""
        is_create = self.request is None or self.request.method == "POST"
        return [MultiPartParser()] if is_create and not self.detail else super().get_parsers()

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, services.ImportStateConflict | services.TooManyImports):
            is_conflict = isinstance(exc, services.ImportStateConflict)
            name = "conflict" if is_conflict else "too-many-imports"
            (detail,) = exc.errors["state"]
            exc = Problem(name, "The import is not in a state for this", status=409, detail=detail)
        if isinstance(exc, IngestError):
            exc = problem_of(exc)
        return super().handle_exception(exc)

    @extend_schema(
        summary="Import many articles from one or more files",
        request={"multipart/form-data": ImportCreateSerializer},
        responses={202: ImportSerializer, 200: ImportSerializer},
    )
    @once
    def create(self, request: Request) -> Response:
        """Save the upload and queue the import: 202. The same file with the same options is the
        same import, which is resumed if it was stopped: 200.
        """
        serializer = ImportCreateSerializer(data=_get_form_data(request))
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        with transaction.atomic():
            state = services.save_upload(values["file"], serializer.get_options(), by=request.user)
            started, existed = services.start(state, is_dry_run=values.get("dry_run", False))
        return self._respond(started, status=200 if existed else 202)

    @extend_schema(summary="Stop an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @once
    def stop(self, request: Request, **_: Any) -> Response:
        """Stop after the current batch. Imported articles are kept."""
        return self._respond(services.stop(self.get_object()))

    @extend_schema(summary="Resume an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @once
    def resume(self, request: Request, **_: Any) -> Response:
        """Continue where the import was stopped or failed."""
        return self._respond(services.resume(self.get_object()))

    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete the import with its row errors."""
        state = self.get_object()
        self.require_seen(self.records([state])[0])
        services.delete(state)
        return Response(status=204)

    def _respond(self, state: Import, status: int = 200) -> Response:
        response = self.written(self.records([state])[0], status=status)
        if status == 202:
            response["Location"] = response.data["urls"]["self"]
        return response


def _get_form_data(request: Request) -> dict[str, Any]:
    """Return the fields of a form with the JSON types that they represent. Raises Problem."""
    data: Any = request.data
    if message := get_upload_error(request._request):
        raise Problem(
            "too-large",
            "The request is too large",
            status=413,
            detail=message,
            errors=[{"pointer": "/file", "detail": message}],
        )
    values: dict[str, Any] = {}
    # Without a body, the data is not a form.
    for name, items in data.lists() if isinstance(data, MultiValueDict) else ():
        if name == "file":
            values[name] = items
            continue
        if len(items) > 1:
            raise InvalidFields([((name,), "Give this once.")])
        values[name] = items[0]
    if "dry_run" in values:
        booleans = {"true": True, "false": False}
        values["dry_run"] = booleans.get(values["dry_run"], values["dry_run"])
    if "columns" in values:
        values["columns"] = _parse_columns(values["columns"])
    return values


def _parse_columns(text: Any) -> Any:
    try:
        columns = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        columns = None
    if not isinstance(columns, dict) or not all(isinstance(c, str) for c in columns.values()):
        example = '{"text": "story", "title": "head"}'
        raise InvalidFields([(("columns",), f"Give a JSON object such as {example}.")])
    return columns


_IMPORT_PARAMETER = OpenApiParameter(
    "parent", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The id of the import."
)


@extend_schema_view(
    list=extend_schema(summary="List the rows that failed", parameters=[_IMPORT_PARAMETER]),
    retrieve=extend_schema(summary="Get a row that failed", parameters=[_IMPORT_PARAMETER]),
)
class ImportRowErrorViewSet(OwnViewSet):
    """The rows of an import that failed."""

    queryset = ImportRowError.objects.all()
    serializer_class = ImportRowErrorSerializer

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        own = f"{base}imports/{record['import']}/"
        return {"self": f"{own}errors/{record['id']}/", "import": own}

    def get_queryset(self) -> QuerySet[ImportRowError]:
        """Raises NotFound if the user may not see the import."""
        own = Import.objects.visible_to(self.request.user)
        parent = own.filter(public_id=self.kwargs["parent"]).first()
        if parent is None:
            raise NotFound
        return parent.row_errors.select_related("parent")
