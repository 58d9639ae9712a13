from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from articles.text.urls import has_credentials


class HttpURLValidator(URLValidator):
    """Accepts http and https URLs. Credentials would be stored and shown, so they are refused."""

    def __init__(self) -> None:
        super().__init__(schemes=["http", "https"], message=_("Enter an http or https URL."))

    def __call__(self, value: Any) -> None:
        super().__call__(value)
        if has_credentials(value):
            raise ValidationError(_("Remove the user name and password from this URL."))


validate_http_url = HttpURLValidator()


class HttpURLField(models.CharField):
    """A CharField for http and https URLs of up to 2000 characters, without credentials."""

    default_validators = [validate_http_url]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)


def match_http_url(field: str, empty: str | None = "") -> models.Q:
    """Return the Q for a check constraint: `field` is an http or https URL, or `empty`."""
    return (
        models.Q(**{field: empty})
        | models.Q(**{f"{field}__startswith": "https://"})
        | models.Q(**{f"{field}__startswith": "http://"})
    )


def build_creator_field(verbose_name: Any) -> Any:
    """Return a foreign key to the user who created a row; null after their account is deleted."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=verbose_name,
    )
