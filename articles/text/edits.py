"""Made edits of a text, which know themselves what became of each stretch.

Re-anchoring is measured against them (`manage.py evaluate_reanchoring`)."""

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
    """`old` of the text was replaced by `words`; either may be empty."""

    old: Span
    words: str


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the text `old`: kept stretches and rewritten ones, as they follow each other."""

    kind: str
    old: str
    pieces: tuple[Span | Rewrite, ...]
    # The new text came in decomposed (NFD), and is put into its form on the way in.
    is_decomposed: bool = False
    # Signs alone were exchanged: the words are the same in another typography.
    is_typography: bool = False

    @property
    def new(self) -> str:
        """The text after the edit."""
        text = "".join(self._words(piece) for piece in self.pieces)
        return normalise(unicodedata.normalize("NFD", text) if self.is_decomposed else text)

    def places_of(self, span: Span) -> list[Span]:
        """Give where the words of a passage stand afterwards; none where they are gone.

        In a rewritten stretch, each place of the same words counts.
        """
        if self.is_typography:
            return [Span(self._start_of(span.start), self._end_of(span.end))]
        for kept, new_start in self._kept():
            if kept.start <= span.start and span.end <= kept.end:
                start = new_start + span.start - kept.start
                return [Span(start, start + span.end - span.start)]
        words = self.old[span.start : span.end]
        at = 0
        for piece in self.pieces:
            if isinstance(piece, Rewrite) and _is_within(span, piece.old):
                found = re.finditer(re.escape(words), piece.words)
                return [Span(at + match.start(), at + match.end()) for match in found]
            at += len(self._words(piece))
        return []

    def _start_of(self, place: int) -> int:
        """Give where what begins at a place begins now."""
        at = 0
        for piece in self.pieces:
            old = piece.old if isinstance(piece, Rewrite) else piece
            if old.start <= place < old.end:
                return at if isinstance(piece, Rewrite) else at + place - old.start
            at += len(self._words(piece))
        return at

    def _end_of(self, place: int) -> int:
        """Give where what ends at a place ends now."""
        at = 0
        for piece in self.pieces:
            old = piece.old if isinstance(piece, Rewrite) else piece
            at += len(self._words(piece))
            if old.start < place <= old.end:
                return at if isinstance(piece, Rewrite) else at - (old.end - place)
        return at

    def _words(self, piece: Span | Rewrite) -> str:
        return piece.words if isinstance(piece, Rewrite) else self.old[piece.start : piece.end]

    def _kept(self) -> Iterator[tuple[Span, int]]:
        """Give the kept stretches with where they start now; unbroken neighbours as one."""
        at = 0
        last: tuple[Span, int] | None = None
        for piece in self.pieces:
            if isinstance(piece, Span) and piece.start < piece.end:
                if last and last[0].end == piece.start and last[1] + _size(last[0]) == at:
                    last = Span(last[0].start, piece.end), last[1]
                else:
                    if last:
                        yield last
                    last = piece, at
            at += len(self._words(piece))
        if last:
            yield last


def _misspelt(word: str) -> str:
    return word[:2] + word[3:]


def _size(span: Span) -> int:
    return span.end - span.start


def _is_within(span: Span, other: Span) -> bool:
    return other.start <= span.start and span.end <= other.end


def rewritten(kind: str, text: str, rewrites: Iterable[Rewrite]) -> Edit:
    """Make an edit that rewrites some stretches, given in text order, and keeps the rest."""
    pieces: list[Span | Rewrite] = []
    at = 0
    for rewrite in rewrites:
        pieces += [Span(at, rewrite.old.start), rewrite]
        at = rewrite.old.end
    return Edit(kind, text, (*pieces, Span(at, len(text))))


def fixed_typos(text: str, *, every: int) -> Iterator[Edit]:
    """In each edit, one of every so many long words has lost a letter."""
    for match in list(_WORD.finditer(text))[::every]:
        place = Span(match.start(), match.end())
        yield rewritten("fixed typo", text, [Rewrite(place, _misspelt(match.group()))])


def moved_paragraphs(text: str) -> Iterator[Edit]:
    """In each edit, one paragraph has gone to the end, or the last one to the top."""
    lines = _lines(text)
    for line in lines[:-1]:
        pieces = (Span(0, line.start), Span(line.end, len(text)), Rewrite(Span(0, 0), "\n"))
        yield Edit("moved paragraph", text, (*pieces, Span(line.start, line.end - 1)))
    last = lines[-1]
    first = (last, Rewrite(Span(0, 0), "\n"), Span(0, last.start - 1))
    yield Edit("moved paragraph", text, first)


def deleted_sections(text: str, *, lines: int) -> Iterator[Edit]:
    """In each edit, so many lines that follow each other are gone."""
    spans = _lines(text)
    for first in range(len(spans) - lines + 1):
        gone = Span(spans[first].start, spans[first + lines - 1].end)
        yield rewritten("deleted section", text, [Rewrite(gone, "")])


def inserted_corrections(text: str, correction: str) -> Iterator[Edit]:
    """In each edit, a correction stands before one of the lines, or after all of them."""
    for line in _lines(text):
        new = Rewrite(Span(line.start, line.start), f"{correction}\n")
        yield rewritten("inserted correction", text, [new])
    end = Rewrite(Span(len(text), len(text)), f"\n{correction}")
    yield rewritten("inserted correction", text, [end])


def typographic_quotes(text: str) -> Edit:
    """From plain quotation marks and apostrophes to those that the text has."""
    plain = text.translate(_PLAIN_SIGNS)
    signs = [
        Rewrite(Span(place, place + 1), sign)
        for place, sign in enumerate(text)
        if sign != plain[place]
    ]
    return replace(rewritten("typographic quotes", plain, signs), is_typography=True)


def other_spaces(text: str) -> Edit:
    """Two spaces after each sentence, and none that may be broken after a figure."""
    spaces = [
        Rewrite(Span(*gap.span()), "\u00a0" if gap[1] else "  ") for gap in _GAP.finditer(text)
    ]
    return replace(rewritten("other spaces", text, spaces), is_typography=True)


def all_at_once(text: str, paraphrases: Iterable[Rewrite], correction: str) -> Edit:
    """Paraphrase, take away a paragraph, mend a word in each of the others, and say so on top."""
    lines = _lines(text)
    gone = lines[len(lines) // 2]
    rewrites = [
        Rewrite(Span(0, 0), f"{correction}\n"),
        Rewrite(gone, ""),
        *(paraphrase for paraphrase in paraphrases if not _is_within(paraphrase.old, gone)),
    ]
    for line in lines:
        word = _WORD.search(text, line.start, line.end)
        if word:
            place = Span(word.start(), word.end())
            if all(place.end <= one.old.start or one.old.end <= place.start for one in rewrites):
                rewrites.append(Rewrite(place, _misspelt(word.group())))
    return rewritten("all at once", text, sorted(rewrites, key=lambda one: one.old))


def recomposed(text: str) -> Edit:
    """From NFC to NFD, as it came in, and back."""
    return Edit("NFD to NFC", text, (Span(0, len(text)),), is_decomposed=True)


def _lines(text: str) -> list[Span]:
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*\n?", text)]
