"""Documents that support or refute, and what ties them to a claim or a passage."""

from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone

from annotate.models.annotation import MAX_WORDS, Annotation, Kind
from annotate.models.claim import Claim
from annotate.registry.models import Source
from config.db.constraints import choices_constraint
from config.db.timestamps import rfc3339


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
            choices_constraint("stance", Stance),
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
