"""Fields that annotations share."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
)
from rest_framework import serializers

from annotate.models import Annotation
from articles.models import ArticleVersion
from articles.text.anchor import Selector
from config.api.strict import PublicIdField, StrictSerializer


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


class VersionField(PublicIdField):
    """A version, by its id."""

    def get_queryset(self) -> QuerySet[ArticleVersion]:
        """Give all versions."""
        return ArticleVersion.objects.select_related("article")
