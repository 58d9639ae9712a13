"""Serializers that take nothing they do not know."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.validators import slug_re
from django.db.models import QuerySet
from rest_framework import serializers

from articles.text.normalise import UnencodableText, normalise


class StrictSerializer(serializers.Serializer):
    """A serializer that refuses unknown fields, so that a misspelt one is not lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """Validate the fields. Raises ValidationError."""
        if isinstance(data, dict) and (unknown := sorted(map(str, set(data) - set(self.fields)))):
            choices = ", ".join(name for name, f in self.fields.items() if not f.read_only)
            raise serializers.ValidationError(
                {name: [f"There is no such field. There are: {choices}."] for name in unknown}
            )
        return super().to_internal_value(data)


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
