"""What a text without a title could be called."""

import re
from collections.abc import Iterable

from articles.text.blocks import Block, BlockKind, could_be_heading

_LONGEST = 100
_FIRST_SENTENCE = re.compile(r".+?(?:[.!?…؟۔।](?=\s)|[。！？])", re.DOTALL)


def propose_title(text: str, blocks: Iterable[Block]) -> str:
    """Propose a title of at most 100 code points: a first line that looks like one, or the start
    of the first sentence.
    """
    first = next((b for b in blocks if b.kind != BlockKind.BYLINE), None)
    if first is None:
        return ""
    words = text[first.start : first.end]
    if could_be_heading(words):
        return " ".join(words.split())
    sentence = _FIRST_SENTENCE.match(words)
    return _shortened(" ".join((sentence.group() if sentence else words).split()))


def _shortened(sentence: str) -> str:
    """Cut at a space where there is one, and say so with an ellipsis."""
    if len(sentence) <= _LONGEST:
        return sentence.rstrip(".。۔।")
    cut = sentence[: _LONGEST - 1]
    return (cut[: cut.rfind(" ")] if " " in cut else cut).rstrip(" ,;:،、") + "…"
