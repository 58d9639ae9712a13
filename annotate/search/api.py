from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.search.services import DEFAULT_SCOPES, SCOPES, TYPES, get_scope
from articles.models import Article
from config.api.filters import MAX_QUERY_LENGTH, IntegerParameter
from config.api.problems import InvalidParameters
from config.db.languages import validate_language_tag
from config.language_tags import LANGUAGE_TAG, is_language_tag
from config.search.services import search

PAGE_SIZE = IntegerParameter("page_size", 20, 100)
PAGE = IntegerParameter("page", 1, 50)


class HighlightSerializer(serializers.Serializer):
    """A match at `[start, end)` of the whole field, in code points."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class SnippetSerializer(serializers.Serializer):
    """An excerpt that starts at `start` of the field. Highlights refer to the whole field."""

    field = serializers.CharField(
        source="pointer",
        help_text="JSON pointer to the field: `/text` of the article's version, `/title`, "
        "`/spans/0/exact`, `/aliases/2/name` …",
    )
    text = serializers.CharField(source="snippet.text")
    start = serializers.IntegerField(source="snippet.start", min_value=0)
    highlights = HighlightSerializer(many=True, source="snippet.highlights")


class SearchResultSerializer(serializers.Serializer):
    type = serializers.ChoiceField(choices=list(TYPES))
    id = serializers.UUIDField(source="row.public_id")
    title = serializers.CharField(
        source="title.text",
        help_text="The title or name. For an annotation: its main text, or else its quote.",
    )
    title_highlights = HighlightSerializer(many=True, source="title.highlights")
    snippet = SnippetSerializer(source="*")
    score = serializers.FloatField(
        help_text="Higher is better. Only comparable within one `in` and one response."
    )
    language = serializers.CharField(help_text="The BCP 47 tag of the snippet; empty if unknown.")
    article = serializers.UUIDField(
        source="article.public_id", allow_null=True, help_text="The article, also of an annotation."
    )
    version = serializers.UUIDField(
        source="version.public_id",
        allow_null=True,
        help_text="The article version that the offsets refer to.",
    )


@extend_schema_serializer(many=False)
class SearchResultsSerializer(serializers.Serializer):
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="The number of matches per `in`."
    )
    is_index_current = serializers.BooleanField(
        help_text="False while many recent changes are still waiting to be indexed."
    )
    results = SearchResultSerializer(many=True)


class SearchViewSet(viewsets.GenericViewSet):
    queryset = Article.objects.none()
    pagination_class = None
    parameters = {"list": frozenset({"q", "in", "language", "page_size", "page", "format"})}

    @extend_schema(
        summary="Search articles, annotations, entities and sources",
        responses=SearchResultsSerializer,
        parameters=[
            OpenApiParameter(
                "q",
                {"type": "string", "maxLength": MAX_QUERY_LENGTH, "pattern": r"\S"},
                required=True,
                description="The query. All words must occur; `“words in quotes”` match as a "
                "phrase; `minist*` matches a prefix; `-word` must not occur.",
            ),
            OpenApiParameter(
                "in", OpenApiTypes.STR, enum=list(SCOPES), description="Everything by default."
            ),
            OpenApiParameter(
                "language",
                {"type": "string", "maxLength": 35, "pattern": f"^{LANGUAGE_TAG}$"},
                description="A BCP 47 tag: only articles in this language, and annotations on "
                "them. Entities and sources have no language.",
            ),
            PAGE_SIZE,
            PAGE,
        ],
    )
    def list(self, request: Request) -> Response:
        """Return the best matches with highlighted snippets."""
        # Rejects unknown parameters.
        self.filter_queryset(self.get_queryset())
        params = request.query_params
        size, page = PAGE_SIZE.parse(request), PAGE.parse(request)
        names, language = _get_scope_names(params), _get_language(params)
        found = search(
            _get_query(params),
            [get_scope(name, request.user, language) for name in names],
            limit=size,
            offset=(page - 1) * size,
        )
        return Response(SearchResultsSerializer(found).data)


def _get_query(params: QueryDict) -> str:
    query = params.get("q", "")
    if not query.strip():
        raise InvalidParameters([("q", "Enter the words to search for.")])
    if len(query) > MAX_QUERY_LENGTH:
        raise InvalidParameters([("q", f"Enter at most {MAX_QUERY_LENGTH} characters.")])
    return query


def _get_scope_names(params: QueryDict) -> tuple[str, ...]:
    name = params.get("in")
    if name is not None and name not in SCOPES:
        raise InvalidParameters([("in", f"Choose one of {', '.join(SCOPES)}, or omit it.")])
    return DEFAULT_SCOPES if name is None else (name,)


def _get_language(params: QueryDict) -> str:
    tag = params.get("language", "")
    if tag and (len(tag) > 35 or not is_language_tag(tag)):
        raise InvalidParameters([("language", str(validate_language_tag.message))])
    return tag
