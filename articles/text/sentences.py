"""Split a text of any script into sentences; a line that is not hard-wrapped ends one, too.

Re-anchoring recognises a passage by the words of its sentence. A sentence that is too long causes a
needless review, one that is too short may lack the word that tells it from its neighbour, so when
in doubt there is no boundary. Libraries for this aim at the most likely boundary instead, and
need to know the language. Only nearby characters decide, so an edit elsewhere moves no boundary.
"""

import re
from collections.abc import Iterator

from articles.text.anchor import Span
from articles.text.blocks import LIST_MARKER, find_paragraphs

# Signs that end a sentence if a space follows, and those that need none.
SENTENCE_ENDS = ".!?…։"
UNSPACED_SENTENCE_ENDS = "。！？．｡؟۔।॥።៕។။༎།"

_QUOTES = "\"'”’»›」』"
_END = re.compile(
    rf"(?P<sign>[{SENTENCE_ENDS}]+)(?P<close>(?:[{_QUOTES})\]}}）】]|\[\d+\])*)\s+"
    r"(?=[\"'“‘„«‹(\[¿¡–—-]*(?P<next>\w))"
    # Who said it may follow a closing quotation mark.
    rf"|[{UNSPACED_SENTENCE_ENDS}]+(?![{_QUOTES}）】{UNSPACED_SENTENCE_ENDS}])\s*"
)
_CELL_BORDERS = (" | ", "\t")
_MARKER = re.compile(LIST_MARKER)
_LAST_WORD = re.compile(r"[^\W_]+\Z")
_WITHOUT_VOWEL = re.compile(r"[b-df-hj-np-tv-xz]+")
# Titles and other words that end in a point within a sentence, of the scripts with capitals.
_ABBREVIATIONS = frozenset(
    """approx aprox art ca capt co col corp dott etc evtl gen ggf gov hon inc ing inkl insb mme no
    núm prof rep rev sen sog sra univ vol им млн млрд обл руб стр тыс ул""".split()  # noqa: SIM905
)
_LONGEST_MONTH = 4
_LONGEST_ORDINAL = 2
_LONGEST_WORD = 10


def find_sentences(text: str) -> list[Span]:
    """Return the sentences of a text in order; the marker of a list item counts as one."""
    sentences = []
    for start, end in find_paragraphs(text):
        for next_start in (*_find_starts(text, start, end), end):
            sentences.append(Span(start, start + len(text[start:next_start].rstrip())))
            start = next_start
    return sentences


def widen_to_sentences(text: str, span: Span) -> Span:
    """Return the span from the start of its first sentence to the end of its last one."""
    own = [one for one in find_sentences(text) if one.start < span.end and span.start < one.end]
    if not own:
        return span
    return Span(min(span.start, own[0].start), max(span.end, own[-1].end))


def _find_starts(text: str, start: int, end: int) -> Iterator[int]:
    """Yield where the second and later sentences of a paragraph start."""
    if marker := _MARKER.match(text, start, end):
        yield marker.end()
    if any(sign in text[start:end] for sign in _CELL_BORDERS):
        # The first cell of a row says what the others are about.
        return
    for match in _END.finditer(text, marker.end() if marker else start, end):
        if match.end() < end and _is_end(text, match):
            yield match.end()


def _is_end(text: str, match: re.Match[str]) -> bool:
    """Return whether a sign with a space after it ends a sentence."""
    sign = match["sign"]
    if sign is None:
        return True
    if match["next"].islower():
        return False
    if sign == ".":
        word = _LAST_WORD.search(text, max(0, match.start() - _LONGEST_WORD), match.start())
        return not (word and _is_abbreviation(word.group(), match["next"]))
    # Who said it may follow: “Stop!” The judge said so.
    return not set(match["close"]) & set(_QUOTES)


def _is_abbreviation(word: str, next_sign: str) -> bool:
    """Return whether a point after the word may not end the sentence."""
    if len(word) == 1 or word.casefold() in _ABBREVIATIONS:
        return True
    if word.isdigit() or word.lower() == word.upper():
        # An ordinal, or a script without capitals.
        return len(word) <= _LONGEST_ORDINAL
    if next_sign.isdigit() and word.istitle() and len(word) <= _LONGEST_MONTH:
        return True
    return bool(_WITHOUT_VOWEL.fullmatch(word.casefold()))
