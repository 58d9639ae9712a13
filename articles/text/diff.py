"""What changed from one text to another, word by word, as a reader would tell it.

Lines are compared first and words within the lines that differ, both by their longest common
subsequence. A few equal words between two long changes are no news: such islands are joined to
the changes (Fraser, "Diff Strategies", 2006, on semantic clean-up). Lines that stand in both texts,
elsewhere, are told as moved. All offsets count Unicode code points."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import LCSseq, Postfix, Prefix

from articles.text.anchor import Span
from articles.text.words import Words

# Shorter lines come up again without having moved.
SHORTEST_MOVE = 32
# Comparing takes a bit for each pair: beyond this, the whole stretch counts as rewritten.
_MOST_PAIRS = 500_000_000
_FURTHEST_SHIFT = 500
# More words than this are not equal by chance.
_LARGEST_ISLAND = 32

_SENTENCE_ENDS = tuple(".!?…؟۔।")
_UNSPACED_SENTENCE_ENDS = tuple("。！？．")


class HunkKind(StrEnum):
    """What happened to a stretch."""

    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Hunk:
    """`[old_start, old_end)` became `[new_start, new_end)`; one of them may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    is_equal: bool

    @property
    def kind(self) -> HunkKind:
        """What happened."""
        if self.is_equal:
            return HunkKind.EQUAL
        if self.old_start == self.old_end:
            return HunkKind.INSERT
        return HunkKind.DELETE if self.new_start == self.new_end else HunkKind.REPLACE


@dataclass(frozen=True, slots=True)
class Move:
    """Lines that stood at `old` stand, unchanged, at `new`."""

    old: Span
    new: Span


@dataclass(frozen=True, slots=True)
class Diff:
    """All that changed. The hunks, put together, are the old text and the new one."""

    hunks: tuple[Hunk, ...]
    moves: tuple[Move, ...]


# `size` code points that are equal, from `old` and from `new` on.
@dataclass(frozen=True, slots=True)
class _Run:
    old: int
    new: int
    size: int


def diff(old: str, new: str) -> Diff:
    """Compare two texts."""
    old_lines, new_lines = _lines(old), _lines(new)
    kept, changed = _compare_lines(old, new, old_lines, new_lines)
    moves = tuple(_moves(old, new, changed))
    # A moved line is not compared with what stands in its place now.
    words = _Comparison(old, new, moves)
    runs = sorted(
        [*kept, *(run for lines in changed for run in words.equal_runs(*lines))],
        key=lambda run: run.old,
    )
    end = _Run(len(old), len(new), 0)
    return Diff(tuple(_hunks(words.settled([_Run(0, 0, 0), *_joined(runs), end]))), moves)


def _lines(text: str) -> list[Span]:
    spans, start = [], 0
    for line in text.split("\n"):
        end = min(start + len(line) + 1, len(text))
        if end > start:
            spans.append(Span(start, end))
        start = end
    return spans


def _compare_lines(
    old: str, new: str, old_lines: list[Span], new_lines: list[Span]
) -> tuple[list[_Run], list[tuple[list[Span], list[Span]]]]:
    """Give the lines that stayed, and for each gap between them its lines before and after."""
    kept: list[_Run] = []
    changed: list[tuple[list[Span], list[Span]]] = []
    at_old = at_new = 0
    # The last line has no line end, and is the same line with one.
    pairs = _common(
        [old[line.start : line.end].rstrip("\n") for line in old_lines],
        [new[line.start : line.end].rstrip("\n") for line in new_lines],
    )
    for in_old, in_new, number in [*pairs, (len(old_lines), len(new_lines), 0)]:
        gap = old_lines[at_old:in_old], new_lines[at_new:in_new]
        if gap[0] or gap[1]:
            changed.append(gap)
        at_old, at_new = in_old + number, in_new + number
        for before, after in zip(old_lines[in_old:at_old], new_lines[in_new:at_new], strict=True):
            size = min(before.end - before.start, after.end - after.start)
            kept.append(_Run(before.start, after.start, size))
    return kept, changed


def _common(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int, int]]:
    """Give where the two sequences run in step: place in each, and for how long."""
    number: dict[Hashable, int] = {}
    old, new = ([number.setdefault(item, len(number)) for item in side] for side in (before, after))
    first = Prefix.similarity(old, new)
    last = Postfix.similarity(old[first:], new[first:])
    if (len(old) - first - last) * (len(new) - first - last) > _MOST_PAIRS:
        runs = [(0, 0, first), (len(old) - last, len(new) - last, last)]
        return [run for run in runs if run[2]]
    return [
        (code.src_start, code.dest_start, code.src_end - code.src_start)
        for code in LCSseq.opcodes(old, new)
        if code.tag == "equal"
    ]


def _moves(old: str, new: str, changed: Iterable[tuple[list[Span], list[Span]]]) -> Iterator[Move]:
    """Find the lines that went in one place and came, once, in another; next ones as one move."""
    went: dict[str, list[Span]] = {}
    came: dict[str, list[Span]] = {}
    for old_lines, new_lines in changed:
        for text, lines, found in ((old, old_lines, went), (new, new_lines, came)):
            for line in lines:
                found.setdefault(text[line.start : line.end].rstrip("\n"), []).append(line)
    pairs = sorted(
        (went[words][0], came[words][0])
        for words in went.keys() & came.keys()
        if len(words) >= SHORTEST_MOVE and len(went[words]) == len(came[words]) == 1
    )
    together: list[tuple[Span, Span]] = []
    for before, after in pairs:
        last = together[-1] if together else None
        if last and last[0].end == before.start and last[1].end == after.start:
            together[-1] = Span(last[0].start, before.end), Span(last[1].start, after.end)
        else:
            together.append((before, after))
    for before, after in together:
        yield Move(_without_line_end(old, before), _without_line_end(new, after))


def _without_line_end(text: str, span: Span) -> Span:
    return Span(span.start, span.end - (text[span.end - 1] == "\n"))


class _Comparison:
    """Compares the words of two texts, stretch by stretch, leaving out what has moved."""

    def __init__(self, old: str, new: str, moves: Iterable[Move]) -> None:
        self.old, self.new = Words(old), Words(new)
        self.went = [move.old for move in moves]
        self.came = [move.new for move in moves]

    def equal_runs(self, old_lines: list[Span], new_lines: list[Span]) -> Iterator[_Run]:
        """Give the stretches of equal words in some lines."""
        if not old_lines or not new_lines:
            return
        start = _Run(old_lines[0].start, new_lines[0].start, 0)
        end = _Run(old_lines[-1].end, new_lines[-1].end, 0)
        before = self.old.tokens(start.old, end.old)
        after = self.new.tokens(start.new, end.new)
        pairs = _common(
            self._comparable(self.old, before, self.went),
            self._comparable(self.new, after, self.came),
        )
        runs = []
        for in_old, in_new, number in pairs:
            size = before[in_old + number - 1][1] - before[in_old][0]
            runs.append(_Run(before[in_old][0], after[in_new][0], size))
        yield from _without_islands(start, runs, end)

    def settled(self, runs: list[_Run]) -> list[_Run]:
        """Let what came or went begin where a line or a sentence does, where it could as well."""
        settled = runs[:1]
        for run in runs[1:]:
            before = settled[-1]
            went = Span(before.old + before.size, run.old)
            came = Span(before.new + before.size, run.new)
            by = 0
            if came.start == came.end and went.start < went.end:
                by = _shift(self.old, went, before.size, run.size)
            elif went.start == went.end and came.start < came.end:
                by = _shift(self.new, came, before.size, run.size)
            settled[-1] = replace(before, size=before.size + by)
            settled.append(_Run(run.old + by, run.new + by, run.size - by))
        return settled

    def _comparable(
        self, words: Words, tokens: list[tuple[int, int]], moved: list[Span]
    ) -> list[Hashable]:
        """Give the words; for those that moved, something that nothing is equal to."""
        return [
            object()
            if any(span.start <= start < span.end for span in moved)
            else words.text[start:end]
            for start, end in tokens
        ]


def _shift(words: Words, span: Span, before: int, after: int) -> int:
    """Give by how much a span is best moved between equal neighbours of these lengths.

    `A [B A] C` and `[A B] A C` leave the same text (Fraser, as above, on lossless shifts).
    """
    text, start, end = words.text, span.start, span.end
    back, on = max(0, min(before - 1, _FURTHEST_SHIFT)), max(0, min(after - 1, _FURTHEST_SHIFT))
    back = Postfix.similarity(text[start - back : start], text[end - back : end])
    on = Prefix.similarity(text[start : start + on], text[end : end + on])
    places = [by for by in range(-back, on + 1) if words.is_border(start + by)]
    return max(places, key=lambda by: (_beginning(text, start + by), -abs(by)), default=0)


def _beginning(text: str, place: int) -> int:
    """Tell how good a place this is to begin: a line, a sentence or a word."""
    if place == 0 or text[place - 1] == "\n":
        return 3
    if text[place - 1].isspace():
        return 2 if text[max(0, place - 5) : place].rstrip(" ")[-1:] in _SENTENCE_ENDS else 1
    return 2 if text[place - 1] in _UNSPACED_SENTENCE_ENDS else 0


def _joined(runs: Iterable[_Run]) -> list[_Run]:
    joined: list[_Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and last.old + last.size == run.old and last.new + last.size == run.new:
            joined[-1] = _Run(last.old, last.new, last.size + run.size)
        else:
            joined.append(run)
    return joined


def _without_islands(start: _Run, runs: list[_Run], end: _Run) -> list[_Run]:
    """Leave out what is equal by chance: no longer than the changes on both sides of it."""
    kept = [start]
    waiting = runs[::-1]
    while waiting:
        run = waiting.pop()
        following = waiting[-1] if waiting else end
        around = min(_change(kept[-1], run), _change(run, following))
        if run.size > min(around, _LARGEST_ISLAND):
            kept.append(run)
        elif len(kept) > 1:
            # What stands before it has a longer change behind it now.
            waiting.append(kept.pop())
    return kept[1:]


def _change(before: _Run, after: _Run) -> int:
    return max(after.old - before.old - before.size, after.new - before.new - before.size)


def _hunks(runs: list[_Run]) -> Iterator[Hunk]:
    for before, run in pairwise(runs):
        start = before.old + before.size, before.new + before.size
        if start != (run.old, run.new):
            yield Hunk(start[0], run.old, start[1], run.new, is_equal=False)
        if run.size:
            yield Hunk(run.old, run.old + run.size, run.new, run.new + run.size, is_equal=True)
