"""A text without the ways of setting it: the same words in another typography are equal.

What is folded is little, so that equal means the same words: quotation marks and apostrophes of
the same number of strokes, hyphens among themselves, dashes among themselves and with a hyphen
that stands for one (between spaces, or between figures), and spaces of any kind and number
within a line. Letters stay as they are, and so does what has a meaning of its own, such as
minus, primes and ligatures."""

import re
from bisect import bisect_left
from dataclasses import dataclass

from articles.text.anchor import Span

# Of any width, and those at which no line is broken.
_GAP = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SIGNS = str.maketrans(
    "‘’‚‛‹›“”„‟«»‐‑‒–—―",
    "'" * 6 + '"' * 6 + "-" * 2 + "–" * 4,
)
# A hyphen that is typed for a dash; not the sign of a figure, nor the mark of a list item.
_FOR_DASH = re.compile(r"(?<=[^\W_] )-(?= )|(?<=\d)-(?=\d)")


@dataclass(frozen=True, slots=True)
class Folded:
    """The folded text, and where each of its characters begins in the text as it is set."""

    text: str
    places: list[int]

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Fold a text."""
        signs = text.translate(_SIGNS)
        pieces: list[str] = []
        places: list[int] = []
        done = 0
        for gap in _GAP.finditer(signs):
            pieces += [signs[done : gap.start()], " "]
            places += range(done, gap.start() + 1)
            done = gap.end()
        pieces.append(signs[done:])
        places += range(done, len(signs) + 1)
        return cls(_FOR_DASH.sub("–", "".join(pieces)), places)

    def within(self, span: Span) -> Span:
        """Give what a stretch of the text has become; it may be empty."""
        return Span(bisect_left(self.places, span.start), bisect_left(self.places, span.end))

    def without(self, span: Span) -> Span:
        """Give the stretch of the text that a stretch of the folded one was."""
        return Span(self.places[span.start], self.places[span.end - 1] + 1)


def fold(text: str) -> str:
    """Give the text without its typography."""
    return Folded.of(text).text
