"""Who publishes."""

from django.db import models

from config.db.fields import HttpURLField, match_http_url
from config.db.public_id import PublicModel


class Outlet(PublicModel):
    """A newspaper, agency, broadcaster or site that publishes articles."""

    name = models.CharField(max_length=200, unique=True)
    homepage = HttpURLField(blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 code, such as NZ.")
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47 tag, such as en.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="outlet_has_a_name"),
            models.CheckConstraint(
                condition=match_http_url("homepage"), name="outlet_homepage_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.name
