import re
from collections.abc import Iterable

from articles.text.anchor import Span
from articles.text.tokens import UNSPACED

_WORD = rf"(?:(?![{UNSPACED}])\w)"
# Names of one letter would match everywhere.
_MIN_LENGTH = 2


def find_mentions(text: str, names: Iterable[str]) -> list[Span]:
    """Return the spans of the names as whole words, in text order; the longest name wins.

    A name with a capital letter matches only that form or all capitals (`Chile`, `CHILE`); a name
    without matches in any case (`peso`, `Peso`). White space in a name matches any white space.
    """
    patterns = [_build_pattern(name) for name in sorted(_clean(names), key=len, reverse=True)]
    if not patterns:
        return []
    return [Span(m.start(), m.end()) for m in re.finditer("|".join(patterns), text)]


def _clean(names: Iterable[str]) -> set[str]:
    trimmed = (" ".join(name.split()) for name in names)
    return {name for name in trimmed if len(name) >= _MIN_LENGTH}


def _build_pattern(name: str) -> str:
    before = rf"(?<!{_WORD})" if re.match(_WORD, name[0]) else ""
    after = rf"(?!{_WORD})" if re.match(_WORD, name[-1]) else ""
    if name == name.lower():
        found = f"(?i:{_escape(name)})"
    else:
        found = "(?:" + "|".join(dict.fromkeys((_escape(name), _escape(name.upper())))) + ")"
    return before + found + after


def _escape(name: str) -> str:
    return r"\s+".join(re.escape(word) for word in name.split())
