"""A comparison as it is read: line by line, what stayed, went and came."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby

from articles.text.diff import Diff, HunkKind, diff

# Unchanged lines that are shown beside changed ones, so that these can be understood.
AROUND = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a line: equal, insert or delete."""

    kind: HunkKind
    text: str


@dataclass(slots=True)
class Line:
    """One line; `went` and `came` are the number of the move that took it away or brought it."""

    pieces: list[Piece] = field(default_factory=list)
    went: int = 0
    came: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything happened in it."""
        return any(piece.kind != HunkKind.EQUAL for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that follow each other; those of a folded one are all unchanged and far from others."""

    lines: list[Line]
    is_folded: bool


def compare(old: str, new: str) -> list[Section]:
    """Give the lines of both texts, merged, with what did not change folded away."""
    compared = diff(old, new)
    lines = list(_lines(old, new, compared))
    _number_moves(lines, old, compared)
    near = {
        other
        for place, line in enumerate(lines)
        if line.is_changed
        for other in range(place - AROUND, place + AROUND + 1)
    }
    return [
        Section([line for _, line in group], is_folded=is_far)
        for is_far, group in groupby(enumerate(lines), lambda numbered: numbered[0] not in near)
    ]


def compare_inline(old: str, new: str) -> list[Piece]:
    """Give the difference of two short stretches as one line."""
    return list(_pieces(old, new, diff(old, new)))


def _lines(old: str, new: str, compared: Diff) -> Iterator[Line]:
    line = Line()
    for piece in _pieces(old, new, compared):
        for words in re.findall(r"[^\n]+|\n", piece.text):
            if words != "\n":
                line.pieces.append(Piece(piece.kind, words))
                continue
            if piece.kind != HunkKind.EQUAL and any(
                other.kind != piece.kind for other in line.pieces
            ):
                # A line was broken here, or joined with the next one.
                line.pieces.append(Piece(piece.kind, "¶"))
            if line.pieces:
                yield line
            line = Line()
    if line.pieces:
        yield line


def _pieces(old: str, new: str, compared: Diff) -> Iterator[Piece]:
    for hunk in compared.hunks:
        if hunk.is_equal:
            yield Piece(HunkKind.EQUAL, new[hunk.new_start : hunk.new_end])
            continue
        if hunk.old_start < hunk.old_end:
            yield Piece(HunkKind.DELETE, old[hunk.old_start : hunk.old_end])
        if hunk.new_start < hunk.new_end:
            yield Piece(HunkKind.INSERT, new[hunk.new_start : hunk.new_end])


def _number_moves(lines: Iterable[Line], old: str, compared: Diff) -> None:
    """Say of the lines that moved where they went and came."""
    moved = [old[move.old.start : move.old.end].split("\n") for move in compared.moves]
    number = {words: place for place, words in enumerate(chain(*moved), start=1)}
    for line in lines:
        words = "".join(piece.text for piece in line.pieces)
        kinds = {piece.kind for piece in line.pieces}
        if kinds == {HunkKind.DELETE}:
            line.went = number.get(words, 0)
        elif kinds == {HunkKind.INSERT}:
            line.came = number.get(words, 0)
