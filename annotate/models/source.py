"""Documents that support or refute, and what ties them to a claim or a passage."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone

from annotate.models.annotation import MAX_WORDS, Annotation, Kind
from annotate.models.claim import Claim
from articles.models.address import HttpAddressField, is_http_or_empty
from articles.models.due import catch_up
from articles.models.identity import PublicModel
from articles.models.index import Document, Index, parse
from articles.models.timestamps import rfc3339

SOURCES = Index("source", "annotate.Source")


class SourceQuerySet(models.QuerySet["Source"]):
    """Ways to ask for sources."""

    def search(self, words: str) -> "SourceQuerySet":
        """Keep those in whose title, publisher or address the words are (docs/search.md)."""
        catch_up()
        return self.filter(SOURCES.holds(parse(words)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Give what is searched of the sources with these keys."""
        rows = self.filter(pk__in=keys).values_list("pk", "title", "publisher", "url")
        return {
            key: Document(title=[(title, "")], text=[(publisher, ""), (unquote(url), "")])
            for key, title, publisher, url in rows
        }

    def naming(self, words: str) -> "SourceQuerySet":
        """Keep those whose title, publisher or address has the words in it."""
        return self.filter(
            models.Q(title__icontains=words)
            | models.Q(publisher__icontains=words)
            | models.Q(url__icontains=words)
        )


class Source(PublicModel):
    """A document on the web or elsewhere."""

    url = HttpAddressField("URL", blank=True)
    title = models.CharField(max_length=500, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(null=True, blank=True)
    archive_url = HttpAddressField("archive URL", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        constraints = [
            models.UniqueConstraint(
                fields=["url"], condition=~models.Q(url=""), name="source_url_is_one"
            ),
            models.CheckConstraint(
                condition=~models.Q(url="") | ~models.Q(title=""), name="source_can_be_named"
            ),
            models.CheckConstraint(condition=is_http_or_empty("url"), name="source_url_is_http"),
            models.CheckConstraint(
                condition=is_http_or_empty("archive_url"), name="source_archive_url_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    def record(self) -> dict[str, Any]:
        """Write the source down for the API."""
        return {
            "id": str(self.public_id),
            "url": self.url,
            "title": self.title,
            "publisher": self.publisher,
            "published_on": self.published_on.isoformat() if self.published_on else None,
            "archive_url": self.archive_url,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


class Stance(models.TextChoices):
    """What a source does to a claim or passage."""

    SUPPORTS = "supports", "Supports"
    REFUTES = "refutes", "Refutes"
    MIXED = "mixed", "Mixed"
    CONTEXT = "context", "Gives context"
    ORIGIN = "origin", "Is the origin of"


class SourceLink(Annotation):
    """An annotation that ties a claim, or a passage, to a source."""

    KIND = Kind.SOURCE_LINK
    content_relations = ("claim", "source")

    annotation = models.OneToOneField(
        Annotation,
        models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="as_source_link",
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, null=True, blank=True, related_name="source_links"
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="source_links")
    stance = models.CharField(max_length=20, choices=Stance)
    evidence = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(MAX_WORDS)],
        help_text="The words of the source that matter here.",
    )
    locator = models.CharField(max_length=300, blank=True, help_text="Page, section or time code.")
    retrieved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(stance__in=Stance.values), name="stance_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {self.source}"

    def content_record(self) -> dict[str, Any]:
        """Write down what is tied to what."""
        return {
            "claim": str(self.claim.public_id) if self.claim else None,
            "source": str(self.source.public_id),
            "stance": self.stance,
            "evidence": self.evidence,
            "locator": self.locator,
            "retrieved_at": rfc3339(self.retrieved_at),
        }
