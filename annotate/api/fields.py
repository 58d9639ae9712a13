from typing import Any

from django.db import models
from django.db.models import QuerySet
from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers
from rest_framework.utils.field_mapping import ClassLookupDict

from annotate.models import Annotation
from annotate.projects.models import Tag
from annotate.registry.api import SourceField
from annotate.registry.models import Source
from articles.models import ArticleVersion
from articles.text.anchor import Selector
from config.api.strict import PublicIdField, StrictSerializer


class SpanSerializer(StrictSerializer):
    """A passage: by position, by quote, or by both, which then must agree.

    `start` and `end` count Unicode code points of the version's text, `[start, end)`; `exact`,
    `prefix` and `suffix` are a W3C TextQuoteSelector. Responses always have all five.
    """

    start = serializers.IntegerField(min_value=0, required=False)
    end = serializers.IntegerField(min_value=0, required=False)
    exact = serializers.CharField(trim_whitespace=False, required=False)
    prefix = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True)
    suffix = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> Selector:
        return Selector(**super().to_internal_value(data))


class SpanSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    target_class = SpanSerializer

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(
            self.target, direction, bypass_extensions=True
        )
        if direction == "request":
            schema["anyOf"] = [{"required": ["start", "end"]}, {"required": ["exact"]}]
        return schema


class VisibleField(PublicIdField):
    """A reference to an object that the user can see."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        visible: QuerySet[Any] = self.model.objects.visible_to(self.context["request"].user)
        is_annotation = issubclass(self.model, Annotation)
        return visible.select_related("version") if is_annotation else visible


class VersionField(PublicIdField):
    def get_queryset(self) -> QuerySet[ArticleVersion]:
        return ArticleVersion.objects.select_related("article")


def build_field(field: models.Field) -> serializers.Field:
    """Return the serializer field for a content field of a kind of annotation."""
    options: dict[str, Any] = {"required": not (field.has_default() or field.blank)}
    if field.help_text:
        options["help_text"] = field.help_text
    if field.null:
        options["allow_null"] = True
    if field.choices:
        return serializers.ChoiceField(choices=field.choices, **options)
    if isinstance(field, models.ForeignKey):
        return _build_reference(field.related_model, options)
    if isinstance(field, models.CharField | models.TextField):
        return serializers.CharField(
            max_length=field.max_length, allow_blank=field.blank, **options
        )
    field_type: type[serializers.Field] = _FIELD_TYPES[field]
    return field_type(**options)


def _build_reference(model: type[models.Model], options: dict[str, Any]) -> serializers.Field:
    if issubclass(model, Source):
        return SourceField(**options)
    if issubclass(model, Tag):
        # A code of the project's tag set.
        return serializers.CharField(max_length=40, **options)
    return VisibleField(model, **options)


_FIELD_TYPES: Any = ClassLookupDict(serializers.ModelSerializer.serializer_field_mapping)
