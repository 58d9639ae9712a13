"""Serializers that reject unknown and read-only fields, and values of another JSON type."""

import copy
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from django.core.validators import slug_re
from django.db import models
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework import serializers

from articles.text.normalise import UnencodableText, normalise_input
from config.api.resources import LinksField


class StrictSerializer(serializers.Serializer):
    """A serializer that rejects unknown fields, and numbers or booleans in quotes.

    A read-only field is rejected too, unless an update sends back its present value.
    """

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := sorted(map(str, set(data) - set(self.fields)))):
            choices = ", ".join(name for name, f in self.fields.items() if not f.read_only)
            message = f"Unknown field. Choices: {choices}."
            raise serializers.ValidationError({name: [message] for name in unknown})
        if isinstance(data, dict) and (errors := dict(self._find_type_errors(data))):
            raise serializers.ValidationError(errors)
        if isinstance(data, dict) and (errors := dict(self._find_read_only_errors(data))):
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)

    def _find_read_only_errors(self, data: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
        given = [name for name, field in self.fields.items() if field.read_only and name in data]
        if not given:
            return
        if self.instance is None:
            yield from ((name, ["Pressmark sets this field. Leave it out."]) for name in given)
            return
        view = self.context["view"]
        present = view.add_links(self.to_representation(self.instance), view.request)
        message = "This field cannot be changed. Leave it out, or send its present value."
        yield from ((name, [message]) for name in given if data[name] != present[name])

    def _find_type_errors(self, data: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
        for name, field in self.fields.items():
            value = None if field.read_only else data.get(name)
            expected = get_json_type(field)
            if value is not None and expected and not expected.accepts(value):
                yield name, [f"Give {expected.description}."]
            elif isinstance(field, serializers.DateTimeField) and _is_naive(value):
                yield name, ["Add the time zone, such as Z for UTC."]


def _is_naive(value: str | None) -> bool:
    try:
        moment = parse_datetime(value or "")
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is None


class JsonType(NamedTuple):
    """The JSON type of a field. DRF alone converts between them."""

    description: str
    python_types: tuple[type, ...]

    def accepts(self, value: Any) -> bool:
        # In Python, booleans are integers.
        return isinstance(value, self.python_types) and isinstance(value, bool) == (self is BOOLEAN)


STRING = JsonType("a string, in quotes", (str,))
# 1.0 is an integer in JSON Schema.
INTEGER = JsonType("an integer, without quotes", (int, float))
BOOLEAN = JsonType("true or false, without quotes", (bool,))
_JSON_TYPES: dict[Any, JsonType] = {
    serializers.BooleanField: BOOLEAN,
    serializers.IntegerField: INTEGER,
    serializers.CharField: STRING,
    serializers.UUIDField: STRING,
    serializers.DateTimeField: STRING,
    serializers.DateField: STRING,
    serializers.SlugRelatedField: STRING,
}


def get_json_type(field: Any) -> JsonType | None:
    """Return the JSON type of a field; None if it accepts several or is nested."""
    if isinstance(field, serializers.ChoiceField):
        return INTEGER if all(isinstance(choice, int) for choice in field.choices) else STRING
    json_type = next((t for kind, t in _JSON_TYPES.items() if isinstance(field, kind)), None)
    return getattr(field, "json_type", json_type)


class TextField(serializers.CharField):
    """A CharField that trims and normalises, and rejects surrogates and control characters."""

    def to_internal_value(self, data: Any) -> str:
        try:
            value = normalise_input(super().to_internal_value(data)).strip()
        except UnencodableText as error:
            raise serializers.ValidationError(str(error)) from None
        if not (value or self.allow_blank):
            self.fail("blank")
        return value


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer):
    """A strict serializer that takes its fields from a model, and normalises text."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: TextField,
        models.TextField: TextField,
    }

    def get_fields(self) -> dict[str, serializers.Field]:
        return copy.deepcopy(_build_fields(type(self)))


@cache
def _build_fields(serializer: type[StrictModelSerializer]) -> dict[str, serializers.Field]:
    return super(StrictModelSerializer, serializer()).get_fields()


class PartSerializer(StrictSerializer):
    """A nested object that is always sent whole, also in a PATCH."""

    def to_internal_value(self, data: Any) -> Any:
        if self.parent is None:
            return super().to_internal_value(data)
        serializer = type(self)(data=data, context=self.context)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class SlugReferenceField(serializers.SlugRelatedField):
    default_error_messages = {"does_not_exist": "“{value}” does not exist."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not slug_re.match(data):
            self.fail("does_not_exist", value=data)
        return _find_cached(self, data, super().to_internal_value)


def _find_cached(field: Any, value: Any, find: Callable[[Any], Any]) -> Any:
    """Return `find(value)`, cached for the request if the context has a `cache`."""
    cache = field.context.get("cache")
    if cache is None:
        return find(value)
    key = (type(field), getattr(field, "model", None), field.field_name, value)
    if key not in cache:
        cache[key] = find(value)
    return cache[key]


class PublicIdField(serializers.UUIDField):
    """A reference to a row by its public id."""

    default_error_messages = {"does_not_exist": "There is no object with the id {value}."}

    def __init__(self, queryset: QuerySet[Any] | None = None, **kwargs: Any) -> None:
        self.queryset = queryset
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        return self.queryset.all()  # type: ignore[union-attr]

    def to_internal_value(self, data: Any) -> Any:
        return _find_cached(self, super().to_internal_value(data), self._find)

    def _find(self, value: uuid.UUID) -> Any:
        row = self.get_queryset().filter(public_id=value).first()
        if row is None:
            self.fail("does_not_exist", value=value)
        return row

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, "public_id", value))


class RecordSerializer(StrictSerializer):
    """A serializer whose representation is the `record()` of the instance."""

    links = LinksField()

    def to_representation(self, instance: Any) -> Any:
        return instance.record()
