"""Filtering by the query string, where nothing is silently ignored."""

import re
from datetime import UTC
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from config.api.problems import InvalidParameters


class DomainField(forms.RegexField):
    """A domain name."""

    def __init__(self, **kwargs: Any) -> None:
        message = "Give a domain such as example.org, without http://."
        shape = r"^[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*\Z"
        super().__init__(shape, error_messages={"invalid": message}, max_length=253, **kwargs)


class _DomainFilter(filters.CharFilter):
    """By the domain of an address, with those below it: `example.org` has `www.example.org`."""

    field_class = DomainField

    def __init__(self, field_name: str) -> None:
        told = "Such as `who.int`; its subdomains count."
        super().__init__(field_name, help_text=told)
        shape = {"type": "string", "maxLength": 253, "example": "who.int", "description": told}
        extend_schema_field(shape)(self)

    def filter(self, queryset: QuerySet[Any], value: str) -> Any:
        """Keep those on the domain."""
        if not value:
            return queryset
        pattern = rf"^https?://([^/?#@]*\.)?{re.escape(value.lower())}(:[0-9]*)?([/?#]|$)"
        return queryset.filter(**{f"{self.field_name}__iregex": pattern})


# Parameters of any single thing, and of any list, beside its filters.
OF_ONE = frozenset({"fields", "expand", "format"})
OF_MANY = OF_ONE | {"cursor", "page_size", "ordering"}
OF_WRITING = frozenset({"format", "mode"})


def check_parameters(request: Request, known: frozenset[str]) -> None:
    """Refuse parameters that are not known, or given twice. Raises InvalidParameters."""
    if unknown := sorted(set(request.query_params) - known):
        choices = ", ".join(sorted(known))
        raise InvalidParameters(
            (name, f"There is no such parameter. There are: {choices}.") for name in unknown
        )
    if repeated := [n for n, given in request.query_params.lists() if len(given) > 1]:
        raise InvalidParameters((name, "Give this parameter once.") for name in repeated)
    # The form of the pages in which the API is read sends every filter, also those left empty.
    form = request.accepted_renderer.format == "api"
    values = {name: str(given) for name, given in request.query_params.items()}
    if empty := [name for name, given in values.items() if not (form or given.strip())]:
        raise InvalidParameters((n, "Give a value, or leave this parameter out.") for n in empty)


def number(request: Request, name: str, default: int, *, most: int, least: int = 1) -> int:
    """Read a number of the query; one that cannot be used is an error, not a guess.

    Raises InvalidParameters.
    """
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and least <= int(given[:9]) <= most):
        raise InvalidParameters([(name, f"Give a number from {least} to {most}.")])
    return int(given)


class StrictFilterBackend(filters.DjangoFilterBackend):
    """django-filter, where an unknown parameter is an error that names those that there are."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Filter. Raises InvalidParameters."""
        many = view.action == "list"
        filterset = self.get_filterset(request, queryset, view) if many else None
        check_parameters(
            request, _beside_filters(view).union(filterset.filters if filterset else ())
        )
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidParameters(
                (name, str(message))
                for name, messages in filterset.errors.items()
                for message in messages
            )
        return filterset.qs


def _beside_filters(view: Any) -> frozenset[str]:
    """Name the parameters of an action that are no filters."""
    if view.action == "list":
        return frozenset(view.own_parameters)
    return OF_ONE if view.action == "retrieve" else OF_WRITING


class MomentField(filters.IsoDateTimeFilter.field_class):
    """A time that exists in UTC too."""

    def clean(self, value: Any) -> Any:
        """Read the time. Raises ValidationError."""
        moment = super().clean(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("Give a time of the years 1 to 9999 in UTC.") from None


class MomentFilter(filters.IsoDateTimeFilter):
    """By a point in time."""

    field_class = MomentField


# Longer than what anybody looks for.
MOST_WORDS = 500


class WordsFilter(filters.CharFilter):
    """By words, as search finds them."""

    def __init__(self, help_text: str) -> None:
        super().__init__(max_length=MOST_WORDS, help_text=f"Words as in `/search/`: {help_text}.")

    def filter(self, queryset: QuerySet[Any], value: str) -> Any:
        """Keep those that have the words."""
        return queryset.search(value) if value else queryset  # type: ignore[attr-defined]


class ShapedFilter(filters.CharFilter):
    """By words of a certain shape, which the schema tells of: what has another is an error."""

    field_class = forms.RegexField

    def __init__(self, *args: Any, pattern: str, example: str, **kwargs: Any) -> None:
        refusal = {"invalid": f"Give it in this form: {example}."}
        # In Python a dollar sign lets a line end after it.
        regex = pattern.removesuffix("$") + r"\Z"
        super().__init__(*args, regex=regex, error_messages=refusal, strip=False, **kwargs)
        told = {"type": "string", "pattern": pattern, "example": example}
        extend_schema_field({**told, "description": kwargs.get("help_text", "")})(self)
