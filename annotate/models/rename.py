from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.registry.models import Entity


class Rename(models.Model):
    """An entity whose new name is not yet on all claims that show it. Triggers add these rows.

    Without an entity, all annotations have to be checked. Those up to `position` are done.
    """

    entity = models.ForeignKey(
        Entity, models.CASCADE, null=True, related_name="+", verbose_name=_("entity")
    )
    position = models.BigIntegerField(_("position"), db_default=0)

    class Meta:
        verbose_name = _("rename")
        verbose_name_plural = _("renames")

    def __str__(self) -> str:
        return str(self.entity_id)
