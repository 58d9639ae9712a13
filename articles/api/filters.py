"""Filtering by the query string, where nothing is silently ignored."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from articles.models import Article, ArticleVersion
from articles.models.author import Authorship
from config.api.filters import MomentFilter, ShapedFilter, WordsFilter


class ArticleFilter(filters.FilterSet):
    """Which articles."""

    q = WordsFilter("in the title, the text, the outlet or the authors")
    language = filters.CharFilter(help_text="BCP 47 tag, as given.")
    outlet = filters.CharFilter("outlet__name", help_text="The name of the outlet.")
    url = filters.CharFilter(help_text="The canonical URL.")
    author = filters.CharFilter(
        method="filter_author", help_text="The name of one of the authors, as credited."
    )
    published_after = MomentFilter("published_at", "gte")
    published_before = MomentFilter("published_at", "lt")
    created_after = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_after = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")

    class Meta:
        model = Article
        fields: list[str] = []

    def filter_author(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those credited to an author of this name."""
        credited = Authorship.objects.filter(author__name=value)
        return queryset.filter(pk__in=credited.values("article"))


class VersionFilter(filters.FilterSet):
    """Which versions."""

    article = filters.UUIDFilter("article__public_id")
    created_after = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    sha256 = ShapedFilter(
        pattern="^[0-9a-f]{64}$",
        example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        help_text="Of the text's UTF-8, in hexadecimal.",
    )

    class Meta:
        model = ArticleVersion
        fields: list[str] = []
