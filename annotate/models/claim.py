"""That a passage asserts something checkable."""

from typing import Any

from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db import models

from annotate.models.annotation import MAX_WORDS, Annotation, Kind
from annotate.registry.models import Entity
from config.db.constraints import choices_constraint


class ClaimType(models.TextChoices):
    """What kind of thing is asserted."""

    FACT = "fact", "Fact"
    STATISTIC = "statistic", "Statistic"
    QUOTATION = "quotation", "Quotation"
    CAUSE = "cause", "Cause"
    PREDICTION = "prediction", "Prediction"
    POLICY = "policy", "Policy"
    OPINION = "opinion", "Opinion"


class Verdict(models.TextChoices):
    """What checking found; each maps to a schema.org ClaimReview rating."""

    UNREVIEWED = "unreviewed", "Unreviewed"
    TRUE = "true", "True"
    MOSTLY_TRUE = "mostly_true", "Mostly true"
    MIXED = "mixed", "Mixed"
    MISLEADING = "misleading", "Misleading"
    MOSTLY_FALSE = "mostly_false", "Mostly false"
    FALSE = "false", "False"
    UNVERIFIABLE = "unverifiable", "Unverifiable"


class CheckWorthiness(models.IntegerChoices):
    """How much it matters to check the claim."""

    NONE = 0, "0 · not worth checking"
    LOW = 1, "1 · low"
    MEDIUM = 2, "2 · medium"
    HIGH = 3, "3 · check first"


class Claim(Annotation):
    """An annotation that a passage asserts something checkable."""

    KIND = Kind.CLAIM
    content_relations = ("claimant_entity",)

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_claim"
    )
    text = models.TextField(
        "claim text",
        validators=[MaxLengthValidator(MAX_WORDS)],
        help_text="The claim in words that stand alone: who, what, when, without “it” or “they”.",
    )
    claim_type = models.CharField(max_length=20, choices=ClaimType, default=ClaimType.FACT)
    claimant_entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, related_name="claims"
    )
    claimant_name = models.CharField(max_length=300, blank=True)
    check_worthiness = models.PositiveSmallIntegerField(
        choices=CheckWorthiness, default=CheckWorthiness.LOW, validators=[MaxValueValidator(3)]
    )
    verdict = models.CharField(max_length=20, choices=Verdict, default=Verdict.UNREVIEWED)
    rationale = models.TextField(blank=True, validators=[MaxLengthValidator(MAX_WORDS)])

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=""), name="claim_has_text"),
            choices_constraint("claim_type", ClaimType),
            choices_constraint("verdict", Verdict),
            choices_constraint("check_worthiness", CheckWorthiness),
            models.CheckConstraint(
                condition=models.Q(claimant_entity=None) | models.Q(claimant_name=""),
                name="claimant_is_one",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def claimant(self) -> str:
        """Who makes the claim, by name; empty when not said."""
        return self.claimant_entity.name if self.claimant_entity else self.claimant_name

    def content_record(self) -> dict[str, Any]:
        """Write down what is claimed."""
        entity = self.claimant_entity
        return {
            "text": self.text,
            "claim_type": self.claim_type,
            "claimant": self.claimant,
            "claimant_entity": str(entity.public_id) if entity else None,
            "check_worthiness": self.check_worthiness,
            "verdict": self.verdict,
            "rationale": self.rationale,
        }
