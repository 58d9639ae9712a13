from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# BCP 47 (RFC 5646) as far as news needs it: ar, pt-BR, zh-Hant-TW.
validate_language_tag = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    _("Enter a BCP 47 language tag such as en, ar or zh-Hant, or und if unknown."),
)

UNDETERMINED = "und"


def match_language(field: str, tag: str) -> models.Q:
    """Return the Q for a language range (RFC 4647): `de` includes `de-AT`, "" matches all."""
    if not tag:
        return models.Q()
    return models.Q(**{f"{field}__iexact": tag}) | models.Q(**{f"{field}__istartswith": f"{tag}-"})
