"""Search over everything, the best first."""

import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.models import Kind
from annotate.search.services import EVERYTHING, SCOPES, scope
from articles.models import Article
from articles.text.anchor import Span
from config.api.filters import MOST_WORDS, number
from config.api.problems import InvalidParameters
from config.db.languages import validate_language_tag
from config.search.services import Hit, search
from config.search.snippets import Snippet

PAGE = 20
MOST = 100
LAST_PAGE = 50
# The shape of a BCP 47 tag, in words that JSON Schema has too.
TAG = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
TYPES = ["article", *Kind.values, "entity", "source"]


class MarkSerializer(serializers.Serializer):
    """Words that were found: `[start, end)` of the whole field, in code points."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class SnippetSerializer(serializers.Serializer):
    """A stretch of a field; it starts at `start` of it, and the marks count from there too."""

    field = serializers.CharField(
        help_text="Where the words stand, as a JSON pointer: `/text` of the article's version, "
        "`/title`, `/text`, `/spans/0/exact`, `/aliases/2/name` …"
    )
    text = serializers.CharField()
    start = serializers.IntegerField(min_value=0)
    marks = MarkSerializer(many=True)


class HitSerializer(serializers.Serializer):
    """One thing that was found."""

    type = serializers.ChoiceField(choices=TYPES)
    id = serializers.UUIDField()
    title = serializers.CharField(
        help_text="The title or name; of an annotation its own words, or those it quotes."
    )
    title_marks = MarkSerializer(many=True)
    snippet = SnippetSerializer()
    score = serializers.FloatField(
        help_text="The larger, the better. Compare those of one `in` and one answer alone."
    )
    language = serializers.CharField(help_text="The BCP 47 tag of the snippet; empty if unknown.")
    article = serializers.UUIDField(allow_null=True, help_text="Where an annotation stands.")
    version = serializers.UUIDField(allow_null=True, help_text="Whose text the places are in.")


@extend_schema_serializer(many=False)
class FoundSerializer(serializers.Serializer):
    """What was found."""

    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many there are, by `in`."
    )
    complete = serializers.BooleanField(
        help_text="False while much that came in lately is still being indexed."
    )
    results = HitSerializer(many=True)


class SearchViewSet(viewsets.GenericViewSet):
    """What has the words in it."""

    queryset = Article.objects.none()
    pagination_class = None
    own_parameters = frozenset({"q", "in", "language", "page_size", "page", "format"})

    @extend_schema(
        summary="Search articles, annotations, entities and sources",
        responses=FoundSerializer,
        parameters=[
            OpenApiParameter(
                "q",
                {"type": "string", "maxLength": MOST_WORDS, "pattern": r"\S"},
                required=True,
                description="Words that must all occur; `“words in quotes”` stand side by side; "
                "`minist*` finds what begins so; `-word` must not occur.",
            ),
            OpenApiParameter(
                "in", OpenApiTypes.STR, enum=SCOPES, description="Everything, unless given."
            ),
            OpenApiParameter(
                "language",
                {"type": "string", "maxLength": 35, "pattern": TAG},
                description="A BCP 47 tag: only articles in it, and annotations of them. "
                "Entities and sources are in no language.",
            ),
            OpenApiParameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}
            ),
            OpenApiParameter(
                "page", {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1}
            ),
        ],
    )
    def list(self, request: Request) -> Response:
        """Give the best of what has all the words, with where they stand."""
        # So that an unknown parameter is refused as everywhere.
        self.filter_queryset(self.get_queryset())
        asked = request.query_params
        size = number(request, "page_size", PAGE, most=MOST)
        page = number(request, "page", 1, most=LAST_PAGE)
        scopes = _scopes(asked)
        language = _language(asked)
        found = search(
            _words(asked),
            [scope(name, request.user, language) for name in scopes],
            most=size,
            start=(page - 1) * size,
        )
        return Response(
            {
                "counts": found.counts,
                "complete": found.is_complete,
                "results": [_record(hit) for hit in found.hits],
            }
        )

    def get_queryset(self) -> QuerySet[Any]:
        """Give nothing: what may be found is the scopes' affair."""
        return Article.objects.none()


def _words(asked: Any) -> str:
    words: str = asked.get("q", "")
    if not words.strip():
        raise InvalidParameters([("q", "Give the words to look for.")])
    if len(words) > MOST_WORDS:
        raise InvalidParameters([("q", f"Give at most {MOST_WORDS} characters.")])
    return words


def _scopes(asked: Any) -> tuple[str, ...]:
    where = asked.get("in")
    if where is None:
        return EVERYTHING
    if where not in SCOPES:
        raise InvalidParameters([("in", f"Give one of {', '.join(SCOPES)}, or leave it out.")])
    return (where,)


def _language(asked: Any) -> str:
    tag: str = asked.get("language", "")
    if tag and (len(tag) > 35 or not re.match(rf"{TAG}\Z", tag)):
        raise InvalidParameters([("language", str(validate_language_tag.message))])
    return tag


def _record(hit: Hit) -> dict[str, Any]:
    return {
        "type": hit.type,
        "id": hit.row.public_id,
        "title": hit.title.text,
        "title_marks": _marks(hit.title),
        "snippet": {
            "field": hit.pointer,
            "text": hit.snippet.text,
            "start": hit.snippet.start,
            "marks": _marks(hit.snippet),
        },
        "score": hit.score,
        "language": hit.language,
        "article": hit.article and hit.article.public_id,
        "version": hit.version and hit.version.public_id,
    }


def _marks(shown: Snippet) -> list[dict[str, int]]:
    return [_place(mark) for mark in shown.marks]


def _place(mark: Span) -> dict[str, int]:
    return {"start": mark.start, "end": mark.end}
