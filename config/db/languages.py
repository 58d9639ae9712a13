from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language_tags import LANGUAGE_TAG

validate_language_tag = RegexValidator(
    rf"^{LANGUAGE_TAG}\Z",
    _("Enter a BCP 47 language tag such as en, ar or zh-Hant, or und if unknown."),
)

UNDETERMINED = "und"


def match_language(field: str, tag: str) -> models.Q:
    """Return the Q for a language range (RFC 4647): `de` includes `de-AT`, "" matches all."""
    if not tag:
        return models.Q()
    return models.Q(**{f"{field}__iexact": tag}) | models.Q(**{f"{field}__istartswith": f"{tag}-"})
