"""Cutting a text into words and what stands between them, in any script."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import pairwise

# Scripts that put no space between words: there, each character counts as a word.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Japanese, Chinese
)
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = "🏻🏼🏽🏾🏿"

# A figure is one word with its sign, its points and its commas: 12 is not a part of 12.5.
_FIGURE = re.compile(r"(?<![^\W_])[-−+]?\d+(?:[.,:/'’\u00a0\u202f]\d+)+|(?<![\w])[-−+]\d+")


class Words:
    """The borders between the words, figures, spaces and signs of one text, in code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.borders = _borders(text)
        self._set = frozenset(self.borders)

    def tokens(self, start: int, end: int) -> list[tuple[int, int]]:
        """Give the pieces of a stretch that begins and ends at a border, without gaps."""
        first = bisect_left(self.borders, start)
        return list(pairwise(self.borders[first : bisect_right(self.borders, end)]))

    def is_border(self, place: int) -> bool:
        """Tell whether a word may begin or end here."""
        return place in self._set

    def border_before(self, place: int) -> int:
        """Give the last border up to a place."""
        return self.borders[bisect_right(self.borders, place) - 1]

    def border_after(self, place: int) -> int:
        """Give the first border from a place on."""
        return self.borders[bisect_left(self.borders, place)]


def _borders(text: str) -> list[int]:
    inside = {
        place
        for figure in _FIGURE.finditer(text)
        for place in range(figure.start() + 1, figure.end())
    }
    borders = [0]
    before = ""
    for place, character in enumerate(text):
        if place and place not in inside and not _belong_together(before, character):
            borders.append(place)
        before = character
    if text:
        borders.append(len(text))
    return borders


def _belong_together(before: str, after: str) -> bool:
    kind = _kind(after)
    if kind == "joined" or before == _ZERO_WIDTH_JOINER:
        return True
    return kind != "single" and kind == (_kind(before) if _kind(before) != "joined" else "word")


@lru_cache(maxsize=8192)
def _kind(character: str) -> str:
    """Tell what a character does to its neighbours: which it stays together with."""
    category = unicodedata.category(character)
    if category[0] == "M" or character == _ZERO_WIDTH_JOINER or character in _SKIN_TONES:
        return "joined"
    if character == "\n":
        return "single"
    if character.isspace():
        return "space"
    if category[0] in "LN" or character == "_":
        return "single" if _IS_UNSPACED.match(character) else "word"
    return "single"
