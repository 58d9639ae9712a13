from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import MAX_TEXT, Annotation, Kind
from annotate.registry.models import Entity
from config.db.constraints import choices_constraint
from config.types import Record


class ClaimType(models.TextChoices):
    FACT = "fact", _("Fact")
    STATISTIC = "statistic", _("Statistic")
    QUOTATION = "quotation", _("Quotation")
    CAUSE = "cause", _("Cause")
    PREDICTION = "prediction", _("Prediction")
    POLICY = "policy", _("Policy")
    OPINION = "opinion", _("Opinion")


class Verdict(models.TextChoices):
    """The result of fact-checking; each maps to a schema.org ClaimReview rating."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    TRUE = "true", _("True")
    MOSTLY_TRUE = "mostly_true", _("Mostly true")
    MIXED = "mixed", _("Mixed")
    MISLEADING = "misleading", _("Misleading")
    MOSTLY_FALSE = "mostly_false", _("Mostly false")
    FALSE = "false", _("False")
    UNVERIFIABLE = "unverifiable", _("Unverifiable")


class CheckWorthiness(models.IntegerChoices):
    NONE = 0, _("0 · not worth checking")
    LOW = 1, _("1 · low")
    MEDIUM = 2, _("2 · medium")
    HIGH = 3, _("3 · check first")


class Claim(Annotation):
    """An annotation that a passage makes a checkable assertion."""

    KIND = Kind.CLAIM
    example = {
        "text": "Exports rose by 12 % in March.",
        "claim_type": "statistic",
        "claimant": "The ministry",
        "check_worthiness": 3,
    }

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_claim"
    )
    text = models.TextField(
        _("claim text"),
        validators=[MaxLengthValidator(MAX_TEXT)],
        help_text=_("A sentence that stands alone: who, what, when, without “it” or “they”."),
    )
    claim_type = models.CharField(
        _("type"), max_length=20, choices=ClaimType, default=ClaimType.FACT
    )
    check_worthiness = models.PositiveSmallIntegerField(
        _("check-worthiness"), choices=CheckWorthiness, default=CheckWorthiness.LOW
    )
    claimant = models.CharField(
        _("claimant"),
        max_length=300,
        blank=True,
        help_text=_("Who makes the claim: choose an entity, or enter a name."),
    )
    claimant_entity = models.ForeignKey(
        Entity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("claimant as an entity"),
    )
    verdict = models.CharField(
        _("verdict"), max_length=20, choices=Verdict, default=Verdict.UNREVIEWED
    )
    rationale = models.TextField(
        _("rationale"),
        blank=True,
        validators=[MaxLengthValidator(MAX_TEXT)],
        help_text=_("The reasons for the verdict."),
    )

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="claim_has_text"),
            choices_constraint("claim_type", ClaimType),
            choices_constraint("verdict", Verdict),
            choices_constraint("check_worthiness", CheckWorthiness),
            models.CheckConstraint(
                condition=models.Q(claimant_entity=None) | models.Q(claimant=""),
                name="claimant_is_entity_or_name",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def claimant_name(self) -> str:
        """The name of the claimant, whether an entity or free text; empty if unknown."""
        return self.claimant_entity.name if self.claimant_entity else self.claimant

    def clean(self) -> None:
        if self.claimant_entity and self.claimant:
            raise ValidationError({"claimant": _("Choose an entity or enter a name, not both.")})

    def content_record(self) -> Record:
        return {**super().content_record(), "claimant": self.claimant_name}
