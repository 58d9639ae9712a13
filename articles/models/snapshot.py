import gzip
import hashlib
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models.version import ArticleVersion
from config.db.fields import HttpURLField


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def expired(self) -> Self:
        """Filter to snapshots of previews that were not saved within a day."""
        return self.filter(version=None, fetched_at__lt=timezone.now() - timedelta(days=1))


class Snapshot(models.Model):
    """The bytes of a fetched page, compressed, and the headers of the response."""

    url = HttpURLField(_("requested URL"))
    final_url = HttpURLField(_("final URL"), help_text=_("After redirects."))
    fetched_at = models.DateTimeField(_("fetched at"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("HTTP status"))
    headers = models.JSONField(_("headers"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    size = models.PositiveIntegerField(_("size"), help_text=_("In bytes, uncompressed."))
    compressed = models.BinaryField(_("compressed body"))
    version = models.ForeignKey(
        ArticleVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="snapshots",
        verbose_name=_("version"),
    )

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.url}, {self.fetched_at:%Y-%m-%d %H:%M}"

    @classmethod
    def build(cls, url: str, final_url: str, status: int, headers: Any, body: bytes) -> Self:
        return cls(
            url=url,
            final_url=final_url,
            status=status,
            headers=dict(headers),
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            compressed=gzip.compress(body, mtime=0),
        )

    def get_body(self) -> bytes:
        return gzip.decompress(self.compressed)
