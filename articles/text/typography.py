"""Fold typographic variants, so that the same words in another typography compare equal.

Only variants that never change the meaning are folded: quotation marks and apostrophes of the same
number of strokes, hyphens among themselves, dashes among themselves and with a hyphen typed as a
dash (between spaces or figures), and spaces of any kind and number within a line. Letters stay as
they are, and so do signs with a meaning of their own, such as minus, primes and ligatures.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass

from articles.text.anchor import Span

_SPACES = re.compile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_SIGNS = str.maketrans("‘’‚‛‹›“”„‟«»‐‑‒–—―", "'" * 6 + '"' * 6 + "-" * 2 + "–" * 4)
# A hyphen typed as a dash, but not the sign of a figure or the marker of a list item.
_HYPHEN_AS_DASH = re.compile(r"(?<=[^\W_] )-(?= )|(?<=\d)-(?=\d)")


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A folded text, with the offset of each of its characters in the original."""

    text: str
    offsets: list[int]

    @classmethod
    def from_text(cls, text: str) -> "FoldedText":
        signs = text.translate(_SIGNS)
        pieces: list[str] = []
        offsets: list[int] = []
        done = 0
        for spaces in _SPACES.finditer(signs):
            pieces += [signs[done : spaces.start()], " "]
            offsets += range(done, spaces.start() + 1)
            done = spaces.end()
        pieces.append(signs[done:])
        offsets += range(done, len(signs) + 1)
        return cls(_HYPHEN_AS_DASH.sub("–", "".join(pieces)), offsets)

    def fold_span(self, span: Span) -> Span:
        """Map a span of the original to the folded text; the result may be empty."""
        return Span(bisect_left(self.offsets, span.start), bisect_left(self.offsets, span.end))

    def unfold_span(self, span: Span) -> Span:
        """Map a span of the folded text to the original."""
        return Span(self.offsets[span.start], self.offsets[span.end - 1] + 1)
