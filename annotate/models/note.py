"""A free comment."""

from typing import Any

from django.core.validators import MaxLengthValidator
from django.db import models

from annotate.models.annotation import MAX_WORDS, Annotation, Kind


class Note(Annotation):
    """A free comment on an annotation or a passage."""

    KIND = Kind.NOTE
    content_relations = ("target",)

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_note"
    )
    body = models.TextField(validators=[MaxLengthValidator(MAX_WORDS)])
    target = models.ForeignKey(
        Annotation, models.PROTECT, null=True, blank=True, related_name="notes"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(body=""), name="note_has_a_body"),
        ]

    def __str__(self) -> str:
        return self.body

    def content_record(self) -> dict[str, Any]:
        """Write down what is noted."""
        return {
            "body": self.body,
            "target": str(self.target.public_id) if self.target else None,
        }
