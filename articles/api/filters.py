"""Filtering by the query string, where nothing is silently ignored."""

from datetime import UTC
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.request import Request
from rest_framework.settings import api_settings

from articles.api.problems import InvalidParameters
from articles.models import Article, ArticleVersion


class StrictFilterBackend(filters.DjangoFilterBackend):
    """django-filter, where an unknown parameter is an error that names those that there are."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Filter. Raises InvalidParameters."""
        if view.action != "list":
            # One thing is named by its address alone.
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        known = set(filterset.filters) if filterset else set()
        known |= getattr(view, "own_parameters", {"cursor", "page_size"})
        if unknown := sorted(
            set(request.query_params) - known - {api_settings.URL_FORMAT_OVERRIDE}
        ):
            choices = ", ".join(sorted(known))
            raise InvalidParameters(
                (name, f"There is no such parameter. There are: {choices}.") for name in unknown
            )
        if repeated := [n for n, given in request.query_params.lists() if len(given) > 1]:
            raise InvalidParameters((name, "Give this parameter once.") for name in repeated)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidParameters(
                (name, str(message))
                for name, messages in filterset.errors.items()
                for message in messages
            )
        return filterset.qs


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


class ArticleFilter(filters.FilterSet):
    """Which articles."""

    q = WordsFilter("in the title, the text, the outlet or the authors")
    language = filters.CharFilter(help_text="BCP 47 tag, as given.")
    outlet = filters.CharFilter("outlet__name", help_text="The name of the outlet.")
    url = filters.CharFilter(help_text="The canonical URL.")
    published_after = MomentFilter("published_at", "gte")
    published_before = MomentFilter("published_at", "lt")

    class Meta:
        model = Article
        fields: list[str] = []


class VersionFilter(filters.FilterSet):
    """Which versions."""

    article = filters.UUIDFilter("article__public_id")
    sha256 = filters.CharFilter(help_text="Of the text's UTF-8, in hexadecimal.")

    class Meta:
        model = ArticleVersion
        fields: list[str] = []
