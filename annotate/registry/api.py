"""Fields that annotations share."""

from typing import Any

from django.db import transaction
from django_filters import rest_framework as filters
from drf_spectacular.extensions import (
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.models import Scope
from annotate.accounts.permissions import require_editor
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityType, Source
from annotate.registry.services import (
    create_entity,
    find_or_create_source,
    revise_entity,
    revise_source,
)
from config.api.examples import add_example
from config.api.filters import (
    DomainFilter,
    RegexFilter,
    SearchFilter,
    UTCDateTimeFilter,
)
from config.api.idempotency import idempotent
from config.api.resources import ResourceViewSet
from config.api.strict import (
    PartSerializer,
    PublicIdField,
    RecordSerializer,
    StrictSerializer,
    TextField,
)
from config.db.languages import validate_language_tag


class SourceDescriptionSerializer(StrictSerializer):
    """A document: its address, its title, or both."""

    url = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    title = TextField(max_length=500, required=False, allow_blank=True)
    publisher = TextField(max_length=300, required=False, allow_blank=True)
    published_on = serializers.DateField(required=False, allow_null=True)
    archive_url = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class SourceField(PublicIdField):
    """A source by its id, or one that the registry may not know yet."""

    # An object too.
    json_type = None

    def to_internal_value(self, data: Any) -> Any:
        """Read either form. Raises ValidationError."""
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        serializer = SourceDescriptionSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        return SourceDraft(**serializer.validated_data)


class SourceFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of it: read in either form, written as the id."""

    target_class = SourceField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Give the JSON schema."""
        by_id = {"type": "string", "format": "uuid"}
        if direction == "response":
            return by_id
        described = auto_schema.resolve_serializer(SourceDescriptionSerializer, direction)
        return {"oneOf": [by_id, described.ref]}


def _qid(*args: Any, **kwargs: Any) -> RegexFilter:
    return RegexFilter(*args, pattern="^Q[1-9][0-9]{0,18}$", example="Q298", **kwargs)


class EntityFilter(filters.FilterSet):
    """Entities."""

    q = SearchFilter("in a name, an alias or the description")
    name = filters.CharFilter(
        method="filter_name", help_text="Part of the preferred name or of an alias."
    )
    type = filters.ChoiceFilter(choices=EntityType.choices)
    qid = _qid(help_text="The Wikidata QID.")
    external_id = RegexFilter(
        method="filter_external_id",
        pattern=r"^[-A-Za-z0-9_]{1,40}:[^\x00]+$",
        example="geonames:3895114",
        help_text="`scheme:value`: what another registry calls it.",
    )
    created_after = UTCDateTimeFilter("created_at", "gte")
    created_before = UTCDateTimeFilter("created_at", "lt")
    updated_after = UTCDateTimeFilter("updated_at", "gte")
    updated_before = UTCDateTimeFilter("updated_at", "lt")

    class Meta:
        model = Entity
        fields: list[str] = []

    def filter_name(self, queryset: Any, name: str, value: str) -> Any:
        """Keep those of such a name."""
        return queryset.search_by_name(value)

    def filter_external_id(self, queryset: Any, name: str, value: str) -> Any:
        """Keep the one that another registry calls so."""
        scheme, _, given = value.partition(":")
        return queryset.filter(external_ids__scheme=scheme, external_ids__value=given)


class SourceFilter(filters.FilterSet):
    """Sources."""

    q = SearchFilter("in the title, the publisher or the address")
    url = filters.CharFilter()
    title = filters.CharFilter(lookup_expr="icontains", help_text="Part of the title.")
    publisher = filters.CharFilter()
    domain = DomainFilter("url")
    published_from = filters.DateFilter("published_on", "gte")
    published_to = filters.DateFilter("published_on", "lte")
    created_after = UTCDateTimeFilter("created_at", "gte")
    created_before = UTCDateTimeFilter("created_at", "lt")
    updated_after = UTCDateTimeFilter("updated_at", "gte")
    updated_before = UTCDateTimeFilter("updated_at", "lt")

    class Meta:
        model = Source
        fields: list[str] = []


class AliasSerializer(PartSerializer):
    """Another name of an entity, in a language."""

    name = TextField(max_length=300)
    language = serializers.CharField(
        max_length=35,
        required=False,
        allow_blank=True,
        default="",
        validators=[validate_language_tag],
    )


class ExternalIdSerializer(PartSerializer):
    """What another registry calls an entity."""

    scheme = serializers.SlugField(max_length=40)
    value = TextField(max_length=200)


@add_example(
    "An entity",
    {
        "name": "Chile",
        "type": "GPE",
        "description": "Country in South America",
        "qid": "Q298",
        "aliases": [{"name": "智利", "language": "zh"}],
        "external_ids": [{"scheme": "geonames", "value": "3895114"}],
    },
)
class EntitySerializer(RecordSerializer):
    """An entity of the shared registry."""

    id = serializers.UUIDField(read_only=True)
    name = TextField(max_length=300)
    type = serializers.ChoiceField(choices=EntityType.choices)
    description = TextField(max_length=500, required=False, allow_blank=True)
    qid = serializers.RegexField(
        r"^Q[1-9][0-9]*\Z", max_length=20, required=False, allow_null=True, allow_blank=True
    )
    aliases = serializers.ListField(child=AliasSerializer(), required=False, max_length=200)
    external_ids = serializers.ListField(
        child=ExternalIdSerializer(), required=False, max_length=200
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def validate_aliases(self, rows: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(row["name"], row["language"]) for row in rows]

    def validate_external_ids(self, rows: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(row["scheme"], row["value"]) for row in rows]


@add_example(
    "A source",
    {
        "url": "https://stats.example/march",
        "title": "Exports in March",
        "publisher": "Statistics Office",
        "published_on": "2026-04-02",
    },
)
class SourceSerializer(RecordSerializer, SourceDescriptionSerializer):
    """A source of the shared registry."""

    id = serializers.UUIDField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class RegistryViewSet(ResourceViewSet):
    """A shared registry: anyone signed in adds to it, its keepers correct it."""

    @property
    def write_scope(self) -> Scope:
        """Adding is part of annotating; correcting what others use as well is not."""
        return Scope.ANNOTATE if self.action == "create" else Scope.MANAGE

    def get_values(self, row: Any = None) -> dict[str, Any]:
        serializer: Any = self.get_serializer(row, data=self.request.data, partial=row is not None)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def get_editable_object(self) -> Any:
        """Lock and return the row, if the user can edit it and sent its current ETag."""
        row = self.get_object()
        require_editor(self.request.user, row)
        # Lock first, then read, as `annotate.services` does.
        type(row).objects.select_for_update().only("pk").get(pk=row.pk)
        row = self.get_object()
        self.require_if_match(row.record())
        return row


@extend_schema_view(
    list=extend_schema(summary="List entities"),
    retrieve=extend_schema(summary="Read an entity"),
    create=extend_schema(summary="Add an entity", responses={201: EntitySerializer}),
    partial_update=extend_schema(summary="Correct an entity"),
)
class EntityViewSet(RegistryViewSet):
    """Entities: who and what the news is about."""

    queryset = Entity.objects.for_reading()
    serializer_class = EntitySerializer
    filterset_class = EntityFilter
    ordering_fields = {
        "id": "public_id",
        "name": "name",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    link_templates = {
        "self": "{api}entities/{id}/",
        "web": "{site}entities/{id}/",
        "mentions": "{api}entity-tags/?entity={id}",
        "claims": "{api}claims/?claimant_entity={id}",
    }

    @idempotent()
    def create(self, request: Request) -> Response:
        """Add an entity to the registry."""
        entity = create_entity(EntityDraft(**self.get_values()), by=request.user)
        return self.build_response(entity.record(), status=201)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct an entity."""
        entity = self.get_editable_object()
        return self.build_response(revise_entity(entity, **self.get_values(entity)).record())


@extend_schema_view(
    list=extend_schema(summary="List sources"),
    retrieve=extend_schema(summary="Read a source"),
    create=extend_schema(
        summary="Add a source, or find the one with its address",
        responses={200: SourceSerializer, 201: SourceSerializer},
    ),
    partial_update=extend_schema(summary="Correct a source"),
)
class SourceViewSet(RegistryViewSet):
    """Sources: documents that support or refute."""

    queryset = Source.objects.all()
    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    ordering_fields = {
        "id": "public_id",
        "title": "title",
        "published_on": "published_on",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    link_templates = {
        "self": "{api}sources/{id}/",
        "web": "{site}sources/{id}/",
        "source_links": "{api}source-links/?source={id}",
    }

    @idempotent()
    def create(self, request: Request) -> Response:
        """Add a source; one with this address is given back as it is (200)."""
        source, is_new = find_or_create_source(SourceDraft(**self.get_values()), by=request.user)
        return self.build_response(source.record(), status=201 if is_new else 200)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct a source."""
        source = self.get_editable_object()
        return self.build_response(revise_source(source, **self.get_values(source)).record())
