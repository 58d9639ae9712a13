"""How far a bulk import has come, so that it can go on where it was stopped."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from config.db.public_id import PublicModel

# Bytes of an upload in one row, before they are compressed.
PIECE = 1_000_000
# How long an upload that nobody goes on with is kept.
KEPT_FOR = timedelta(days=14)


class ImportState(models.TextChoices):
    """What becomes of an import."""

    UPLOADED = "uploaded", "Not begun"
    QUEUED = "queued", "Waits for its turn"
    RUNNING = "running", "Under way"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"


UNDER_WAY = (ImportState.QUEUED, ImportState.RUNNING)


class ImportQuerySet(models.QuerySet["Import"]):
    """Ways to ask for imports."""

    def visible_to(self, user: Any) -> Self:
        """Keep a person's own; editors see all."""
        return self if user.is_staff else self.filter(started_by=user.pk)

    def under_way(self) -> Self:
        """Keep those that a worker is at, or will be."""
        return self.filter(state__in=UNDER_WAY)

    def drafts_of(self, user: Any) -> Self:
        """Keep a person's uploads that were not begun, the latest first."""
        return self.filter(started_by=user.pk, state=ImportState.UPLOADED).order_by("-pk")

    def abandoned(self) -> Self:
        """Keep those whose upload is here still although nobody has gone on with it for long."""
        idle = self.exclude(state__in=UNDER_WAY).filter(moved_at__lt=timezone.now() - KEPT_FOR)
        return idle.filter(
            models.Exists(UploadChunk.objects.filter(bulk_import=models.OuterRef("pk")))
        )

    def forget_abandoned(self) -> None:
        """Let their uploads go; of what has brought in articles the counts and faults stay."""
        for state in self.abandoned():
            if state.is_open:
                state.delete()
            else:
                state.pieces.all().delete()


class Import(PublicModel):
    """One source of many articles, known again by the SHA-256 of its bytes and its options.

    `position` counts the rows that were dealt with. It moves in the transaction that stores what
    those rows brought, so that whatever stops an import, the next run goes on with the next row.
    A dry run goes the same way and stores no articles.
    """

    digest = models.CharField(  # noqa: DJ001, for there may be many that have none.
        "SHA-256",
        max_length=64,
        unique=True,
        null=True,
        help_text="Of bytes and options. None before it is begun, and for dry runs.",
    )
    sha256 = models.CharField("SHA-256 of the upload", max_length=64, blank=True)
    name = models.CharField(max_length=300)
    options = models.JSONField(default=dict, help_text="Columns of fields, and defaults.")
    is_dry_run = models.BooleanField("dry run", default=False)
    state = models.CharField(
        max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    fault = models.TextField(blank=True, help_text="Why it failed as a whole.")
    position = models.PositiveIntegerField(default=0, help_text="Rows that were dealt with.")
    reached = models.PositiveIntegerField(
        default=0, help_text="The line, or the number of the file, that these go to."
    )
    total = models.PositiveIntegerField(
        null=True, blank=True, help_text="Lines or files of the source."
    )
    stored = models.PositiveIntegerField(default=0, help_text="Articles that came in.")
    known = models.PositiveIntegerField(default=0, help_text="Articles that were here already.")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(position__gte=models.F("stored") + models.F("known")),
                name="import_counts_its_rows",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ImportState.FINISHED, finished_at__isnull=False)
                | (~models.Q(state=ImportState.FINISHED) & models.Q(finished_at=None)),
                name="import_is_finished_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def refused(self) -> int:
        """How many rows could not come in."""
        return self.position - self.stored - self.known

    @property
    def is_under_way(self) -> bool:
        """Whether a worker is at it, or will be."""
        return self.state in UNDER_WAY

    @property
    def is_open(self) -> bool:
        """Whether its options can still be changed: nothing of it has come in yet."""
        return self.state == ImportState.UPLOADED or (self.is_dry_run and not self.is_under_way)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that were named for fields."""
        found: dict[str, str] = self.options.get("columns", {})
        return found

    @property
    def defaults(self) -> dict[str, str]:
        """The values for rows that have none."""
        found: dict[str, str] = self.options.get("defaults", {})
        return found

    def digest_of_upload(self) -> str:
        """Give what an upload is known again by: its bytes, its options and whose it is."""
        named = [self.sha256, sorted(self.columns.items()), sorted(self.defaults.items())]
        return hashlib.sha256(json.dumps([*named, self.started_by_id]).encode()).hexdigest()

    def now(self) -> "Import":
        """Give the row as it is now, to nobody else until the transaction ends."""
        return type(self).objects.select_for_update().get(pk=self.pk)

    def turn(self, state: ImportState, **values: Any) -> None:
        """Note another state, and what else changes with it."""
        values["finished_at"] = timezone.now() if state == ImportState.FINISHED else None
        for name, value in {**values, "state": state}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *values, "moved_at"])

    def start_anew(self, *, is_dry_run: bool) -> None:
        """Forget what a dry run found, to begin with the first row."""
        self.faults.all().delete()
        for name in ("position", "reached", "stored", "known"):
            setattr(self, name, 0)
        self.is_dry_run = is_dry_run
        self.digest = None if is_dry_run else self.digest_of_upload()

    def keep_upload(self, chunks: Iterable[bytes]) -> None:
        """Store the bytes of the upload, in pieces."""
        with transaction.atomic():
            for number, chunk in enumerate(chunks):
                UploadChunk.objects.create(
                    bulk_import=self, number=number, data=zlib.compress(chunk, 1)
                )

    def upload(self, most: int | None = None) -> Iterator[bytes]:
        """Give the bytes of the upload, piece by piece; at most so many pieces."""
        for number in self.pieces.values_list("number", flat=True)[:most]:
            yield zlib.decompress(self.pieces.get(number=number).data)


class UploadChunk(models.Model):
    """A part of an upload: web processes keep no files, and the worker may be elsewhere."""

    bulk_import = models.ForeignKey(Import, models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField(help_text="Compressed.")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["bulk_import", "number"], name="import_piece_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.bulk_import} {self.number}"


class ImportRowError(PublicModel):
    """A row of an import that could not come in, and why."""

    bulk_import = models.ForeignKey(Import, models.CASCADE, related_name="faults")
    place = models.CharField(max_length=400, help_text="The line, or the file in a folder.")
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"

    @classmethod
    def of(cls, bulk_import: Import, place: str, reason: str) -> "ImportRowError":
        """Build the row of a fault; a place that is too long is cut at its start."""
        return cls(bulk_import=bulk_import, place=place[-400:], reason=reason)
