from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.models.annotation import Annotation, Kind
from annotate.projects.models import Tag
from annotate.registry.models import Entity
from config.db.constraints import choices_constraint


class Certainty(models.TextChoices):
    CERTAIN = "certain", _("Certain")
    LIKELY = "likely", _("Likely")
    UNSURE = "unsure", _("Unsure")


class EntityTag(Annotation):
    """An annotation that a passage mentions an entity, which may not be linked yet."""

    KIND = Kind.ENTITY_TAG
    example = {
        "spans": [{"start": 76, "end": 81, "exact": "Chile"}],
        "type": "GPE",
        "entity": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be003",
        "certainty": "certain",
    }

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_entity_tag"
    )
    type = models.ForeignKey(
        Tag, models.PROTECT, related_name="entity_tags", verbose_name=_("type")
    )
    entity = models.ForeignKey(
        Entity,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="mentions",
        verbose_name=_("entity"),
    )
    certainty = models.CharField(
        _("certainty"), max_length=20, choices=Certainty, default=Certainty.CERTAIN
    )

    class Meta:
        verbose_name = _("entity tag")
        verbose_name_plural = _("entity tags")
        constraints = [choices_constraint("certainty", Certainty)]

    def __str__(self) -> str:
        return f"{self.type}: {self.entity or _('not linked')}"
