import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.db.constraints import choices_constraint
from config.db.fields import build_creator_field
from config.db.public_id import PublicModel
from config.jobs.lease import Lease, LeaseQuerySet

# Uncompressed bytes of an upload in one row.
CHUNK_BYTES = 1_000_000
# Uploads of imports that nobody touched for this long are deleted.
UPLOAD_RETENTION = timedelta(days=14)


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("Not started")
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


ACTIVE_STATES = (ImportState.QUEUED, ImportState.RUNNING)


class ImportQuerySet(LeaseQuerySet["Import"]):
    def visible_to(self, user: Any) -> "ImportQuerySet":
        """Filter to the user's own; editors see all."""
        return self if user.is_staff else self.filter(started_by=user.pk)

    def active(self) -> "ImportQuerySet":
        return self.filter(state__in=ACTIVE_STATES)

    def delete_expired(self) -> None:
        """Delete uploads that nobody touched for long; keep counts and errors of what ran."""
        expired = self.exclude(state__in=ACTIVE_STATES).filter(
            models.Exists(UploadChunk.objects.filter(parent=models.OuterRef("pk"))),
            updated_at__lt=timezone.now() - UPLOAD_RETENTION,
        )
        for state in expired:
            if state.is_editable:
                state.delete()
            else:
                state.chunks.all().delete()


class Import(Lease, PublicModel):
    """One import of many articles, identified by the SHA-256 of its source and options.

    `processed` counts the rows that were processed. It is saved in the transaction that stores
    their articles, so whatever stops an import, the next run continues with the next row.
    A dry run does the same but stores no articles.
    """

    # Unique, but any number of imports have none.
    digest = models.CharField(  # noqa: DJ001
        _("SHA-256"),
        max_length=64,
        unique=True,
        null=True,
        help_text=_("Of source and options. Empty for dry runs and before the start."),
    )
    sha256 = models.CharField(_("SHA-256 of the upload"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=300)
    options = models.JSONField(
        _("options"), default=dict, help_text=_("Column mapping and default values.")
    )
    is_dry_run = models.BooleanField(_("dry run"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED
    )
    error = models.TextField(
        _("error"), blank=True, help_text=_("Why the import failed as a whole; usually empty.")
    )
    processed = models.PositiveIntegerField(_("processed rows"), default=0)
    current_row = models.PositiveIntegerField(
        _("current row"), default=0, help_text=_("Line or file number of the last processed row.")
    )
    total = models.PositiveIntegerField(
        _("total rows"),
        null=True,
        blank=True,
        help_text=_("Number of lines or files; empty if unknown."),
    )
    created = models.PositiveIntegerField(
        _("created articles"),
        default=0,
        help_text=_("Of a dry run, articles that would be created."),
    )
    duplicates = models.PositiveIntegerField(
        _("existing articles"), default=0, help_text=_("Number of articles that existed already.")
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=0, help_text=_("Starts since the last progress.")
    )
    started_by = build_creator_field(_("started by"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    PROGRESS_FIELDS = ("processed", "current_row", "created", "duplicates")

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints = [
            choices_constraint("state", ImportState),
            models.CheckConstraint(
                condition=models.Q(processed__gte=models.F("created") + models.F("duplicates")),
                name="import_counts_add_up",
            ),
            models.CheckConstraint(
                condition=models.Q(state=ImportState.FINISHED, finished_at__isnull=False)
                | (~models.Q(state=ImportState.FINISHED) & models.Q(finished_at=None)),
                name="import_finished_at_if_finished",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def failed(self) -> int:
        return self.processed - self.created - self.duplicates

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE_STATES

    @property
    def can_resume(self) -> bool:
        return self.state in (ImportState.STOPPED, ImportState.FAILED)

    @property
    def is_editable(self) -> bool:
        """Whether its options can be changed: it has not stored anything yet."""
        return self.state == ImportState.UPLOADED or (self.is_dry_run and not self.is_active)

    def get_upload_digest(self) -> str:
        """Return a digest of an upload's bytes, options and user."""
        options = [sorted(self.options.get(name, {}).items()) for name in ("columns", "defaults")]
        encoding = self.options.get("encoding")
        parts = [self.sha256, *options, self.started_by_id, *([encoding] if encoding else [])]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def lock(self) -> "Import":
        """Return the current row, locked until the transaction ends."""
        return type(self).objects.select_for_update().get(pk=self.pk)

    def set_state(self, state: ImportState, **values: Any) -> None:
        values["finished_at"] = timezone.now() if state == ImportState.FINISHED else None
        if state not in ACTIVE_STATES:
            values |= {"lease_token": None, "lease_expires_at": None}
        for name, value in {**values, "state": state}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *values, "updated_at"])

    def reset(self, *, is_dry_run: bool) -> None:
        """Discard the results of a dry run and go back to the first row."""
        self.row_errors.all().delete()
        for name in self.PROGRESS_FIELDS:
            setattr(self, name, 0)
        self.is_dry_run = is_dry_run
        self.digest = None if is_dry_run else self.get_upload_digest()


class UploadChunk(models.Model):
    """Part of an upload, kept in the database as the worker may be on another machine."""

    parent = models.ForeignKey(Import, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField(help_text=_("Compressed with zlib."))

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "number"], name="upload_chunk_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.parent} {self.number}"


class Severity(models.TextChoices):
    ERROR = "error", _("Failed")
    WARNING = "warning", _("Imported, needs a check")


class ImportRowError(PublicModel):
    """A row that could not be imported or needs a check, and why."""

    parent = models.ForeignKey(
        Import, models.CASCADE, related_name="row_errors", verbose_name=_("import")
    )
    location = models.CharField(
        _("location"), max_length=400, help_text=_("Such as `line 17`, or the path of a file.")
    )
    reason = models.TextField(_("reason"))
    severity = models.CharField(
        _("severity"), max_length=7, choices=Severity.choices, default=Severity.ERROR
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("row error")
        verbose_name_plural = _("row errors")
        constraints = [choices_constraint("severity", Severity)]

    def __str__(self) -> str:
        return f"{self.location}: {self.reason}"
