from django.db import models
from django.utils.translation import gettext_lazy as _

from config.db.fields import HttpURLField, match_http_url
from config.db.public_id import PublicModel


class Outlet(PublicModel):
    """A newspaper, agency, broadcaster or site that publishes articles."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    homepage = HttpURLField(_("homepage"), blank=True)
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("ISO 3166-1 code, such as NZ.")
    )
    language = models.CharField(
        _("language"), max_length=35, blank=True, help_text=_("BCP 47 tag, such as en.")
    )

    class Meta:
        verbose_name = _("outlet")
        verbose_name_plural = _("outlets")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="outlet_has_name"),
            models.CheckConstraint(
                condition=match_http_url("homepage"), name="outlet_homepage_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.name
