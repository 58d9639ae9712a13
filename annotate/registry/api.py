from dataclasses import fields
from typing import Any, cast

from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Field, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from annotate.accounts.models import Scope
from annotate.accounts.permissions import require_editor
from annotate.registry import services
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityAlias, EntityType, ExternalId, Source
from config.api.examples import add_example
from config.api.filters import DomainFilter, RegexFilter, SearchFilter, TimeFilterSet
from config.api.idempotency import idempotent
from config.api.resources import ResourceViewSet
from config.api.strict import PartSerializer, PublicIdField, RecordSerializer, StrictModelSerializer
from config.search.terms import fold_text


class RegistrySerializer(StrictModelSerializer):
    """A serializer of a registry model. The services check URLs and find duplicates."""

    def build_standard_field(
        self, field_name: str, model_field: Field
    ) -> tuple[Any, dict[str, Any]]:
        field_class, options = super().build_standard_field(field_name, model_field)
        validators = options.get("validators", [])
        checked = UniqueValidator | URLValidator
        options["validators"] = [v for v in validators if not isinstance(v, checked)]
        return field_class, options

    def get_unique_together_validators(self) -> list[Any]:
        return []


class SourceDescriptionSerializer(RegistrySerializer):
    """A document: its URL, its title, or both."""

    class Meta:
        model = Source
        fields = [field.name for field in fields(SourceDraft)]


class SourceField(PublicIdField):
    """A visible source by its id, or the description of one that may not be in the registry."""

    # A string or an object.
    json_type = None

    def get_queryset(self) -> QuerySet[Source]:
        return Source.objects.visible_to(self.context["request"].user)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            return super().to_internal_value(data)
        serializer = SourceDescriptionSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        return SourceDraft(**serializer.validated_data)


class SourceFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = SourceField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        by_id = {"type": "string", "format": "uuid"}
        if direction == "response":
            return by_id
        description = auto_schema.resolve_serializer(SourceDescriptionSerializer, direction)
        return {"oneOf": [by_id, description.ref]}


class QidFilter(RegexFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, pattern="^Q[1-9][0-9]{0,18}$", example="Q298", **kwargs)


class EntityFilter(TimeFilterSet):
    q = SearchFilter("in a name, an alias or the description")
    name = filters.CharFilter(method="filter_name", help_text="Part of the name or of an alias.")
    type = filters.ChoiceFilter(choices=EntityType.choices)
    qid = QidFilter(help_text="The Wikidata QID.")
    external_id = RegexFilter(
        method="filter_external_id",
        pattern=r"^[-A-Za-z0-9_]{1,40}:[^\x00]+$",
        example="geonames:3895114",
        help_text="`scheme:value`: the ID in another registry.",
    )

    def filter_name(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.search_by_name(value)

    def filter_external_id(self, queryset: Any, name: str, value: str) -> Any:
        scheme, _, external_id = value.partition(":")
        return queryset.filter(external_ids__scheme=scheme, external_ids__value=external_id)


class SourceFilter(TimeFilterSet):
    q = SearchFilter("in the title, the publisher or the URL")
    url = filters.CharFilter()
    title = filters.CharFilter(method="filter_title", help_text="Part of the title.")
    publisher = filters.CharFilter()
    domain = DomainFilter("url")
    published_from = filters.DateFilter("published_on", "gte")
    published_to = filters.DateFilter("published_on", "lte")

    def filter_title(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(folded_title__contains=fold_text(value))


class AliasSerializer(PartSerializer, RegistrySerializer):
    """Another name of an entity."""

    class Meta:
        model = EntityAlias
        fields = ["name", "language"]


class ExternalIdSerializer(PartSerializer, RegistrySerializer):
    """The ID of an entity in another registry."""

    class Meta:
        model = ExternalId
        fields = ["scheme", "value"]


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
class EntitySerializer(RecordSerializer, RegistrySerializer):
    """An entity. All projects share it."""

    id = serializers.UUIDField(read_only=True)
    aliases = serializers.ListField(child=AliasSerializer(), required=False, max_length=200)
    external_ids = serializers.ListField(
        child=ExternalIdSerializer(), required=False, max_length=200
    )

    class Meta:
        model = Entity
        fields = [
            *("id", "name", "type", "description", "qid", "is_public"),
            *("aliases", "external_ids", "created_at", "updated_at", "links"),
        ]

    def validate_aliases(self, rows: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(row["name"], row.get("language", "")) for row in rows]

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
class SourceSerializer(RecordSerializer, RegistrySerializer):
    """A source, which projects share."""

    id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Source
        described = SourceDescriptionSerializer.Meta.fields
        fields = ["id", *described, "created_at", "updated_at", "links"]


TIMES = {"created_at": "created_at", "updated_at": "updated_at"}


class RegistryViewSet(ResourceViewSet):
    """A registry that projects share: any user can add rows, creators and editors edit them."""

    revise: Any

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Any]:
        rows: Any = cls.queryset
        return cast("QuerySet[Any]", rows.visible_to(user))

    @property
    def write_scope(self) -> Scope:
        # Annotating includes adding rows, but not changing what others use as well.
        return Scope.ANNOTATE if self.action == "create" else Scope.MANAGE

    def add(self, values: dict[str, Any]) -> tuple[Any, bool]:
        """Return the row with these values, and whether it was created."""
        raise NotImplementedError

    @idempotent()
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row, created = self.add(serializer.validated_data)
        return self.build_response(row.record(), status=201 if created else 200)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change the fields that are sent."""
        row = self.lock_object()
        require_editor(request.user, row)
        self.require_if_match(row.record())
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        return self.build_response(self.revise(row, by=request.user, **values).record())


@extend_schema_view(
    list=extend_schema(summary="List entities"),
    retrieve=extend_schema(summary="Read an entity"),
    create=extend_schema(
        summary="Add an entity",
        description="Add an entity to the registry.",
        responses={201: EntitySerializer},
    ),
    partial_update=extend_schema(summary="Correct an entity"),
)
class EntityViewSet(RegistryViewSet):
    """Entities: who and what the news is about."""

    queryset = Entity.objects.for_reading()
    serializer_class = EntitySerializer
    filterset_class = EntityFilter
    revise = staticmethod(services.revise_entity)
    ordering_fields = {"id": "public_id", "name": "name", **TIMES}
    link_templates = {
        "self": "{api}entities/{id}/",
        "web": "{site}entities/{id}/",
        "mentions": "{api}entity-tags/?entity={id}",
        "claims": "{api}claims/?claimant_entity={id}",
    }

    def add(self, values: dict[str, Any]) -> tuple[Entity, bool]:
        return services.create_entity(EntityDraft(**values), by=self.request.user), True


@extend_schema_view(
    list=extend_schema(summary="List sources"),
    retrieve=extend_schema(summary="Read a source"),
    create=extend_schema(
        summary="Add a source, or find the one with its URL",
        description="A source that exists already stays unchanged and is returned with status 200.",
        responses={200: SourceSerializer, 201: SourceSerializer},
    ),
    partial_update=extend_schema(summary="Correct a source"),
)
class SourceViewSet(RegistryViewSet):
    """Sources: documents that support or refute claims."""

    queryset = Source.objects.all()
    serializer_class = SourceSerializer
    filterset_class = SourceFilter
    revise = staticmethod(services.revise_source)
    ordering_fields = {"id": "public_id", "title": "title", "published_on": "published_on", **TIMES}
    link_templates = {
        "self": "{api}sources/{id}/",
        "web": "{site}sources/{id}/",
        "source_links": "{api}source-links/?source={id}",
    }

    def add(self, values: dict[str, Any]) -> tuple[Source, bool]:
        return services.find_or_create_source(SourceDraft(**values), by=self.request.user)
