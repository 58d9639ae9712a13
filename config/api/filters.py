"""Filtering by the query string: unknown parameters and invalid values are errors."""

import re
from datetime import UTC
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework.request import Request

from config.api.problems import InvalidParameters

DETAIL_PARAMETERS = frozenset({"fields", "expand", "format"})
LIST_PARAMETERS = DETAIL_PARAMETERS | {"cursor", "page_size", "ordering"}
ACTION_PARAMETERS = frozenset({"format"})

MAX_QUERY_LENGTH = 500


def check_parameters(request: Request, known: frozenset[str]) -> None:
    """Raise InvalidParameters for unknown, repeated and empty parameters."""
    if unknown := sorted(set(request.query_params) - known):
        detail = f"Unknown parameter. Choices: {', '.join(sorted(known))}."
        raise InvalidParameters((name, detail) for name in unknown)
    if repeated := [n for n, given in request.query_params.lists() if len(given) > 1]:
        raise InvalidParameters((name, "Give this parameter only once.") for name in repeated)
    # The form of the browsable API sends all its filters, also empty ones.
    if request.accepted_renderer.format == "api":
        return
    if empty := [n for n, given in request.query_params.items() if not str(given).strip()]:
        raise InvalidParameters((n, "Give a value or omit this parameter.") for n in empty)


class IntegerParameter(OpenApiParameter):
    """An integer in the query string, for `parameters` of `extend_schema`."""

    def __init__(
        self, name: str, default: int, maximum: int, *, minimum: int = 1, description: str = ""
    ) -> None:
        self.minimum, self.maximum = minimum, maximum
        schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
        super().__init__(name, schema, default=default, description=description)

    def parse(self, request: Request) -> int:
        """Return the value of the parameter. Raises InvalidParameters."""
        given = request.query_params.get(self.name, str(self.default))
        is_number = given.isascii() and given.isdigit()
        if not (is_number and self.minimum <= int(given[:9]) <= self.maximum):
            detail = f"Give an integer from {self.minimum} to {self.maximum}."
            raise InvalidParameters([(self.name, detail)])
        return int(given)


class StrictFilterBackend(filters.DjangoFilterBackend):
    """A django-filter backend that raises InvalidParameters instead of ignoring parameters."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        is_list = view.action == "list"
        filterset = self.get_filterset(request, queryset, view) if is_list else None
        known = view.parameters.get(view.action, ACTION_PARAMETERS)
        check_parameters(request, known.union(filterset.filters if filterset else ()))
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidParameters(
                (name, str(message))
                for name, messages in filterset.errors.items()
                for message in messages
            )
        return filterset.qs


class UTCDateTimeField(filters.IsoDateTimeFilter.field_class):
    """A date and time that is within the years 1 to 9999 also in UTC."""

    def clean(self, value: Any) -> Any:
        time = super().clean(value)
        try:
            return time and time.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Give a time of the years 1 to 9999 in UTC.") from None


class UTCDateTimeFilter(filters.IsoDateTimeFilter):
    field_class = UTCDateTimeField


class CreatedFilterSet(filters.FilterSet):
    created_after = UTCDateTimeFilter("created_at", "gte")
    created_before = UTCDateTimeFilter("created_at", "lt")


class TimeFilterSet(CreatedFilterSet):
    updated_after = UTCDateTimeFilter("updated_at", "gte")
    updated_before = UTCDateTimeFilter("updated_at", "lt")


class BooleanFilter(filters.TypedChoiceFilter):
    """A filter by `true` or `false`. django-filter's own ignores other values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("true", _("Yes")), ("false", _("No"))]
        super().__init__(*args, choices=choices, coerce="true".__eq__, **kwargs)
        schema = {"type": "boolean", "description": kwargs.get("help_text", "")}
        extend_schema_field(schema)(self)


class SearchFilter(filters.CharFilter):
    """A filter by a search query; the queryset needs a `search` method."""

    def __init__(self, fields: str) -> None:
        help_text = f"A query as in `/search/`, {fields}."
        super().__init__(max_length=MAX_QUERY_LENGTH, help_text=help_text)

    def filter(self, queryset: QuerySet[Any], value: str) -> Any:
        return queryset.search(value) if value else queryset  # type: ignore[attr-defined]


class RegexFilter(filters.CharFilter):
    """A CharFilter that validates its value against a regex and publishes it in the schema."""

    field_class = forms.RegexField

    def __init__(self, *args: Any, pattern: str, example: str, **kwargs: Any) -> None:
        messages = {"invalid": f"Use this format: {example}."}
        # In Python, `$` also matches before a final line feed.
        regex = pattern.removesuffix("$") + r"\Z"
        super().__init__(*args, regex=regex, error_messages=messages, strip=False, **kwargs)
        schema = {"type": "string", "pattern": pattern, "example": example}
        extend_schema_field({**schema, "description": kwargs.get("help_text", "")})(self)


class DomainFilter(filters.CharFilter):
    """A filter by the domain of a URL: `example.org` also matches `www.example.org`."""

    field_class = forms.RegexField

    def __init__(self, field_name: str) -> None:
        help_text = "A domain such as `who.int`, including its subdomains."
        messages = {"invalid": "Give a domain such as example.org, without http://."}
        regex = r"^[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\Z"
        super().__init__(
            field_name, regex=regex, max_length=253, error_messages=messages, help_text=help_text
        )
        schema = {"type": "string", "maxLength": 253, "example": "who.int"}
        extend_schema_field({**schema, "description": help_text})(self)

    def filter(self, queryset: QuerySet[Any], value: str) -> Any:
        if not value:
            return queryset
        pattern = rf"^https?://([^/?#@]*\.)?{re.escape(value.lower())}(:[0-9]*)?([/?#]|$)"
        return queryset.filter(**{f"{self.field_name}__iregex": pattern})
