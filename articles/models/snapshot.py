"""What was fetched from the web, and how politely."""

import gzip
import hashlib
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone

from articles.models.version import ArticleVersion
from config.db.fields import HttpURLField


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    """Ways to ask for snapshots."""

    def expired(self) -> Self:
        """Keep those that were looked at more than a day ago and brought no version."""
        return self.filter(version=None, fetched_at__lt=timezone.now() - timedelta(days=1))


class Snapshot(models.Model):
    """The bytes of a page as they were fetched, compressed, with the headers of the answer."""

    url = HttpURLField("URL that was asked for")
    answered_url = HttpURLField("URL that answered")
    fetched_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    sha256 = models.CharField("SHA-256 of the bytes", max_length=64, db_index=True)
    size = models.PositiveIntegerField(help_text="In bytes, before compressing.")
    compressed = models.BinaryField()
    version = models.ForeignKey(
        ArticleVersion, models.PROTECT, null=True, blank=True, related_name="snapshots"
    )

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.url} at {self.fetched_at:%Y-%m-%d %H:%M}"

    @classmethod
    def build(cls, url: str, answered: str, status: int, headers: Any, body: bytes) -> Self:
        """Build the snapshot of an answer; nothing is stored yet."""
        return cls(
            url=url,
            answered_url=answered,
            status=status,
            headers=dict(headers),
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            compressed=gzip.compress(body, mtime=0),
        )

    def get_body(self) -> bytes:
        """Give the bytes as they came, inflated."""
        return gzip.decompress(self.compressed)
