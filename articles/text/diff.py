"""Compare two texts word by word, and report the changes as a reader would describe them.

The diff compares lines first and then the tokens of changed lines, both by their longest common
subsequence. A few equal words between two long changes are coincidence: such islands become part
of the changes (Fraser, "Diff Strategies", 2006, on semantic clean-up). Unchanged lines at another
position are moves. All offsets count Unicode code points.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import LCSseq, Postfix, Prefix

from articles.text.anchor import Span
from articles.text.tokens import TokenizedText

# Shorter lines may repeat by chance, without having moved.
MIN_MOVE_LENGTH = 32
# The comparison needs one bit per pair of tokens; beyond this, a range counts as rewritten.
_MAX_PAIRS = 500_000_000
_MAX_SHIFT = 500
# Longer runs of equal tokens are no coincidence.
_MAX_ISLAND = 32

_SENTENCE_ENDS = tuple(".!?…؟۔।")
_UNSPACED_SENTENCE_ENDS = tuple("。！？．")


class HunkKind(StrEnum):
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
        if self.is_equal:
            return HunkKind.EQUAL
        if self.old_start == self.old_end:
            return HunkKind.INSERT
        return HunkKind.DELETE if self.new_start == self.new_end else HunkKind.REPLACE


@dataclass(frozen=True, slots=True)
class Move:
    """Unchanged lines at another position."""

    old: Span
    new: Span


@dataclass(frozen=True, slots=True)
class Diff:
    """The joined hunks are the whole old text and the whole new text."""

    hunks: tuple[Hunk, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class _Run:
    """`size` equal code points, from `old` and from `new` on."""

    old: int
    new: int
    size: int


def diff(old: str, new: str) -> Diff:
    unchanged, gaps = _compare_lines(old, new, _split_lines(old), _split_lines(new))
    moves = tuple(_find_moves(old, new, gaps))
    # A moved line is not compared with the lines at its old position.
    comparison = _TokenComparison(old, new, moves)
    runs = sorted(
        [*unchanged, *(run for gap in gaps for run in comparison.find_equal_runs(*gap))],
        key=lambda run: run.old,
    )
    end = _Run(len(old), len(new), 0)
    runs = comparison.shift_to_boundaries([_Run(0, 0, 0), *_join_adjacent(runs), end])
    return Diff(tuple(_build_hunks(runs)), moves)


def _split_lines(text: str) -> list[Span]:
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
    """Return the unchanged lines, and the old and new lines of each gap between them."""
    unchanged: list[_Run] = []
    gaps: list[tuple[list[Span], list[Span]]] = []
    old_index = new_index = 0
    # Without line ends, so that the last line equals the same line elsewhere.
    matches = _find_common(
        [old[line.start : line.end].rstrip("\n") for line in old_lines],
        [new[line.start : line.end].rstrip("\n") for line in new_lines],
    )
    for old_start, new_start, count in [*matches, (len(old_lines), len(new_lines), 0)]:
        gap = old_lines[old_index:old_start], new_lines[new_index:new_start]
        if gap[0] or gap[1]:
            gaps.append(gap)
        old_index, new_index = old_start + count, new_start + count
        for before, after in zip(
            old_lines[old_start:old_index], new_lines[new_start:new_index], strict=True
        ):
            size = min(before.end - before.start, after.end - after.start)
            unchanged.append(_Run(before.start, after.start, size))
    return unchanged, gaps


def _find_common(
    before: Sequence[Hashable], after: Sequence[Hashable]
) -> list[tuple[int, int, int]]:
    """Return the longest common subsequence as (index before, index after, length)."""
    numbers: dict[Hashable, int] = {}
    old, new = (
        [numbers.setdefault(item, len(numbers)) for item in side] for side in (before, after)
    )
    first = Prefix.similarity(old, new)
    last = Postfix.similarity(old[first:], new[first:])
    if (len(old) - first - last) * (len(new) - first - last) > _MAX_PAIRS:
        runs = [(0, 0, first), (len(old) - last, len(new) - last, last)]
        return [run for run in runs if run[2]]
    return [
        (code.src_start, code.dest_start, code.src_end - code.src_start)
        for code in LCSseq.opcodes(old, new)
        if code.tag == "equal"
    ]


def _find_moves(
    old: str, new: str, gaps: Iterable[tuple[list[Span], list[Span]]]
) -> Iterator[Move]:
    """Yield lines that were removed once and added once; adjacent ones as one move."""
    removed: dict[str, list[Span]] = {}
    added: dict[str, list[Span]] = {}
    for old_lines, new_lines in gaps:
        for text, lines, found in ((old, old_lines, removed), (new, new_lines, added)):
            for line in lines:
                found.setdefault(text[line.start : line.end].rstrip("\n"), []).append(line)
    pairs = sorted(
        (removed[line][0], added[line][0])
        for line in removed.keys() & added.keys()
        if len(line) >= MIN_MOVE_LENGTH and len(removed[line]) == len(added[line]) == 1
    )
    joined: list[tuple[Span, Span]] = []
    for before, after in pairs:
        last = joined[-1] if joined else None
        if last and last[0].end == before.start and last[1].end == after.start:
            joined[-1] = Span(last[0].start, before.end), Span(last[1].start, after.end)
        else:
            joined.append((before, after))
    for before, after in joined:
        yield Move(_strip_line_end(old, before), _strip_line_end(new, after))


def _strip_line_end(text: str, span: Span) -> Span:
    return Span(span.start, span.end - (text[span.end - 1] == "\n"))


class _TokenComparison:
    """Compares ranges of two texts by their tokens, without those that moved."""

    def __init__(self, old: str, new: str, moves: Iterable[Move]) -> None:
        self.old, self.new = TokenizedText(old), TokenizedText(new)
        self.removed_moves = [move.old for move in moves]
        self.added_moves = [move.new for move in moves]

    def find_equal_runs(self, old_lines: list[Span], new_lines: list[Span]) -> Iterator[_Run]:
        if not old_lines or not new_lines:
            return
        start = _Run(old_lines[0].start, new_lines[0].start, 0)
        end = _Run(old_lines[-1].end, new_lines[-1].end, 0)
        before = self.old.get_tokens(start.old, end.old)
        after = self.new.get_tokens(start.new, end.new)
        matches = _find_common(
            self._get_comparable(self.old, before, self.removed_moves),
            self._get_comparable(self.new, after, self.added_moves),
        )
        runs = []
        for old_index, new_index, count in matches:
            size = before[old_index + count - 1][1] - before[old_index][0]
            runs.append(_Run(before[old_index][0], after[new_index][0], size))
        yield from _drop_islands(start, runs, end)

    def shift_to_boundaries(self, runs: list[_Run]) -> list[_Run]:
        """Start insertions and deletions at a line or sentence where that is equivalent."""
        shifted = runs[:1]
        for run in runs[1:]:
            before = shifted[-1]
            removed = Span(before.old + before.size, run.old)
            added = Span(before.new + before.size, run.new)
            by = 0
            if added.start == added.end and removed.start < removed.end:
                by = _find_shift(self.old, removed, before.size, run.size)
            elif removed.start == removed.end and added.start < added.end:
                by = _find_shift(self.new, added, before.size, run.size)
            shifted[-1] = replace(before, size=before.size + by)
            shifted.append(_Run(run.old + by, run.new + by, run.size - by))
        return shifted

    def _get_comparable(
        self, text: TokenizedText, tokens: list[tuple[int, int]], moved: list[Span]
    ) -> list[Hashable]:
        """Return the tokens' text; for moved tokens, an object that equals nothing."""
        return [
            object()
            if any(span.start <= start < span.end for span in moved)
            else text.text[start:end]
            for start, end in tokens
        ]


def _find_shift(tokenized: TokenizedText, span: Span, before: int, after: int) -> int:
    """Return the best shift of a span between equal neighbours of these lengths.

    `A [B A] C` and `[A B] A C` leave the same text (Fraser, as above, on lossless shifts).
    """
    text, start, end = tokenized.text, span.start, span.end
    back, forth = max(0, min(before - 1, _MAX_SHIFT)), max(0, min(after - 1, _MAX_SHIFT))
    back = Postfix.similarity(text[start - back : start], text[end - back : end])
    forth = Prefix.similarity(text[start : start + forth], text[end : end + forth])
    shifts = [by for by in range(-back, forth + 1) if tokenized.is_boundary(start + by)]
    return max(shifts, key=lambda by: (_rate_start(text, start + by), -abs(by)), default=0)


def _rate_start(text: str, position: int) -> int:
    """Rate a position as the start of a change: 3 for a line, 2 a sentence, 1 a word."""
    if position == 0 or text[position - 1] == "\n":
        return 3
    if text[position - 1].isspace():
        before = text[max(0, position - 5) : position].rstrip(" ")
        return 2 if before[-1:] in _SENTENCE_ENDS else 1
    return 2 if text[position - 1] in _UNSPACED_SENTENCE_ENDS else 0


def _join_adjacent(runs: Iterable[_Run]) -> list[_Run]:
    joined: list[_Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and last.old + last.size == run.old and last.new + last.size == run.new:
            joined[-1] = _Run(last.old, last.new, last.size + run.size)
        else:
            joined.append(run)
    return joined


def _drop_islands(start: _Run, runs: list[_Run], end: _Run) -> list[_Run]:
    """Drop runs that are no longer than the changes on both sides of them."""
    kept = [start]
    remaining = runs[::-1]
    while remaining:
        run = remaining.pop()
        next_run = remaining[-1] if remaining else end
        smaller_change = min(_get_change_size(kept[-1], run), _get_change_size(run, next_run))
        if run.size > min(smaller_change, _MAX_ISLAND):
            kept.append(run)
        elif len(kept) > 1:
            # The change after the previous run has grown, so check that run again.
            remaining.append(kept.pop())
    return kept[1:]


def _get_change_size(before: _Run, after: _Run) -> int:
    return max(after.old - before.old - before.size, after.new - before.new - before.size)


def _build_hunks(runs: list[_Run]) -> Iterator[Hunk]:
    for before, run in pairwise(runs):
        start = before.old + before.size, before.new + before.size
        if start != (run.old, run.new):
            yield Hunk(start[0], run.old, start[1], run.new, is_equal=False)
        if run.size:
            yield Hunk(run.old, run.old + run.size, run.new, run.new + run.size, is_equal=True)
