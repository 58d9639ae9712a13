"""Addresses on the web."""

from typing import Any

from django.core.validators import URLValidator
from django.db import models

# Whatever else a browser could be made to open is no address of news.
is_http_url = URLValidator(schemes=["http", "https"], message="Give an http or https address.")


class HttpURLField(models.CharField):
    """An http or https address of at most 2000 characters."""

    default_validators = [is_http_url]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        super().__init__(*args, **kwargs)


def is_http_or_empty(name: str) -> models.Q:
    """Give the condition that a column is empty, or an http address, for a constraint."""
    return (
        models.Q(**{name: ""})
        | models.Q(**{f"{name}__startswith": "https://"})
        | models.Q(**{f"{name}__startswith": "http://"})
    )
