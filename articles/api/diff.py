"""The difference between two versions of an article."""

from typing import Any

from rest_framework import serializers

from articles.api.fields import TextRangeSerializer
from articles.models import ArticleVersion
from articles.text.diff import HunkKind, diff
from config.api.problems import InvalidParameters
from config.types import Record


class HunkSerializer(serializers.Serializer):
    """A change from `old` to `new`, or text that is equal in both."""

    change = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in HunkKind])
    old = TextRangeSerializer()
    new = TextRangeSerializer()


class MoveSerializer(serializers.Serializer):
    """Lines that have moved."""

    old = TextRangeSerializer()
    new = TextRangeSerializer()


class DiffSerializer(serializers.Serializer):
    """All hunks in order: joined, they are the old text and the new one."""

    old_version = serializers.UUIDField()
    new_version = serializers.UUIDField()
    hunks = HunkSerializer(many=True)
    moves = MoveSerializer(many=True)


def build_diff(old: ArticleVersion, new: ArticleVersion) -> Record:
    found = diff(old.text, new.text)
    return {
        "old_version": old.public_id,
        "new_version": new.public_id,
        "hunks": [
            {
                "change": str(hunk.kind),
                "old": _build_range(old.text, hunk.old_start, hunk.old_end),
                "new": _build_range(new.text, hunk.new_start, hunk.new_end),
            }
            for hunk in found.hunks
        ],
        "moves": [
            {
                "old": _build_range(old.text, move.old.start, move.old.end),
                "new": _build_range(new.text, move.new.start, move.new.end),
            }
            for move in found.moves
        ],
    }


def find_base_version(version: ArticleVersion, given: str | None) -> ArticleVersion:
    """Return the version with the id `given`, or the previous one. Raises InvalidParameters."""
    others = ArticleVersion.objects.filter(article=version.article_id)
    if given is None:
        found = others.filter(number=version.number - 1).first()
        message = "This is the first version; there is none to compare it with."
    else:
        try:
            public_id = serializers.UUIDField().run_validation(given)
        except serializers.ValidationError:
            raise InvalidParameters([("from", "Give the id of a version.")]) from None
        found = others.filter(public_id=public_id).first()
        message = "This article has no version with this id."
    if found is None:
        raise InvalidParameters([("from", message)])
    return found


def _build_range(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text[start:end]}
