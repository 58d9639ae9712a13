"""Tokenize text of any script into words, figures, spaces and signs."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import pairwise

# Scripts without spaces between words: each character is a token.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Japanese, Chinese
)
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_ZERO_WIDTH_JOINER = "\u200d"
_SKIN_TONES = "🏻🏼🏽🏾🏿"

# A figure includes its sign, points and commas, so that 12 is no token of 12.5.
_FIGURE = re.compile(r"(?<![^\W_])[-−+]?\d+(?:[.,:/'’\u00a0\u202f]\d+)+|(?<![\w])[-−+]\d+")


class TokenizedText:
    """A text with the boundaries of its words, figures, spaces and signs, in code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.boundaries = _find_boundaries(text)
        self._boundary_set = frozenset(self.boundaries)

    def get_tokens(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the tokens between two boundaries, without gaps."""
        first = bisect_left(self.boundaries, start)
        return list(pairwise(self.boundaries[first : bisect_right(self.boundaries, end)]))

    def is_boundary(self, position: int) -> bool:
        return position in self._boundary_set

    def align_start(self, position: int) -> int:
        """Return the last boundary at or before `position`."""
        return self.boundaries[bisect_right(self.boundaries, position) - 1]

    def align_end(self, position: int) -> int:
        """Return the first boundary at or after `position`."""
        return self.boundaries[bisect_left(self.boundaries, position)]


def _find_boundaries(text: str) -> list[int]:
    inside_figures = {
        position
        for figure in _FIGURE.finditer(text)
        for position in range(figure.start() + 1, figure.end())
    }
    inner = [
        position
        for position, (before, after) in enumerate(pairwise(text), start=1)
        if position not in inside_figures and not _is_joined(before, after)
    ]
    return [0, *inner, len(text)] if text else [0]


def _is_joined(before: str, after: str) -> bool:
    kind = _get_kind(after)
    if kind == "joined" or before == _ZERO_WIDTH_JOINER:
        return True
    before_kind = _get_kind(before)
    return kind != "single" and kind == ("word" if before_kind == "joined" else before_kind)


@lru_cache(maxsize=8192)
def _get_kind(character: str) -> str:
    """Return the kind that decides whether a character joins its neighbours."""
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
