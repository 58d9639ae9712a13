"""What changed from one version of an article to another."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from articles.api.fields import TextRangeSerializer
from articles.models import ArticleVersion
from articles.text.diff import HunkKind, diff
from config.api.problems import InvalidParameters


class HunkSerializer(serializers.Serializer):
    """A change: `old` became `new`."""

    change = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in HunkKind])
    old = TextRangeSerializer()
    new = TextRangeSerializer()


class MoveSerializer(serializers.Serializer):
    """Lines that moved."""

    old = TextRangeSerializer()
    new = TextRangeSerializer()


class DiffSerializer(serializers.Serializer):
    """All hunks, in order: put together, they are the old text and the new one."""

    old_version = serializers.UUIDField()
    new_version = serializers.UUIDField()
    hunks = HunkSerializer(many=True)
    moves = MoveSerializer(many=True)


class DiffView(APIView):
    """The difference between two versions."""

    @extend_schema(
        summary="Compare a version with an earlier one, word by word",
        responses=DiffSerializer,
        parameters=[
            OpenApiParameter(
                "from",
                OpenApiTypes.UUID,
                description="The id of another version; the one before if not given.",
            )
        ],
    )
    def get(self, request: Request, public_id: Any) -> Response:
        """Give what changed."""
        new = get_object_or_404(ArticleVersion, public_id=public_id)
        old = _other(request, new)
        found = diff(old.text, new.text)
        return Response(
            {
                "old_version": old.public_id,
                "new_version": new.public_id,
                "hunks": [
                    {
                        "change": str(hunk.kind),
                        "old": _text_range(old.text, hunk.old_start, hunk.old_end),
                        "new": _text_range(new.text, hunk.new_start, hunk.new_end),
                    }
                    for hunk in found.hunks
                ],
                "moves": [
                    {
                        "old": _text_range(old.text, move.old.start, move.old.end),
                        "new": _text_range(new.text, move.new.start, move.new.end),
                    }
                    for move in found.moves
                ],
            }
        )


def _other(request: Request, version: ArticleVersion) -> ArticleVersion:
    """Find the version to compare with. Raises InvalidParameters."""
    if unknown := sorted(set(request.query_params) - {"from", "format"}):
        raise InvalidParameters(
            (name, "There is no such parameter. There are: from.") for name in unknown
        )
    others = ArticleVersion.objects.filter(article=version.article_id)
    asked = request.query_params.get("from")
    if asked is None:
        found = others.filter(number=version.number - 1).first()
        missing = "This is the first version. There is none before it."
    else:
        try:
            wanted = serializers.UUIDField().run_validation(asked)
        except serializers.ValidationError:
            raise InvalidParameters([("from", "Give the id of a version.")]) from None
        found = others.filter(public_id=wanted).first()
        missing = "This article has no version with this id."
    if found is None:
        raise InvalidParameters([("from", missing)])
    return found


def _text_range(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end]}
