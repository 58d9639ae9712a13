"""Compare two texts word by word, and report the changes as a reader would describe them.

The diff compares lines first and then the tokens of changed lines, both by their longest common
subsequence. A few equal words between two long changes are coincidence: such islands become part
of the changes (Fraser, "Diff Strategies", 2006, on semantic clean-up). Unchanged lines at another
position are moves. All offsets count Unicode code points.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from rapidfuzz.distance import LCSseq, Postfix, Prefix

from articles.text.anchor import Span
from articles.text.sentences import SENTENCE_ENDS, UNSPACED_SENTENCE_ENDS
from articles.text.tokens import TokenizedText

# Shorter lines may repeat by chance, without having moved.
MIN_MOVE_LENGTH = 32
# The comparison needs one bit per pair of tokens; beyond this, a range counts as rewritten.
_MAX_PAIRS = 500_000_000
_MAX_SHIFT = 500
# Longer runs of equal tokens are no coincidence.
_MAX_ISLAND = 32

_SENTENCE_ENDS = tuple(SENTENCE_ENDS + UNSPACED_SENTENCE_ENDS)


class HunkKind(StrEnum):
    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, order=True)
class SpanPair:
    """A span of the old text, and what it is in the new one."""

    old: Span
    new: Span


@dataclass(frozen=True, slots=True)
class Hunk(SpanPair):
    """`old` became `new`; one of them may be empty."""

    is_equal: bool

    @property
    def kind(self) -> HunkKind:
        if self.is_equal:
            return HunkKind.EQUAL
        if self.old.start == self.old.end:
            return HunkKind.INSERT
        return HunkKind.DELETE if self.new.start == self.new.end else HunkKind.REPLACE


@dataclass(frozen=True, slots=True)
class Diff:
    """The joined hunks are both texts; the moves are unchanged lines at another position."""

    hunks: tuple[Hunk, ...]
    moves: tuple[SpanPair, ...]


def diff(old: str, new: str) -> Diff:
    return diff_tokenized(TokenizedText(old), TokenizedText(new))


def diff_tokenized(tokenized_old: TokenizedText, tokenized_new: TokenizedText) -> Diff:
    old, new = tokenized_old.text, tokenized_new.text
    unchanged, gaps = _compare_lines(old, new, _split_lines(old), _split_lines(new))
    moves = _find_moves(old, new, gaps)
    # A moved line is not compared with the lines at its old position.
    comparison = _TokenComparison(tokenized_old, tokenized_new, moves)
    runs = sorted(
        [*unchanged, *(run for gap in gaps for run in comparison.find_equal_runs(*gap))],
        key=lambda run: run.old.start,
    )
    runs = [_build_run(0, 0), *_join_adjacent(runs), _build_run(len(old), len(new))]
    return Diff(tuple(_build_hunks(comparison.shift_to_boundaries(runs))), tuple(moves))


def _build_run(old: int, new: int, size: int = 0) -> SpanPair:
    """Return `size` equal code points, from `old` and from `new` on."""
    return SpanPair(Span(old, old + size), Span(new, new + size))


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
) -> tuple[list[SpanPair], list[tuple[list[Span], list[Span]]]]:
    """Return the unchanged lines, and the old and new lines of each gap between them."""
    unchanged: list[SpanPair] = []
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
            unchanged.append(_build_run(before.start, after.start, size))
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
) -> list[SpanPair]:
    """Return lines that were removed once and added once; adjacent ones as one move."""
    removed: dict[str, list[Span]] = {}
    added: dict[str, list[Span]] = {}
    for old_lines, new_lines in gaps:
        for text, lines, found in ((old, old_lines, removed), (new, new_lines, added)):
            for line in lines:
                found.setdefault(text[line.start : line.end].rstrip("\n"), []).append(line)
    pairs = sorted(
        SpanPair(removed[line][0], added[line][0])
        for line in removed.keys() & added.keys()
        if len(line) >= MIN_MOVE_LENGTH and len(removed[line]) == len(added[line]) == 1
    )
    return [
        SpanPair(_strip_line_end(old, pair.old), _strip_line_end(new, pair.new))
        for pair in _join_adjacent(pairs)
    ]


def _strip_line_end(text: str, span: Span) -> Span:
    return Span(span.start, span.end - (text[span.end - 1] == "\n"))


class _TokenComparison:
    """Compares ranges of two texts by their tokens, without those that moved."""

    def __init__(self, old: TokenizedText, new: TokenizedText, moves: Iterable[SpanPair]) -> None:
        self.old, self.new = old, new
        self.removed_moves = [move.old for move in moves]
        self.added_moves = [move.new for move in moves]

    def find_equal_runs(self, old_lines: list[Span], new_lines: list[Span]) -> list[SpanPair]:
        if not old_lines or not new_lines:
            return []
        start = _build_run(old_lines[0].start, new_lines[0].start)
        end = _build_run(old_lines[-1].end, new_lines[-1].end)
        before = self.old.get_tokens(start.old.start, end.old.end)
        after = self.new.get_tokens(start.new.start, end.new.end)
        matches = _find_common(
            self._get_comparable(self.old, before, self.removed_moves),
            self._get_comparable(self.new, after, self.added_moves),
        )
        runs = [
            SpanPair(
                Span(before[old_index][0], before[old_index + count - 1][1]),
                Span(after[new_index][0], after[new_index + count - 1][1]),
            )
            for old_index, new_index, count in matches
        ]
        return _drop_islands(start, runs, end)

    def shift_to_boundaries(self, runs: list[SpanPair]) -> list[SpanPair]:
        """Start insertions and deletions at a line or sentence where that is equivalent."""
        shifted = runs[:1]
        for run in runs[1:]:
            before = shifted[-1]
            gap = _get_gap(before, run)
            sizes = _get_size(before.old), _get_size(run.old)
            by = 0
            if _get_size(gap.old) and not _get_size(gap.new):
                by = _find_shift(self.old, gap.old, *sizes)
            elif _get_size(gap.new) and not _get_size(gap.old):
                by = _find_shift(self.new, gap.new, *sizes)
            shifted[-1] = _build_run(before.old.start, before.new.start, sizes[0] + by)
            shifted.append(_build_run(run.old.start + by, run.new.start + by, sizes[1] - by))
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
        return 2 if before.endswith(_SENTENCE_ENDS) else 1
    return 2 if text[position - 1] in UNSPACED_SENTENCE_ENDS else 0


def _join_adjacent(pairs: Iterable[SpanPair]) -> list[SpanPair]:
    joined: list[SpanPair] = []
    for pair in pairs:
        last = joined[-1] if joined else None
        if last and last.old.end == pair.old.start and last.new.end == pair.new.start:
            joined[-1] = SpanPair(
                Span(last.old.start, pair.old.end), Span(last.new.start, pair.new.end)
            )
        else:
            joined.append(pair)
    return joined


def _drop_islands(start: SpanPair, runs: list[SpanPair], end: SpanPair) -> list[SpanPair]:
    """Drop runs that are no longer than the changes on both sides of them."""
    kept = [start]
    remaining = runs[::-1]
    while remaining:
        run = remaining.pop()
        next_run = remaining[-1] if remaining else end
        smaller_change = min(_get_change_size(kept[-1], run), _get_change_size(run, next_run))
        if _get_size(run.old) > min(smaller_change, _MAX_ISLAND):
            kept.append(run)
        elif len(kept) > 1:
            # The change after the previous run has grown, so check that run again.
            remaining.append(kept.pop())
    return kept[1:]


def _get_change_size(before: SpanPair, after: SpanPair) -> int:
    return max(after.old.start - before.old.end, after.new.start - before.new.end)


def _get_gap(before: SpanPair, after: SpanPair) -> SpanPair:
    return SpanPair(Span(before.old.end, after.old.start), Span(before.new.end, after.new.start))


def _get_size(span: Span) -> int:
    return span.end - span.start


def _build_hunks(runs: list[SpanPair]) -> Iterator[Hunk]:
    for before, run in pairwise(runs):
        gap = _get_gap(before, run)
        if _get_size(gap.old) or _get_size(gap.new):
            yield Hunk(gap.old, gap.new, is_equal=False)
        if _get_size(run.old):
            yield Hunk(run.old, run.new, is_equal=True)
