"""Finding the mentions of a name in a text."""

import re
from collections.abc import Iterable

from articles.text.anchor import Span
from articles.text.words import UNSPACED

_WORD = rf"(?:(?![{UNSPACED}])\w)"
# A name of one letter would be found everywhere.
_SHORTEST = 2


def find_mentions(text: str, names: Iterable[str]) -> list[Span]:
    """Find where one of the names stands as whole words, in text order; the longest name wins.

    A name with a capital letter is found in just that form or in capitals alone (`Chile`,
    `CHILE`); one without is found however it is written (`peso`, `Peso`). White space in a name
    stands for any white space. Offsets are code points.
    """
    patterns = [_pattern(name) for name in sorted(_usable(names), key=len, reverse=True)]
    if not patterns:
        return []
    return [Span(m.start(), m.end()) for m in re.finditer("|".join(patterns), text)]


def _usable(names: Iterable[str]) -> set[str]:
    trimmed = (" ".join(name.split()) for name in names)
    return {name for name in trimmed if len(name) >= _SHORTEST}


def _pattern(name: str) -> str:
    before = rf"(?<!{_WORD})" if re.match(_WORD, name[0]) else ""
    after = rf"(?!{_WORD})" if re.match(_WORD, name[-1]) else ""
    if name == name.lower():
        found = f"(?i:{_spaced(name)})"
    else:
        found = "(?:" + "|".join(dict.fromkeys((_spaced(name), _spaced(name.upper())))) + ")"
    return before + found + after


def _spaced(name: str) -> str:
    return r"\s+".join(re.escape(word) for word in name.split())
