"""Which language a text is in, where nobody says.

By byte n-grams (Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", 2012).
"""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# Below it a guess is none: a wrong language is worse than none, as words are searched by it.
SURE = 0.9
# Shorter texts have too few words that tell.
_SHORTEST = 60
# What a longer one says after so many characters changes nothing.
_LONGEST = 1000
# What is no words of any language (ISO 639-2).
_NONE = "zxx"


def guess_language(text: str) -> str:
    """Give the BCP 47 tag of the language that a text is in; "" where that is not certain."""
    if len(text.strip()) < _SHORTEST:
        return ""
    language, probability = _identifier().classify(text[:_LONGEST])
    return language if probability >= SURE and language != _NONE else ""


def note_of_guess(language: str) -> str:
    """Say to a person that a language was guessed."""
    return f"Nothing names the language; by its words it is “{language}”."


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
