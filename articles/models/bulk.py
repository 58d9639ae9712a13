"""How far a bulk import has come, so that it can go on where it was stopped."""

from django.conf import settings
from django.db import models

from articles.models.identity import PublicModel


class BulkImport(PublicModel):
    """One source of many articles, known again by the SHA-256 of its bytes and its options.

    `position` counts the rows that were dealt with. It moves in the transaction that stores what
    those rows brought, so that whatever stops an import, the next run goes on with the next row.
    """

    digest = models.CharField("SHA-256", max_length=64, unique=True)
    name = models.CharField(max_length=300)
    position = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0, help_text="Articles that came in.")
    known = models.PositiveIntegerField(default=0, help_text="Articles that were here already.")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(auto_now_add=True)
    moved_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(position__gte=models.F("stored") + models.F("known")),
                name="import_counts_its_rows",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportFault(models.Model):
    """A row of an import that could not come in, and why."""

    bulk_import = models.ForeignKey(BulkImport, models.CASCADE, related_name="faults")
    place = models.CharField(max_length=400, help_text="The line, or the file in a folder.")
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"

    @classmethod
    def of(cls, bulk_import: BulkImport, place: str, reason: str) -> "ImportFault":
        """Build the row of a fault; a place that is too long is cut at its start."""
        return cls(bulk_import=bulk_import, place=place[-400:], reason=reason)
