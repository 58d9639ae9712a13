"""Where else an article's words stand."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.duplicates.services import DuplicateCandidate, Relation, get_duplicates
from articles.models import Article
from config.api.filters import check_parameters


class CopySerializer(serializers.Serializer):
    """Another article, and what it is to this one."""

    article = serializers.UUIDField()
    title = serializers.CharField()
    outlet = serializers.CharField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    relation = serializers.ChoiceField(
        choices=[(relation.value, relation.name) for relation in Relation],
        help_text="`copy`: the same words elsewhere. `near`: most of them. `same` and `version`: "
        "the same words, or others, at another form of the same address.",
    )
    resemblance = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="The share of the runs of four words of both that both have (Jaccard).",
    )


class CopiesSerializer(serializers.Serializer):
    """The likest few, the nearest first."""

    results = CopySerializer(many=True)


class CopiesView(APIView):
    """The other articles with an article's words, or nearly."""

    @extend_schema(summary="Find the copies of an article", responses=CopiesSerializer)
    def get(self, request: Request, public_id: Any) -> Response:
        """Compare its current text with those here that are like it."""
        check_parameters(request, frozenset({"format"}))
        article = get_object_or_404(
            Article.objects.select_related("current_version"), public_id=public_id
        )
        return Response({"results": [_record(duplicate) for duplicate in get_duplicates(article)]})


def _record(duplicate: DuplicateCandidate) -> dict[str, Any]:
    return {
        "article": duplicate.article.public_id,
        "title": duplicate.article.title,
        "outlet": duplicate.article.outlet and duplicate.article.outlet.name,
        "url": duplicate.article.url,
        "relation": str(duplicate.relation),
        "resemblance": round(duplicate.similarity, 4),
    }
