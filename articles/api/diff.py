from rest_framework import serializers

from articles.api.fields import TextRangeSerializer
from articles.models import ArticleVersion
from articles.text.diff import HunkKind, SpanPair, diff
from config.api.problems import InvalidParameters
from config.types import Record


class MoveSerializer(serializers.Serializer):
    """Lines that have moved."""

    old = TextRangeSerializer()
    new = TextRangeSerializer()


class HunkSerializer(MoveSerializer):
    """A change from `old` to `new`, or text that is equal in both."""

    change = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in HunkKind])


class DiffSerializer(serializers.Serializer):
    """All hunks in order: joined, they are the old text and the new one."""

    old_version = serializers.UUIDField()
    new_version = serializers.UUIDField()
    hunks = HunkSerializer(many=True)
    moves = MoveSerializer(many=True)


def build_diff(old: ArticleVersion, new: ArticleVersion) -> Record:
    def build_ranges(pair: SpanPair) -> Record:
        sides = {"old": (old, pair.old), "new": (new, pair.new)}
        return {
            side: {"start": at.start, "end": at.end, "text": version.text[at.start : at.end]}
            for side, (version, at) in sides.items()
        }

    found = diff(old.text, new.text)
    return {
        "old_version": old.public_id,
        "new_version": new.public_id,
        "hunks": [{"change": str(hunk.kind), **build_ranges(hunk)} for hunk in found.hunks],
        "moves": [build_ranges(move) for move in found.moves],
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
