"""Serializers that take nothing they do not know."""

import uuid
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from django.core.validators import slug_re
from django.db.models import QuerySet
from rest_framework import serializers

from articles.text.normalise import UnencodableText, normalise
from config.api.resources import UrlsField


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields, so that a misspelt one is not lost in silence.

    Nor does it guess: a number is no text, `"on"` is not true.
    """

    def to_internal_value(self, data: Any) -> Any:
        """Validate the fields. Raises ValidationError."""
        if isinstance(data, dict) and (unknown := sorted(map(str, set(data) - set(self.fields)))):
            choices = ", ".join(name for name, f in self.fields.items() if not f.read_only)
            raise serializers.ValidationError(
                {name: [f"There is no such field. There are: {choices}."] for name in unknown}
            )
        if isinstance(data, dict) and (mistaken := dict(self._mistaken(data))):
            raise serializers.ValidationError(mistaken)
        return super().to_internal_value(data)

    def _mistaken(self, data: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """Name the values that are not of the JSON type of their field, and say which it is."""
        for name, field in self.fields.items():
            value = data.get(name)
            wanted = json_type(field)
            if value is not None and wanted and not wanted.has(value):
                yield name, [f"Give {wanted.words}."]


class JsonType(Enum):
    """What a field takes, as JSON has it; DRF itself would take one for another."""

    TEXT = "a text, in quotes"
    NUMBER = "a whole number, without quotes"
    TRUTH = "true or false, without quotes"

    @property
    def words(self) -> str:
        """Name it to a person."""
        return self.value

    def has(self, value: Any) -> bool:
        """Tell whether a value is of this type; 1.0 is a whole number in JSON."""
        match self:
            case JsonType.TEXT:
                return isinstance(value, str)
            case JsonType.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case JsonType.TRUTH:
                return isinstance(value, bool)


def json_type(field: Any) -> JsonType | None:
    """Give the JSON type of a field; None where it takes several, or parts of its own."""
    if hasattr(field, "json_type"):
        found: JsonType | None = field.json_type
        return found
    if isinstance(field, serializers.ChoiceField):
        numbers = all(isinstance(choice, int) for choice in field.choices)
        return JsonType.NUMBER if numbers else JsonType.TEXT
    return next((named for kind, named in _JSON_TYPES if isinstance(field, kind)), None)


_JSON_TYPES: tuple[tuple[Any, JsonType], ...] = (
    (serializers.BooleanField, JsonType.TRUTH),
    (serializers.IntegerField, JsonType.NUMBER),
    (serializers.CharField, JsonType.TEXT),
    (serializers.UUIDField, JsonType.TEXT),
    (serializers.DateTimeField, JsonType.TEXT),
    (serializers.DateField, JsonType.TEXT),
    (serializers.SlugRelatedField, JsonType.TEXT),
)


class PartSerializer(StrictSerializer):
    """A part of something larger, which is given whole or not at all, also in a PATCH."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate as if it stood alone. Raises ValidationError."""
        if self.parent is None:
            return super().to_internal_value(data)
        alone = type(self)(data=data, context=self.context)
        alone.is_valid(raise_exception=True)
        return alone.validated_data


class TextField(serializers.CharField):
    """Words from outside: no surrogates, no control characters; trimmed."""

    def to_internal_value(self, data: Any) -> str:
        """Normalise the words. Raises ValidationError."""
        try:
            value = normalise(super().to_internal_value(data)).strip()
        except UnencodableText as error:
            raise serializers.ValidationError(str(error)) from None
        if not (value or self.allow_blank):
            self.fail("blank")
        return value


class SlugReferenceField(serializers.SlugRelatedField):
    """A reference to a row by its slug."""

    default_error_messages = {"does_not_exist": "There is none called {value}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Find the row. Raises ValidationError."""
        # What cannot be a slug is not for the database to look for.
        if not isinstance(data, str) or not slug_re.match(data):
            self.fail("does_not_exist", value=data)
        return _remembered(self, data, super().to_internal_value)


def _remembered(field: Any, named: Any, find: Callable[[Any], Any]) -> Any:
    """Find a row; once for all the parts of a request that keep what they `found`."""
    found = field.context.get("found")
    if found is None:
        return find(named)
    key = (type(field), getattr(field, "model", None), field.field_name, named)
    if key not in found:
        found[key] = find(named)
    return found[key]


class PublicIdField(serializers.UUIDField):
    """A reference to a row by its public id."""

    default_error_messages = {"does_not_exist": "There is none with the id {value}."}

    def __init__(self, queryset: QuerySet[Any] | None = None, **kwargs: Any) -> None:
        self.queryset = queryset
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        """Give the rows that may be referred to."""
        if self.queryset is None:
            raise TypeError(f"{type(self).__name__} does not say which rows may be referred to.")
        return self.queryset.all()

    def to_internal_value(self, data: Any) -> Any:
        """Find the row. Raises ValidationError."""
        return _remembered(self, super().to_internal_value(data), self._find)

    def _find(self, value: uuid.UUID) -> Any:
        row = self.get_queryset().filter(public_id=value).first()
        if row is None:
            self.fail("does_not_exist", value=value)
        return row

    def to_representation(self, value: Any) -> str:
        """Give the public id."""
        return str(getattr(value, "public_id", value))


class RecordSerializer(StrictSerializer):
    """A serializer of a model that can write itself down."""

    urls = UrlsField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Give the record."""
        record: dict[str, Any] = instance.record()
        return record
