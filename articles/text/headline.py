import re
from collections.abc import Iterable

from articles.text.blocks import Block, BlockKind, could_be_heading
from articles.text.sentences import SENTENCE_ENDS, UNSPACED_SENTENCE_ENDS

_MAX_LENGTH = 100
_FIRST_SENTENCE = re.compile(
    rf".+?(?:[{SENTENCE_ENDS}](?=\s)|[{UNSPACED_SENTENCE_ENDS}])", re.DOTALL
)


def propose_title(text: str, blocks: Iterable[Block]) -> str:
    """Return a title of at most 100 code points, or "" for a text without blocks.

    It is the first line if that looks like a heading, or else the start of the first sentence.
    """
    first = next((b for b in blocks if b.kind != BlockKind.BYLINE), None)
    if first is None:
        return ""
    line = text[first.start : first.end]
    if could_be_heading(line):
        return " ".join(line.split())
    sentence = _FIRST_SENTENCE.match(line)
    return _shorten(" ".join((sentence.group() if sentence else line).split()))


def fold_title(title: str) -> str:
    """Return a title without case and punctuation, for comparison."""
    return re.sub(r"\W+", " ", title).strip().casefold()


def _shorten(sentence: str) -> str:
    if len(sentence) <= _MAX_LENGTH:
        return sentence.rstrip(".。۔।")
    cut = sentence[: _MAX_LENGTH - 1]
    return (cut[: cut.rfind(" ")] if " " in cut else cut).rstrip(" ,;:،、") + "…"
