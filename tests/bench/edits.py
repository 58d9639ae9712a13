"""Generate edits of a text that know where each of its characters went.

`tests/bench/reanchoring.py` compares re-anchoring with them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from articles.text.anchor import Span
from articles.text.normalise import normalise

_WORD = re.compile(r"[^\W\d_]{5,}")
_GAP = re.compile(r"(?:(?<=(\d))|(?<=[.!?])) (?=\S)")
_PLAIN_SIGNS = str.maketrans("“”„«»‘’", '"""""\'\'')


@dataclass(frozen=True, slots=True)
class Rewrite:
    """`old` was replaced by `text`; either may be empty."""

    old: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the text `old`, as a sequence of kept and rewritten spans."""

    kind: str
    old: str
    pieces: tuple[Span | Rewrite, ...]
    # Whether the new text arrives in NFD and is normalised on import.
    is_decomposed: bool = False
    # Whether the edit changes only the typography.
    is_typographic: bool = False

    @property
    def new(self) -> str:
        text = "".join(self._get_text(piece) for piece in self.pieces)
        return normalise(unicodedata.normalize("NFD", text) if self.is_decomposed else text)

    def find_targets(self, span: Span) -> list[Span]:
        """Return where a passage is after the edit; empty if its text is gone.

        Within a rewritten span, each occurrence of the same text counts.
        """
        if self.is_typographic:
            return [Span(self._map_start(span.start), self._map_end(span.end))]
        for kept, new_start in self._iter_kept():
            if _contains(kept, span):
                start = new_start + span.start - kept.start
                return [Span(start, start + _get_size(span))]
        quote = self.old[span.start : span.end]
        position = 0
        for piece in self.pieces:
            if isinstance(piece, Rewrite) and _contains(piece.old, span):
                found = re.finditer(re.escape(quote), piece.text)
                return [Span(position + match.start(), position + match.end()) for match in found]
            position += len(self._get_text(piece))
        return []

    def _map_start(self, start: int) -> int:
        position = 0
        for piece in self.pieces:
            old = piece.old if isinstance(piece, Rewrite) else piece
            if old.start <= start < old.end:
                return position if isinstance(piece, Rewrite) else position + start - old.start
            position += len(self._get_text(piece))
        return position

    def _map_end(self, end: int) -> int:
        position = 0
        for piece in self.pieces:
            old = piece.old if isinstance(piece, Rewrite) else piece
            position += len(self._get_text(piece))
            if old.start < end <= old.end:
                return position if isinstance(piece, Rewrite) else position - (old.end - end)
        return position

    def _get_text(self, piece: Span | Rewrite) -> str:
        return piece.text if isinstance(piece, Rewrite) else self.old[piece.start : piece.end]

    def _iter_kept(self) -> Iterator[tuple[Span, int]]:
        """Yield kept spans with their new start; adjacent spans are joined."""
        position = 0
        last: tuple[Span, int] | None = None
        for piece in self.pieces:
            if isinstance(piece, Span) and piece.start < piece.end:
                if last and last[0].end == piece.start and last[1] + _get_size(last[0]) == position:
                    last = Span(last[0].start, piece.end), last[1]
                else:
                    if last:
                        yield last
                    last = piece, position
            position += len(self._get_text(piece))
        if last:
            yield last


def rewrite(kind: str, text: str, rewrites: Iterable[Rewrite]) -> Edit:
    """Return an edit that applies the rewrites, given in text order, and keeps the rest."""
    pieces: list[Span | Rewrite] = []
    position = 0
    for one in rewrites:
        pieces += [Span(position, one.old.start), one]
        position = one.old.end
    return Edit(kind, text, (*pieces, Span(position, len(text))))


def change_words(text: str, *, every: int) -> Iterator[Edit]:
    """Yield edits that each drop a letter from one word, for every n-th long word."""
    for match in list(_WORD.finditer(text))[::every]:
        word = Span(match.start(), match.end())
        yield rewrite("fixed typo", text, [Rewrite(word, _misspell(match.group()))])


def move_paragraphs(text: str) -> Iterator[Edit]:
    """Yield edits that move one paragraph to the end, and one that moves the last to the top."""
    lines = _find_lines(text)
    for line in lines[:-1]:
        pieces = (Span(0, line.start), Span(line.end, len(text)), Rewrite(Span(0, 0), "\n"))
        yield Edit("moved paragraph", text, (*pieces, Span(line.start, line.end - 1)))
    last = lines[-1]
    first = (last, Rewrite(Span(0, 0), "\n"), Span(0, last.start - 1))
    yield Edit("moved paragraph", text, first)


def delete_sections(text: str, *, lines: int) -> Iterator[Edit]:
    """Yield edits that each delete `lines` consecutive lines."""
    spans = _find_lines(text)
    for first in range(len(spans) - lines + 1):
        deleted = Span(spans[first].start, spans[first + lines - 1].end)
        yield rewrite("deleted section", text, [Rewrite(deleted, "")])


def insert_corrections(text: str, correction: str) -> Iterator[Edit]:
    """Yield edits that insert a correction before one line, or after all of them."""
    for line in _find_lines(text):
        new = Rewrite(Span(line.start, line.start), f"{correction}\n")
        yield rewrite("inserted correction", text, [new])
    end = Rewrite(Span(len(text), len(text)), f"\n{correction}")
    yield rewrite("inserted correction", text, [end])


def change_quotes(text: str) -> Edit:
    """Return an edit from plain quotation marks to those of `text`."""
    plain = text.translate(_PLAIN_SIGNS)
    signs = [
        Rewrite(Span(position, position + 1), sign)
        for position, sign in enumerate(text)
        if sign != plain[position]
    ]
    return replace(rewrite("typographic quotes", plain, signs), is_typographic=True)


def change_spaces(text: str) -> Edit:
    """Return an edit to two spaces after sentences and non-breaking spaces after figures."""
    spaces = [
        Rewrite(Span(*gap.span()), "\u00a0" if gap[1] else "  ") for gap in _GAP.finditer(text)
    ]
    return replace(rewrite("other spaces", text, spaces), is_typographic=True)


def recompose(text: str) -> Edit:
    """Return an edit in which the new text arrives in NFD."""
    return Edit("NFD to NFC", text, (Span(0, len(text)),), is_decomposed=True)


def combine_edits(text: str, paraphrases: Iterable[Rewrite], correction: str) -> Edit:
    """Return an edit with paraphrases, a deleted paragraph, changed words and a correction."""
    lines = _find_lines(text)
    deleted = lines[len(lines) // 2]
    rewrites = [
        Rewrite(Span(0, 0), f"{correction}\n"),
        Rewrite(deleted, ""),
        *(paraphrase for paraphrase in paraphrases if not _contains(deleted, paraphrase.old)),
    ]
    for line in lines:
        match = _WORD.search(text, line.start, line.end)
        if match:
            word = Span(match.start(), match.end())
            if all(word.end <= one.old.start or one.old.end <= word.start for one in rewrites):
                rewrites.append(Rewrite(word, _misspell(match.group())))
    return rewrite("all at once", text, sorted(rewrites, key=lambda one: one.old))


def _misspell(word: str) -> str:
    return word[:2] + word[3:]


def _get_size(span: Span) -> int:
    return span.end - span.start


def _contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _find_lines(text: str) -> list[Span]:
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*\n?", text)]
