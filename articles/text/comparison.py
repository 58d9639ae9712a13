"""Lay out a diff for reading: line by line, with removed and added text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby

from articles.text.diff import Diff, HunkKind, diff

# Unchanged lines shown around changed ones.
CONTEXT_LINES = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a line: equal, insert or delete."""

    kind: HunkKind
    text: str


@dataclass(slots=True)
class Line:
    """A line; `moved_out` and `moved_in` number the move that removed or added it, or are 0."""

    pieces: list[Piece] = field(default_factory=list)
    moved_out: int = 0
    moved_in: int = 0

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != HunkKind.EQUAL for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Section:
    """Consecutive lines; a collapsed section has only unchanged lines far from any change."""

    lines: list[Line]
    is_collapsed: bool


def compare(old: str, new: str) -> list[Section]:
    compared = diff(old, new)
    lines = list(_split_lines(old, new, compared))
    _number_moves(lines, old, compared)
    visible = {
        other
        for index, line in enumerate(lines)
        if line.is_changed
        for other in range(index - CONTEXT_LINES, index + CONTEXT_LINES + 1)
    }
    return [
        Section([line for _, line in group], is_collapsed=is_collapsed)
        for is_collapsed, group in groupby(enumerate(lines), lambda pair: pair[0] not in visible)
    ]


def compare_inline(old: str, new: str) -> list[Piece]:
    """Compare two short texts as one line."""
    return list(_build_pieces(old, new, diff(old, new)))


def _split_lines(old: str, new: str, compared: Diff) -> Iterator[Line]:
    line = Line()
    for piece in _build_pieces(old, new, compared):
        for text in re.findall(r"[^\n]+|\n", piece.text):
            if text != "\n":
                line.pieces.append(Piece(piece.kind, text))
                continue
            if piece.kind != HunkKind.EQUAL and any(
                other.kind != piece.kind for other in line.pieces
            ):
                # The line was split here, or joined with the next one.
                line.pieces.append(Piece(piece.kind, "¶"))
            if line.pieces:
                yield line
            line = Line()
    if line.pieces:
        yield line


def _build_pieces(old: str, new: str, compared: Diff) -> Iterator[Piece]:
    for hunk in compared.hunks:
        if hunk.is_equal:
            yield Piece(HunkKind.EQUAL, new[hunk.new.start : hunk.new.end])
            continue
        if hunk.old.start < hunk.old.end:
            yield Piece(HunkKind.DELETE, old[hunk.old.start : hunk.old.end])
        if hunk.new.start < hunk.new.end:
            yield Piece(HunkKind.INSERT, new[hunk.new.start : hunk.new.end])


def _number_moves(lines: Iterable[Line], old: str, compared: Diff) -> None:
    """Give the same number to the removed and the added copy of a moved line."""
    moved = [old[move.old.start : move.old.end].split("\n") for move in compared.moves]
    numbers = {text: number for number, text in enumerate(chain(*moved), start=1)}
    for line in lines:
        text = "".join(piece.text for piece in line.pieces)
        kinds = {piece.kind for piece in line.pieces}
        if kinds == {HunkKind.DELETE}:
            line.moved_out = numbers.get(text, 0)
        elif kinds == {HunkKind.INSERT}:
            line.moved_in = numbers.get(text, 0)
