from rest_framework import serializers

from articles.duplicates.services import Relation


class DuplicateSerializer(serializers.Serializer):
    """Another article, and its relation to this one."""

    article = serializers.UUIDField(source="article.public_id")
    title = serializers.CharField(source="article.title")
    outlet = serializers.CharField(source="article.outlet.name", allow_null=True)
    url = serializers.URLField(source="article.url", allow_null=True)
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
