"""The bodies with which articles come in: whole, to be fetched, or as a file."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from articles.api.serializers import ArticleMetadataSerializer, ArticleWriteSerializer, CreditField
from articles.errors import DuplicateArticle, FetchFailed, IngestError
from articles.extraction.files import SUFFIXES
from articles.fetch import fetch_new, save_new
from articles.models import Article
from articles.services import create_article, read_article_file
from config.api.problems import InvalidFields, Problem
from config.api.strict import StrictSerializer


class _FoundSerializer(ArticleMetadataSerializer):
    """An article that is found in something; what is given here stands before what is found."""

    authors = serializers.ListField(child=CreditField(), required=False, max_length=100)

    def get_fields(self) -> Any:
        """Let all that may be found be left out."""
        fields = super().get_fields()
        for name in ("title", "language"):
            fields[name].required = False
        return fields

    def changes(self) -> dict[str, Any]:
        """Give the fields of a draft that were sent."""
        mine = ("fetch", "file")
        given = {name: value for name, value in self.validated_data.items() if name not in mine}
        return {name: value for name, value in given.items() if value is not None}


class ArticleFetchSerializer(_FoundSerializer):
    """An article to be fetched from its address."""

    fetch = serializers.BooleanField()

    def get_fields(self) -> Any:
        """Ask for the address."""
        fields = super().get_fields()
        fields["url"] = serializers.URLField(max_length=2000)
        return fields

    def validate_fetch(self, value: bool) -> bool:
        """Take no other value than true. Raises ValidationError."""
        if not value:
            raise serializers.ValidationError("Send true, or leave it out and send the text.")
        return value

    def look(self) -> None:
        """Fetch it. Raises FetchFailed or DuplicateArticle."""
        self.seen = fetch_new(self.validated_data["url"])

    def bring_in(self, by: Any) -> Article:
        """Store what was fetched. Raises IngestError."""
        changes = self.changes()
        del changes["url"]
        return save_new(self.seen, created_by=by, overrides=changes)


class FileSerializer(StrictSerializer):
    """A file: its name, which says of what kind it is, and its bytes in base64."""

    name = serializers.CharField(max_length=255)
    content = serializers.CharField(trim_whitespace=True)

    def validate_content(self, value: str) -> bytes:
        """Decode it. Raises ValidationError."""
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64 (RFC 4648).") from None


class ArticleFileSerializer(_FoundSerializer):
    """An article in a file."""

    file = FileSerializer(help_text=f"The name ends in one of {' '.join(SUFFIXES)}")

    def look(self) -> None:
        """Read it. Raises IngestError."""
        file = self.validated_data["file"]
        self.seen = read_article_file(file["name"], file["content"])

    def bring_in(self, by: Any) -> Article:
        """Store the article of the file. Raises IngestError."""
        return create_article(replace(self.seen, **self.changes()), created_by=by)


class ArticleTextSerializer(ArticleWriteSerializer):
    """An article with its text."""

    def look(self) -> None:
        """Ask nobody: it is all in the request."""

    def bring_in(self, by: Any) -> Article:
        """Store it. Raises IngestError."""
        return create_article(self.draft(), created_by=by)


NEW_ARTICLE = PolymorphicProxySerializer(
    component_name="NewArticle",
    serializers=[ArticleTextSerializer, ArticleFetchSerializer, ArticleFileSerializer],
    resource_type_field_name=None,
)


def new_article(data: Any) -> Any:
    """Choose the serializer of a body: by `fetch`, by `file`, or as a whole article."""
    if isinstance(data, Mapping) and "fetch" in data:
        return ArticleFetchSerializer(data=data)
    if isinstance(data, Mapping) and "file" in data:
        return ArticleFileSerializer(data=data)
    return ArticleTextSerializer(data=data)


def problem_of(error: IngestError) -> Problem:
    """Write down why something did not come in."""
    if isinstance(error, FetchFailed):
        return Problem(
            "not-fetched",
            "The article could not be fetched",
            status=422,
            detail=error.detail,
            errors=[{"pointer": "/url", "detail": error.detail}],
            reason=error.reason,
        )
    if isinstance(error, DuplicateArticle):
        return Problem(
            "already-here",
            "The article is here already",
            status=409,
            detail=str(error),
            article=error.public_id,
        )
    return InvalidFields(
        ((name,), message) for name, found in error.errors.items() for message in found
    )
