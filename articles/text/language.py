"""Guess the language of a text.

Uses byte n-grams (Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool",
2012).
"""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from config.translation import gettext as _

# Below this confidence, store no language: search would stem with the wrong rules.
_MIN_CONFIDENCE = 0.9
# Shorter texts are not reliable.
_MIN_LENGTH = 60
# More text does not change the result.
_MAX_LENGTH = 1000
# "No linguistic content" (ISO 639-2).
_NO_LANGUAGE = "zxx"


def guess_language(text: str) -> str:
    """Return the BCP 47 tag of the text's language, or "" if it is uncertain."""
    if len(text.strip()) < _MIN_LENGTH:
        return ""
    language, confidence = _load_identifier().classify(text[:_MAX_LENGTH])
    return language if confidence >= _MIN_CONFIDENCE and language != _NO_LANGUAGE else ""


def describe_guess(language: str) -> str:
    message = _("The language was not given. It was detected as “%(language)s”.")
    return message % {"language": language}


@cache
def _load_identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
