"""Generate edits of a text that know where each of its characters went.

`tests/bench/reanchoring.py` compares re-anchoring with them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from articles.text.anchor import Span
from articles.text.normalise import normalise

_WORD = re.compile(r"[^\W\d_]{5,}")
_ANY_WORD = re.compile(r"[^\W_]+")
_SENTENCE_END = re.compile(r"[.!?؟](?=\s|$)|[。！？]")
_MIN_SENTENCE_LENGTH = 30
_NAMES = 5
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
    # Sentences, lines or rows whose passages are gone unless they are kept whole.
    items: tuple[Span, ...] = ()

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
        item = next((item for item in self.items if _contains(item, span)), span)
        for kept, new_start in self._iter_kept():
            if _contains(kept, item):
                start = new_start + span.start - kept.start
                return [Span(start, start + _get_size(span))]
        if item != span or item in self.items:
            return []
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


@dataclass(frozen=True, slots=True)
class LikeItems:
    """Sentences, lines or rows at the end of a text that differ in a name, or in figures, too."""

    kind: str
    text: str
    items: tuple[Span, ...]
    separators: tuple[str, ...]
    # The same for a name that is not in the text yet.
    another: str

    @classmethod
    def build(
        cls, kind: str, text: str, items: list[str], separators: Iterable[str]
    ) -> "LikeItems":
        """Append all items but the last, which is `another`, each after its separator."""
        spans, before = [], tuple(separators)[: len(items) - 1]
        for separator, item in zip(before, items, strict=False):
            text += separator
            spans.append(Span(len(text), len(text) + len(item)))
            text += item
        return cls(kind, text, tuple(spans), before, items[-1])

    def find_passages(self) -> list[Span]:
        """Return each item, its first and last words, and what follows its name."""
        passages = []
        for item in self.items:
            found = list(_ANY_WORD.finditer(self.text, item.start, item.end))
            parts = (found, found[:1], found[-1:], found[-2:], found[len(found) // 2 :])
            passages += [Span(part[0].start(), part[-1].end()) for part in parts if part]
        return sorted(set(passages))

    def iter_edits(self) -> Iterator[Edit]:
        """Yield edits that swap, rotate, reverse, delete, replace or add items."""
        items: list[Span | Rewrite] = list(self.items)
        another = Rewrite(Span(0, 0), self.another)
        for index in range(len(items)):
            rest = [*items[:index], *items[index + 1 :]]
            yield self._edit("reordered", [*items[index:], *items[:index]])
            yield self._edit("reordered", [*rest, items[index]])
            yield self._edit("reordered", [items[index], *rest])
            yield self._edit("reordered", [*rest[:index], *rest[index:][::-1], items[index]])
            yield self._edit("replaced", rest)
            yield self._edit("replaced", [*items[:index], another, *items[index + 1 :]])
            yield self._edit("replaced", [*rest, another])
            yield self._edit("replaced", [another, *rest[::-1]])
            yield self._edit("replaced", [*items[:index], another, *items[index:]])
        yield self._edit("reordered", items[::-1])

    def exchange_names(self) -> Iterator[Edit]:
        """Yield edits that exchange the first words of two rows, and nothing else."""
        for first, second in pairwise(self.items):
            names = [_ANY_WORD.search(self.text, row.start, row.end) for row in (first, second)]
            one, other = (Span(*name.span()) for name in names if name)
            swapped = [(one, other), (other, one)]
            rewrites = [Rewrite(at, self.text[by.start : by.end]) for at, by in swapped]
            edit = rewrite(f"{self.kind}, names exchanged", self.text, rewrites)
            yield replace(edit, items=self.items)

    def _edit(self, what: str, items: list[Span | Rewrite]) -> Edit:
        separators = (*self.separators, self.separators[-1])
        pieces: list[Span | Rewrite] = [Span(0, self.items[0].start - len(separators[0]))]
        for separator, item in zip(separators, items, strict=False):
            pieces += [Rewrite(Span(0, 0), separator), item]
        return Edit(f"{self.kind} {what}", self.text, tuple(pieces), items=self.items)


def build_like_items(text: str) -> Iterator[LikeItems]:
    """Yield sentences, lines and rows made of a text's own sentences and words."""
    vocabulary = sorted(
        {match.group() for match in _WORD.finditer(text)}, key=lambda word: (len(word), word)
    )
    for line in _find_lines(text)[::8]:
        end = _SENTENCE_END.search(text, line.start, line.end)
        sentence = text[line.start : end.end()] if end else ""
        found = list(_WORD.finditer(sentence))
        if len(sentence) < _MIN_SENTENCE_LENGTH or not found:
            continue
        name = found[len(found) // 2].span()
        names = [word for word in vocabulary if word not in sentence][: _NAMES + 1]
        like = [sentence[: name[0]] + word + sentence[name[1] :] for word in names]
        space = " " if " " in sentence else ""
        yield LikeItems.build("sentences", text, like, ["\n", *[space] * _NAMES])
        yield LikeItems.build("lines", text, like, ["\n"] * _NAMES)
        yield LikeItems.build("list items", text, like, [f"\n{n + 1}. " for n in range(_NAMES)])
    rows = [f"{word} | {12 + n % 2} | {n * n} | {n % 3}" for n, word in enumerate(vocabulary)]
    yield LikeItems.build("rows", text, rows[: _NAMES + 1], ["\n"] * _NAMES)


def exchange_words(text: str) -> Iterator[Edit]:
    """Yield edits that exchange the first long words of the first sentences of two lines."""
    sentences = []
    for line in _find_lines(text):
        end = _SENTENCE_END.search(text, line.start, line.end)
        sentence = Span(line.start, end.end() if end else line.end)
        if word := _WORD.search(text, sentence.start, sentence.end):
            sentences.append((sentence, Span(*word.span())))
    for (first, one), (second, other) in pairwise(sentences):
        if text[one.start : one.end] != text[other.start : other.end]:
            swapped = [(one, other), (other, one)]
            rewrites = [Rewrite(at, text[by.start : by.end]) for at, by in swapped]
            yield replace(rewrite("exchanged words", text, rewrites), items=(first, second))


def _misspell(word: str) -> str:
    return word[:2] + word[3:]


def _get_size(span: Span) -> int:
    return span.end - span.start


def _contains(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _find_lines(text: str) -> list[Span]:
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]*\S[^\n]*\n?", text)]
