"""How a language is written down: BCP 47 tags."""

from django.core.validators import RegexValidator
from django.db import models

# The shape of a BCP 47 tag (RFC 5646) as far as news needs it: ar, pt-BR, zh-Hant-TW.
validate_language_tag = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    "Give a BCP 47 language tag such as en, ar or zh-Hant; und when it is not known.",
)

UNDETERMINED = "und"


def in_language(field: str, tag: str) -> models.Q:
    """Give the condition for a language and its kinds (RFC 4647): `de` has `de-AT`; "" has all."""
    if not tag:
        return models.Q()
    return models.Q(**{f"{field}__iexact": tag}) | models.Q(**{f"{field}__istartswith": f"{tag}-"})
