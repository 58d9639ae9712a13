from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import MAX_TEXT, Annotation, Kind


class Note(Annotation):
    """A free comment on an annotation or a passage."""

    KIND = Kind.NOTE
    parent_field = "target"
    example = {
        "target": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be002",
        "body": "Which month is it compared with?",
    }

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_note"
    )
    target = models.ForeignKey(
        Annotation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notes",
        verbose_name=_("target"),
    )
    body = models.TextField(_("note"), validators=[MaxLengthValidator(MAX_TEXT)])

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [models.CheckConstraint(condition=~models.Q(body=""), name="note_has_body")]

    def __str__(self) -> str:
        return self.body
