"""That a passage mentions an entity."""

from typing import Any

from django.db import models

from annotate.models.annotation import Annotation, Kind
from annotate.projects.models import Tag
from annotate.registry.models import Entity
from config.db.constraints import choices_constraint


class Certainty(models.TextChoices):
    """How sure the annotator is."""

    CERTAIN = "certain", "Certain"
    LIKELY = "likely", "Likely"
    UNSURE = "unsure", "Unsure"


class EntityTag(Annotation):
    """An annotation that a passage mentions an entity, which may not be linked yet."""

    KIND = Kind.ENTITY_TAG
    content_relations = ("tag", "entity")

    annotation = models.OneToOneField(
        Annotation, models.CASCADE, parent_link=True, primary_key=True, related_name="as_entity_tag"
    )
    tag = models.ForeignKey(Tag, models.PROTECT, related_name="entity_tags", verbose_name="type")
    entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, related_name="mentions"
    )
    certainty = models.CharField(max_length=20, choices=Certainty, default=Certainty.CERTAIN)

    class Meta:
        constraints = [
            choices_constraint("certainty", Certainty),
        ]

    def __str__(self) -> str:
        return f"{self.tag}: {self.entity or 'not linked'}"

    def content_record(self) -> dict[str, Any]:
        """Write down what is mentioned."""
        return {
            "type": self.tag.code,
            "entity": str(self.entity.public_id) if self.entity else None,
            "certainty": self.certainty,
        }
