from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from articles.models.author import Authorship
from config.api.filters import (
    CreatedFilterSet,
    RegexFilter,
    SearchFilter,
    TimeFilterSet,
    UTCDateTimeFilter,
)


class ArticleFilter(TimeFilterSet):
    q = SearchFilter("in the title, the text, the outlet or the authors")
    language = filters.CharFilter(help_text="A BCP 47 tag.")
    outlet = filters.CharFilter("outlet__name", help_text="The name of the outlet.")
    url = filters.CharFilter(help_text="The canonical URL.")
    author = filters.CharFilter(method="filter_author", help_text="The name of one of the authors.")
    published_after = UTCDateTimeFilter("published_at", "gte")
    published_before = UTCDateTimeFilter("published_at", "lt")

    def filter_author(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        credited = Authorship.objects.filter(author__name=value)
        return queryset.filter(pk__in=credited.values("article"))


class VersionFilter(CreatedFilterSet):
    article = filters.UUIDFilter("article__public_id")
    sha256 = RegexFilter(
        pattern="^[0-9a-f]{64}$",
        example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        help_text="The hash of the text in UTF-8, in hexadecimal.",
    )
