from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from articles.extraction.draft import MAX_TITLE
from articles.models import Article, ArticleVersion, Link
from articles.text.blocks import BlockKind
from articles.text.byline import Credit
from config.api.examples import add_example
from config.api.resources import ResourceSerializer
from config.api.strict import PublicIdField, StrictSerializer, TextField
from config.db.languages import validate_language_tag


class BlockSerializer(serializers.Serializer):
    """A block of the text: `[start, end)` in code points."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in BlockKind])
    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class LinkSerializer(serializers.ModelSerializer):
    """A hyperlink in the text: `[start, end)` in code points."""

    class Meta:
        model = Link
        fields = ["start", "end", "href"]


class VersionSummarySerializer(serializers.ModelSerializer):
    """A version without its text."""

    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = ArticleVersion
        fields = ["id", "number", "sha256", "length"]


class VersionListSerializer(ResourceSerializer):
    """A version in a list, without its text."""

    article = serializers.UUIDField(source="article.public_id")

    class Meta:
        model = ArticleVersion
        fields = ["id", "article", "number", "sha256", "length", "created_at", "links"]


class FetchResultSerializer(serializers.Serializer):
    changed = serializers.BooleanField(help_text="Whether the text has changed.")
    version = VersionListSerializer()


class VersionSerializer(VersionListSerializer):
    blocks = BlockSerializer(many=True)
    hyperlinks = LinkSerializer(many=True, source="links")

    class Meta:
        model = ArticleVersion
        fields = [*VersionListSerializer.Meta.fields, "text", "blocks", "hyperlinks"]


@add_example(
    "A corrected text",
    {
        "article": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be000",
        "text": "The ministry said on Monday that exports rose by 11 % in March.",
    },
)
class VersionWriteSerializer(StrictSerializer):
    article = PublicIdField(Article.objects.all())
    text = serializers.CharField(trim_whitespace=False)


class CreditSerializer(StrictSerializer):
    name = TextField(max_length=200)
    affiliation = TextField(max_length=300, required=False, allow_blank=True, default="")


class CreditField(serializers.Field):
    """An author: a name, or a name with an affiliation."""

    def to_internal_value(self, data: Any) -> Credit:
        serializer = CreditSerializer(data={"name": data} if isinstance(data, str) else data)
        serializer.is_valid(raise_exception=True)
        return Credit(**serializer.validated_data)

    def to_representation(self, value: Any) -> dict[str, str]:
        return {"name": value.name, "affiliation": value.affiliation}


class CreditFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = CreditField

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        name = {"type": "string", "minLength": 1, "maxLength": 200}
        credit = auto_schema.resolve_serializer(CreditSerializer, direction)
        return {"oneOf": [name, credit.ref]}


class ArticleSerializer(ResourceSerializer):
    """An article and its current version; see `Article.record()`."""

    outlet = serializers.CharField(source="outlet.name", allow_null=True, default=None)
    authors = CreditSerializer(many=True)
    current_version = VersionSummarySerializer(allow_null=True)

    class Meta:
        model = Article
        fields = [
            *("id", "title", "url", "outlet", "authors", "language", "published_at", "licence"),
            *("created_at", "updated_at", "current_version", "links"),
        ]


class CreatedArticleSerializer(ArticleSerializer):
    """A new article, and what needs a check."""

    notes = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="What may be wrong with what was extracted from a page or file.",
    )

    class Meta(ArticleSerializer.Meta):
        fields = [*ArticleSerializer.Meta.fields, "notes"]


class ArticleMetadataSerializer(StrictSerializer):
    """The metadata of an article."""

    title = TextField(max_length=MAX_TITLE)
    language = serializers.CharField(max_length=35, validators=[validate_language_tag])
    url = serializers.URLField(max_length=2000, required=False, allow_null=True)
    outlet = TextField(max_length=200, required=False, allow_blank=True, allow_null=True)
    published_at = serializers.DateTimeField(required=False, allow_null=True)
    licence = TextField(max_length=200, required=False, allow_blank=True)
