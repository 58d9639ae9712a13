"""How a language is written down: BCP 47 tags."""

from django.core.validators import RegexValidator

# The shape of a BCP 47 tag (RFC 5646) as far as news needs it: ar, pt-BR, zh-Hant-TW.
validate_language_tag = RegexValidator(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    "Give a BCP 47 language tag such as en, ar or zh-Hant; und when it is not known.",
)

UNDETERMINED = "und"
