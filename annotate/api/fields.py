"""Fields that annotations share."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from rest_framework import serializers

from annotate.drafts import SourceDraft
from annotate.models import Annotation, Project
from articles.api.strict import (
    PublicIdField,
    SlugReferenceField,
    StrictSerializer,
    TextField,
)
from articles.models import ArticleVersion
from articles.text.anchor import Selector


class SpanSerializer(StrictSerializer):
    """A passage: by position, by quote, or by both, which then must agree.

    `start` and `end` count Unicode code points of the version's text, `[start, end)`; `exact`,
    `prefix` and `suffix` are a W3C TextQuoteSelector. Answers always have all five.
    """

    start = serializers.IntegerField(min_value=0, required=False)
    end = serializers.IntegerField(min_value=0, required=False)
    exact = serializers.CharField(trim_whitespace=False, required=False)
    prefix = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True)
    suffix = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> Selector:
        """Read a selector. Raises ValidationError."""
        return Selector(**super().to_internal_value(data))


class SpanSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """How the schema tells of it: a request names a position or a quote, an answer has both."""

    target_class = SpanSerializer

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Give the JSON schema."""
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        if direction == "request":
            schema["anyOf"] = [{"required": ["start", "end"]}, {"required": ["exact"]}]
        return schema


class VisibleField(PublicIdField):
    """A reference to an annotation that the asker may see."""

    def __init__(self, model: type[Annotation] = Annotation, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        """Give the annotations that may be referred to."""
        visible = self.model.objects.visible_to(self.context["request"].user)
        return visible.select_related("version")


class ProjectField(SlugReferenceField):
    """A project that the asker may see, by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Project.objects.all(), **kwargs)

    def get_queryset(self) -> QuerySet[Project]:
        """Give the projects that may be named."""
        visible = Project.objects.visible_to(self.context["request"].user)
        return visible.select_related("tag_set")


class VersionField(PublicIdField):
    """A version, by its id."""

    def get_queryset(self) -> QuerySet[ArticleVersion]:
        """Give all versions."""
        return ArticleVersion.objects.select_related("article")


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
