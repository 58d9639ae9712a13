from rest_framework import serializers

from articles.duplicates.services import DuplicateCandidate, Relation
from config.types import Record


class DuplicateSerializer(serializers.Serializer):
    """Another article, and its relation to this one."""

    article = serializers.UUIDField()
    title = serializers.CharField()
    outlet = serializers.CharField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    relation = serializers.ChoiceField(
        choices=[(relation.value, relation.name) for relation in Relation],
        help_text="`copy`: the same text at another address. `near_duplicate`: most of the text. "
        "`identical` and `version`: the same text, or another one, at a variant of this address.",
    )
    similarity = serializers.FloatField(
        min_value=0,
        max_value=1,
        help_text="The share of common four-word sequences (Jaccard index).",
    )


class DuplicatesSerializer(serializers.Serializer):
    """The most similar articles, best first."""

    results = DuplicateSerializer(many=True)


def serialize_duplicate(duplicate: DuplicateCandidate) -> Record:
    return {
        "article": duplicate.article.public_id,
        "title": duplicate.article.title,
        "outlet": duplicate.article.outlet and duplicate.article.outlet.name,
        "url": duplicate.article.url,
        "relation": str(duplicate.relation),
        "similarity": round(duplicate.similarity, 4),
    }
