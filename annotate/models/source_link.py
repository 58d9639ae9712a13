from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import MAX_TEXT, Annotation, Kind
from annotate.models.claim import Claim
from annotate.registry.models import Source
from config.db.constraints import choices_constraint


class Stance(models.TextChoices):
    SUPPORTS = "supports", _("Supports")
    REFUTES = "refutes", _("Refutes")
    MIXED = "mixed", _("Mixed")
    CONTEXT = "context", _("Context")
    PRIMARY_SOURCE = "primary_source", _("Primary source")


class SourceLink(Annotation):
    """An annotation that links a source to a claim or a passage."""

    KIND = Kind.SOURCE_LINK
    parent_field = "claim"
    example = {
        "claim": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be002",
        "source": {"url": "https://stats.example/march", "title": "Exports in March"},
        "stance": "refutes",
        "evidence": "Exports fell by 3 % in March.",
        "locator": "table 2",
    }

    annotation = models.OneToOneField(
        Annotation,
        models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="as_source_link",
    )
    claim = models.ForeignKey(
        Claim,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="source_links",
        verbose_name=_("claim"),
    )
    stance = models.CharField(_("stance"), max_length=20, choices=Stance)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="source_links", verbose_name=_("source")
    )
    evidence = models.TextField(
        _("evidence"),
        blank=True,
        validators=[MaxLengthValidator(MAX_TEXT)],
        help_text=_("The relevant passage of the source, quoted."),
    )
    locator = models.CharField(
        _("locator"), max_length=300, blank=True, help_text=_("Page, section or time code.")
    )
    retrieved_at = models.DateTimeField(
        _("retrieved at"), default=timezone.now, help_text=_("In UTC. Leave empty for now.")
    )

    class Meta:
        verbose_name = _("source link")
        verbose_name_plural = _("source links")
        constraints = [choices_constraint("stance", Stance)]

    def __str__(self) -> str:
        return f"{self.get_stance_display()}: {self.source}"
