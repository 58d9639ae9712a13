"""The bodies that create an article: with its text, from a URL, or from a file."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from articles.api.serializers import ArticleMetadataSerializer, CreditField
from articles.errors import DuplicateArticle, FetchFailed, IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES
from articles.fetch import fetch_new, save_new
from articles.models import Article
from articles.services import create_article, read_article_file
from config.api.examples import add_example
from config.api.problems import InvalidFields, Problem, build_problem
from config.api.schema import add_problem_members
from config.api.strict import StrictSerializer


class _NewArticleSerializer(ArticleMetadataSerializer):
    authors = serializers.ListField(child=CreditField(), required=False, max_length=100)

    notes: Sequence[str] = ()

    def load(self) -> None:
        """Load the content before the transaction that saves it."""


@add_example(
    "An article",
    {
        "title": "Exports rise",
        "language": "en",
        "url": "https://news.example/exports-rise",
        "outlet": "The Harbour Post",
        "authors": ["Ada Vance", {"name": "Security desk", "affiliation": "The Post"}],
        "published_at": "2026-04-02T06:30:00Z",
        "licence": "CC-BY-4.0",
        "text": "The ministry said on Monday that exports rose by 12 % in March.",
    },
)
class ArticleTextSerializer(_NewArticleSerializer):
    """An article with its text. Without `authors`, they are read from the byline in the text."""

    text = serializers.CharField(trim_whitespace=False)

    def import_article(self, by: Any) -> Article:
        values = {**self.validated_data, "outlet": self.validated_data.get("outlet") or ""}
        return create_article(ArticleDraft(**values), created_by=by)


class _ExtractedArticleSerializer(_NewArticleSerializer):
    """An article whose content is extracted; the metadata given here overrides what is found."""

    # The fields that say where to find the article.
    source_fields: tuple[str, ...]

    def get_fields(self) -> Any:
        fields = super().get_fields()
        for name in ("title", "language"):
            fields[name].required = False
        return fields

    def get_overrides(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.validated_data.items()
            if name not in self.source_fields and value is not None
        }


class ArticleFetchSerializer(_ExtractedArticleSerializer):
    """An article to fetch from its URL."""

    source_fields = ("fetch", "url")
    url = serializers.URLField(max_length=2000)
    fetch = serializers.BooleanField()

    def validate_fetch(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError("Send true, or omit it and send the text.")
        return value

    def load(self) -> None:
        self.page = fetch_new(self.validated_data["url"])
        self.notes = self.page.page.draft.notes

    def import_article(self, by: Any) -> Article:
        return save_new(self.page, created_by=by, overrides=self.get_overrides())


class FileSerializer(StrictSerializer):
    """A file: its name, whose suffix tells the format, and its bytes in base64."""

    name = serializers.CharField(max_length=255)
    content = serializers.CharField(trim_whitespace=True)

    def validate_content(self, value: str) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64 (RFC 4648).") from None


class ArticleFileSerializer(_ExtractedArticleSerializer):
    """An article in a file."""

    source_fields = ("file",)
    file = FileSerializer(help_text=f"The name ends in one of {' '.join(SUFFIXES)}")

    def load(self) -> None:
        file = self.validated_data["file"]
        self.draft = read_article_file(file["name"], file["content"])
        self.notes = self.draft.notes

    def import_article(self, by: Any) -> Article:
        return create_article(replace(self.draft, **self.get_overrides()), created_by=by)


ARTICLE_CREATE = PolymorphicProxySerializer(
    component_name="ArticleCreate",
    serializers=[ArticleTextSerializer, ArticleFetchSerializer, ArticleFileSerializer],
    resource_type_field_name=None,
)


def load_article(data: Any) -> Any:
    """Return the serializer of a request body, validated and with its page or file loaded.

    Raises ValidationError or IngestError.
    """
    kinds: dict[str, Any] = {"fetch": ArticleFetchSerializer, "file": ArticleFileSerializer}
    given = next((n for n in kinds if isinstance(data, Mapping) and n in data), "text")
    serializer = kinds.get(given, ArticleTextSerializer)(data=data)
    serializer.is_valid(raise_exception=True)
    serializer.load()
    return serializer


@build_problem.register
def _(error: IngestError, view: Any = None) -> Problem:
    return InvalidFields(
        ((name,), message) for name, messages in error.errors.items() for message in messages
    )


@build_problem.register
def _(error: FetchFailed, view: Any = None) -> Problem:
    return Problem(
        "fetch-failed",
        "The page could not be fetched",
        status=422,
        detail=error.detail,
        errors=[{"pointer": "/url", "detail": error.detail}],
        reason=error.reason,
    )


@build_problem.register
def _(error: DuplicateArticle, view: Any = None) -> Problem:
    return Problem(
        "duplicate-article",
        "The article exists already",
        status=409,
        detail=str(error),
        article=error.public_id,
    )


add_problem_members(
    reason={"type": "string", "description": "Why a page was not fetched, for programs."},
    article={"type": "string", "format": "uuid", "description": "The existing article (409)."},
)
