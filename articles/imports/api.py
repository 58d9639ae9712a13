from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from w3lib.encoding import resolve_encoding

from articles.extraction.files import SUFFIXES
from articles.imports import services
from articles.imports.models import Import, ImportRowError, ImportState
from articles.imports.rows import COLUMNS, DEFAULT_FIELDS, SOURCE_SUFFIXES, Options
from config.api.filters import TimeFilterSet
from config.api.idempotency import idempotent
from config.api.problems import InvalidFields, Problem, build_problem
from config.api.resources import NestedResourceViewSet, ResourceSerializer, ResourceViewSet
from config.api.strict import StrictSerializer, TextField
from config.db.languages import validate_language_tag
from config.http.uploads import get_upload_error
from config.strict_json import load_json


class ImportSerializer(ResourceSerializer):
    """An import of many articles, and its progress."""

    dry_run = serializers.BooleanField(source="is_dry_run")
    columns = serializers.DictField(
        child=serializers.CharField(),
        source="options.columns",
        default={},
        help_text="The columns that were mapped to fields.",
    )
    language = serializers.CharField(source="options.defaults.language", default="")
    outlet = serializers.CharField(source="options.defaults.outlet", default="")
    licence = serializers.CharField(source="options.defaults.licence", default="")
    encoding = serializers.CharField(source="options.encoding", default="")
    failed = serializers.IntegerField(help_text="Number of rows that failed: see `links.errors`.")

    class Meta:
        model = Import
        fields = read_only_fields = [
            *("id", "name", "state", "dry_run", "columns", "language", "outlet", "licence"),
            *("encoding", "current_row", "total", "created", "duplicates", "failed", "error"),
            *("created_at", "updated_at", "finished_at", "links"),
        ]


_DEFAULT_VALUE: Any = {"required": False, "help_text": "Default for rows without one."}


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
        max_length=35, validators=[validate_language_tag], **_DEFAULT_VALUE
    )
    outlet = TextField(max_length=200, **_DEFAULT_VALUE)
    licence = TextField(max_length=200, **_DEFAULT_VALUE)
    encoding = serializers.CharField(
        max_length=40,
        required=False,
        help_text="Of text, CSV and HTML files, such as windows-1252. Detected if omitted.",
    )
    dry_run = serializers.BooleanField(
        required=False, help_text="Validate all rows and store nothing."
    )

    def validate_columns(self, value: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in value if name not in COLUMNS]:
            message = f"There is no such field. The fields are: {', '.join(COLUMNS)}."
            raise serializers.ValidationError({name: [message] for name in unknown})
        return value

    def validate_encoding(self, value: str) -> str:
        if encoding := resolve_encoding(value):
            return encoding
        raise serializers.ValidationError("There is no encoding with this name.")

    def get_options(self) -> Options:
        values = self.validated_data
        defaults = {name: values[name] for name in DEFAULT_FIELDS if values.get(name)}
        return Options(values.get("columns", {}), defaults, values.get("encoding", ""))


class ImportRowErrorSerializer(ResourceSerializer):
    """A row that could not be imported (`error`), or was and needs a check (`warning`)."""

    class Meta:
        model = ImportRowError
        fields = read_only_fields = ["id", "location", "severity", "reason", "links"]

    def get_fields(self) -> Any:
        """Add the field `import`, a name that no class attribute can have."""
        fields = super().get_fields()
        parent = serializers.UUIDField(source="parent.public_id")
        return {"id": fields.pop("id"), "import": parent, **fields}


class ImportFilter(TimeFilterSet):
    state = filters.ChoiceFilter(choices=ImportState.choices)


class OwnViewSet(ResourceViewSet):
    """Resources of a user, which look absent to others."""

    write_scope = "manage"
    permission_classes = [IsAuthenticated, *ResourceViewSet.permission_classes]


@build_problem.register
def _(error: services.ImportStateConflict, view: Any = None) -> Problem:
    name = "too-many-imports" if isinstance(error, services.TooManyImports) else "conflict"
    title = "The import is not in a state for this"
    return Problem(name, title, status=409, detail=error.errors["state"][0])


@extend_schema_view(
    list=extend_schema(summary="List your imports"),
    retrieve=extend_schema(summary="Get an import and its progress"),
    destroy=extend_schema(summary="Delete an import that is not active; its articles are kept"),
)
class ImportViewSet(OwnViewSet):
    """Imports of many articles. Users see their own, editors see all."""

    queryset = Import.objects.all()
    actions_without_body = frozenset({"destroy", "stop", "resume"})
    serializer_class = ImportSerializer
    filterset_class = ImportFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at", "updated_at": "updated_at"}
    link_templates = {
        "self": "{api}imports/{id}/",
        "web": "{site}imports/{id}/",
        "errors": "{api}imports/{id}/errors/",
    }

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Import]:
        return Import.objects.visible_to(user)

    def get_parsers(self) -> Any:
        """Accept a multipart form where files are uploaded."""
        is_create = self.request is None or self.request.method == "POST"
        return [MultiPartParser()] if is_create and not self.detail else super().get_parsers()

    @extend_schema(
        summary="Import many articles from one or more files",
        request={"multipart/form-data": ImportCreateSerializer},
        responses={202: ImportSerializer, 200: ImportSerializer},
    )
    @idempotent()
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
        response = self.build_response(self.serialize(started), status=200 if existed else 202)
        if not existed:
            response["Location"] = response.data["links"]["self"]
        return response

    @extend_schema(summary="Stop an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @idempotent()
    def stop(self, request: Request, **_: Any) -> Response:
        """Stop after the current batch. Imported articles are kept."""
        return self.build_response(self.serialize(services.stop(self.get_object())))

    @extend_schema(summary="Resume an import", request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    @idempotent()
    def resume(self, request: Request, **_: Any) -> Response:
        """Continue where the import was stopped or failed."""
        return self.build_response(self.serialize(services.resume(self.get_object())))

    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete the import with its row errors."""
        state = self.get_object()
        self.require_if_match(self.serialize(state))
        services.delete(state)
        return Response(status=204)


def _get_form_data(request: Request) -> dict[str, Any]:
    """Return the fields of a form with the JSON types that they represent. Raises Problem."""
    data: Any = request.data
    if message := get_upload_error(request._request):
        title, errors = "The request is too large", [{"pointer": "/file", "detail": message}]
        raise Problem("too-large", title, status=413, detail=message, errors=errors)
    values: dict[str, Any] = {}
    # Without a body, the data is not a form.
    for name, items in data.lists() if isinstance(data, MultiValueDict) else ():
        if name == "file":
            values[name] = items
            continue
        if len(items) > 1:
            raise InvalidFields([((name,), "Give this once.")])
        values[name] = items[0]
    if values.get("dry_run") in ("true", "false"):
        values["dry_run"] = values["dry_run"] == "true"
    if "columns" in values:
        values["columns"] = _parse_columns(values["columns"])
    return values


def _parse_columns(text: Any) -> Any:
    try:
        columns = load_json(text)
    except (TypeError, ValueError, RecursionError):
        columns = None
    if not isinstance(columns, dict) or not all(isinstance(c, str) for c in columns.values()):
        example = '{"text": "story", "title": "head"}'
        raise InvalidFields([(("columns",), f"Give a JSON object such as {example}.")])
    return columns


@extend_schema_view(
    list=extend_schema(summary="List the rows that failed or need a check"),
    retrieve=extend_schema(summary="Get a row that failed or needs a check"),
)
class ImportRowErrorViewSet(OwnViewSet, NestedResourceViewSet):
    """The rows of an import that failed or need a check."""

    queryset = ImportRowError.objects.select_related("parent")
    parent = ImportViewSet
    parent_field = "parent"
    serializer_class = ImportRowErrorSerializer
    link_templates = {
        "self": "{api}imports/{import}/errors/{id}/",
        "import": "{api}imports/{import}/",
    }
