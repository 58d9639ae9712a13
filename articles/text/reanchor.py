"""Find the passages of one version of a text in the next one.

A passage is described as in the W3C Web Annotation Data Model (section 4.2): by its position, and
by its quote with the text before and after it. The position alone fails as soon as a word is
inserted above, the quote alone as soon as it occurs twice. Three criteria are therefore combined:
the position that the diff expects, the occurrences of the quote, and how far the contexts agree.
Searching for similar text when the quote is gone ("fuzzy anchoring") is an idea of the Hypothesis
client. All offsets count Unicode code points.

Above all: if a passage would move to other text, or to one of several matches, a person has to
review it.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, Postfix, Prefix

from articles.text.anchor import CONTEXT, Span, find_occurrences
from articles.text.diff import Hunk, diff
from articles.text.tokens import TokenizedText
from articles.text.typography import FoldedText

# How much context of a passage is compared, in code points on each side.
MAX_CONTEXT = 1000
# Minimum similarity (0 to 1) of other text that a passage may have become.
MIN_SIMILARITY = 0.6
# Minimum similarity of the contexts at which the same quote, in its place, is the same passage.
MIN_CONTEXT_SIMILARITY = 0.5
# Weight of the similarity of the same words in another order.
_REORDERED_WEIGHT = 0.95
# Shorter quotes match by chance.
_MIN_SEARCH_LENGTH = 24
# For frequent quotes, only the nearest occurrences are compared.
_MAX_OCCURRENCES = 40
_MAX_CANDIDATES = 5
_TRIMMED = re.compile(r"\S(?:.*\S)?", re.DOTALL)

# Typographic variants do not change the context. Each maps to one code point, so offsets hold.
_PLAIN = str.maketrans(
    "‘’‚‛′“”„‟″«»‹›‐‑‒–—―\u00a0\u202f\u2009", "'" * 5 + '"' * 7 + "''" + "-" * 6 + "   "
)


class Status(StrEnum):
    """The result for a passage, the most certain first.

    - exact: the same text, at the position that the diff expects
    - moved: the same text elsewhere, in the same context or as a whole line
    - typographic: the same text, with the same certainty, except for quotation marks, dashes or
      spaces
    - fuzzy: other text that is similar enough (`score`)
    - ambiguous: the same text, but in several places, or in a context so different that it may
      mean something else
    - orphan: nothing similar
    """

    EXACT = "exact"
    MOVED = "moved"
    TYPOGRAPHIC = "typographic"
    FUZZY = "fuzzy"
    AMBIGUOUS = "ambiguous"
    ORPHAN = "orphan"

    @property
    def is_certain(self) -> bool:
        """Whether no review is needed: the same text, and only one possible match."""
        return self in (Status.EXACT, Status.MOVED, Status.TYPOGRAPHIC)


@dataclass(frozen=True, slots=True)
class Candidate(Span):
    """A span that may be the passage; `score` is its similarity, 0 to 1."""

    score: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one passage.

    `span` is set if the match is certain. Otherwise `candidates` has possible matches, the best
    first; it is empty for an orphan.
    """

    status: Status
    span: Span | None = None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()

    @property
    def options(self) -> tuple[Candidate, ...]:
        """The certain match alone, or the candidates."""
        if self.span is None:
            return self.candidates
        return (Candidate(self.span.start, self.span.end, 1.0),)


def get_worst_status(outcomes: Iterable[Outcome]) -> Status:
    """Return the least certain status of an annotation's passages."""
    order = list(Status)
    return max((outcome.status for outcome in outcomes), key=order.index, default=Status.EXACT)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Occurrences of a quote at `old` and `new`, and how far their contexts agree."""

    old: int
    new: int
    left: int
    right: int

    @property
    def agreement(self) -> int:
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class _Matching:
    """Which occurrences of a quote belong together, by old position, and which are undecided."""

    decided: dict[int, _Pair]
    undecided: list[_Pair]
    # Whether some occurrences were left out because there are too many.
    is_partial: bool

    @classmethod
    def from_pairs(cls, pairs: Iterable[_Pair], *, is_partial: bool) -> "_Matching":
        """Match the most certain pairs first; each removes its two occurrences from the rest."""
        undecided = sorted(pairs, key=lambda pair: (-pair.agreement, pair.old, pair.new))
        decided: dict[int, _Pair] = {}
        while chosen := _find_uncontested(undecided):
            decided[chosen.old] = chosen
            undecided = [p for p in undecided if p.old != chosen.old and p.new != chosen.new]
        return cls(decided, undecided, is_partial)


class Reanchorer:
    """Compares two normalised texts once, and re-anchors any number of passages."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = TokenizedText(old), TokenizedText(new)
        self.hunks = diff(old, new).hunks
        self._hunk_starts = [hunk.old.start for hunk in self.hunks]
        self._plain_old, self._plain_new = old.translate(_PLAIN), new.translate(_PLAIN)
        self._matchings: dict[tuple[str, int], _Matching] = {}

    def reanchor(self, span: Span) -> Outcome:
        """Find one passage. Raises ValueError if the span is not in the old text."""
        if not 0 <= span.start < span.end <= len(self.old.text):
            raise ValueError(f"[{span.start}, {span.end}) is not in the old text.")
        if self.old.text == self.new.text:
            return Outcome(Status.EXACT, span, 1.0)
        # Part of a word is matched as part of that word.
        whole = Span(self.old.align_start(span.start), self.old.align_end(span.end))
        offset = span.start - whole.start
        matching = self._get_matching(whole)
        pair = matching.decided.get(whole.start)
        if pair and (status := self._get_certain_status(whole, pair, matching.is_partial)):
            return Outcome(status, _move_span(pair.new + offset, span), 1.0)
        pairs = [pair] if pair else [p for p in matching.undecided if p.old == whole.start]
        same_text = {_move_span(pair.new + offset, span) for pair in pairs}
        if not same_text and (target := self._find_typographic(span)):
            return Outcome(Status.TYPOGRAPHIC, target, 1.0)
        similar = self._rank(span, self._find_rewritten(span), self._get_similarity)
        similar = tuple(one for one in similar if one.score >= MIN_SIMILARITY)
        if same_text:
            # The quote may be in a correction now, with the corrected text in its place.
            spans = same_text | {Span(one.start, one.end) for one in similar}
            candidates = self._rank(span, spans, self._get_context_similarity)
            return Outcome(Status.AMBIGUOUS, score=candidates[0].score, candidates=candidates)
        if similar:
            return Outcome(Status.FUZZY, score=similar[0].score, candidates=similar)
        return Outcome(Status.ORPHAN)

    def _get_matching(self, span: Span) -> _Matching:
        """Match the occurrences of the span's quote in the old text with those in the new."""
        quote = self.old.text[span.start : span.end]
        old_positions = _find_occurrences(self.old, quote)
        new_positions = _find_occurrences(self.new, quote)
        # All occurrences of a quote share one matching, unless there are too many of them.
        is_partial = max(len(old_positions), len(new_positions)) > _MAX_OCCURRENCES
        key = (quote, span.start if is_partial else -1)
        if key not in self._matchings:
            old_positions = _get_nearest(old_positions, span.start)
            new_positions = _get_nearest(new_positions, self._get_expected(span).start)
            pairs = (
                self._build_pair(old, new, len(quote))
                for old in old_positions
                for new in new_positions
            )
            self._matchings[key] = _Matching.from_pairs(pairs, is_partial=is_partial)
        return self._matchings[key]

    def _build_pair(self, old: int, new: int, size: int) -> _Pair:
        old_text, new_text = self._plain_old, self._plain_new
        left = Postfix.similarity(
            old_text[max(0, old - MAX_CONTEXT) : old], new_text[max(0, new - MAX_CONTEXT) : new]
        )
        old_end, new_end = old + size, new + size
        right = Prefix.similarity(
            old_text[old_end : old_end + MAX_CONTEXT], new_text[new_end : new_end + MAX_CONTEXT]
        )
        # If both contexts reach the start (or end) of the text, nothing can disagree there.
        if left == old == new:
            left = MAX_CONTEXT
        if right == len(old_text) - old_end == len(new_text) - new_end:
            right = MAX_CONTEXT
        return _Pair(old, new, left, right)

    def _get_certain_status(self, span: Span, pair: _Pair, is_partial: bool) -> Status | None:
        """Return whether a pair is exact or moved; None if neither is certain."""
        expected = self._get_expected(span)
        target = _move_span(pair.new, span)
        if is_partial:
            # The right occurrence may have been left out, unless it is the expected one.
            is_exact = target == expected and pair.agreement >= CONTEXT
            return Status.EXACT if is_exact else None
        if expected.start <= target.start and target.end <= expected.end:
            is_exact = (
                pair.agreement >= CONTEXT
                or self._get_context_similarity(span, target) >= MIN_CONTEXT_SIMILARITY
            )
            return Status.EXACT if is_exact else None
        old_line = _measure_to_line_ends(self.old.text, span)
        new_line = _measure_to_line_ends(self.new.text, target)
        agrees = all(
            agreement >= CONTEXT or agreement >= old == new
            for agreement, old, new in zip((pair.left, pair.right), old_line, new_line, strict=True)
        )
        size = span.end - span.start + pair.agreement
        return Status.MOVED if agrees and size >= CONTEXT else None

    def _get_context_similarity(self, old: Span, new: Span) -> float:
        """Return the similarity of two spans together with their context."""
        return Indel.normalized_similarity(
            self._plain_old[max(0, old.start - CONTEXT) : old.end + CONTEXT],
            self._plain_new[max(0, new.start - CONTEXT) : new.end + CONTEXT],
        )

    def _find_typographic(self, span: Span) -> Span | None:
        """Return the only match in other typography, or None.

        The folded texts are re-anchored like any texts, so a match that could as well belong to
        another passage is not certain here either. Only whole words match, because one figure may
        be two words once its spaces are folded.
        """
        old, new, reanchorer = self._folded_texts
        folded = old.fold_span(span)
        if reanchorer is None or not _is_aligned(self.old, span) or folded.start >= folded.end:
            return None
        found = reanchorer.reanchor(folded).span
        target = found and new.unfold_span(found)
        return target if target and _is_aligned(self.new, target) else None

    @cached_property
    def _folded_texts(self) -> "tuple[FoldedText, FoldedText, Reanchorer | None]":
        """Both texts folded, and their comparison if folding changes one of them."""
        old, new = FoldedText.from_text(self.old.text), FoldedText.from_text(self.new.text)
        is_unchanged = (old.text, new.text) == (self.old.text, self.new.text)
        return old, new, None if is_unchanged else Reanchorer(old.text, new.text)

    def _find_rewritten(self, span: Span) -> set[Span]:
        """Return spans of other text that the passage may have become."""
        quote = self.old.text[span.start : span.end]
        expected = self._get_expected(span)
        found = [expected, self._find_most_similar(quote, expected)]
        if len(quote) >= _MIN_SEARCH_LENGTH:
            found += [
                self._find_most_similar(quote, hunk.new) for hunk in self.hunks if not hunk.is_equal
            ]
        text = self.new.text
        trimmed = (_TRIMMED.search(text, one.start, one.end) for one in found if one)
        return {Span(*match.span()) for match in trimmed if match}

    def _find_most_similar(self, quote: str, within: Span) -> Span | None:
        """Return the part of a span that is most similar to the quote, in whole tokens."""
        text = self.new.text[within.start : within.end]
        if len(text) <= len(quote):
            return within if text else None
        found = fuzz.partial_ratio_alignment(quote, text, score_cutoff=100 * MIN_SIMILARITY)
        if found is None or found.dest_start >= found.dest_end:
            return None
        return Span(
            self.new.align_start(within.start + found.dest_start),
            self.new.align_end(within.start + found.dest_end),
        )

    def _get_similarity(self, old: Span, new: Span) -> float:
        texts = self._plain_old[old.start : old.end], self._plain_new[new.start : new.end]
        # A paraphrase may have the same words in another order.
        reordered = _REORDERED_WEIGHT * fuzz.token_sort_ratio(*texts) / 100
        return max(Indel.normalized_similarity(*texts), reordered)

    def _rank(
        self, span: Span, targets: set[Span], score: Callable[[Span, Span], float]
    ) -> tuple[Candidate, ...]:
        """Return the best candidates; on a tie, the one nearest to the expected position first."""
        expected = self._get_expected(span).start
        found = [
            Candidate(target.start, target.end, round(score(span, target), 4)) for target in targets
        ]
        found.sort(key=lambda one: (-one.score, abs(one.start - expected), one.start, one.end))
        return tuple(found[:_MAX_CANDIDATES])

    def _get_expected(self, span: Span) -> Span:
        """Return what the span has become according to the diff; it may be empty."""
        first, last = self._get_hunk(span.start), self._get_hunk(span.end - 1)
        start, end = first.new.start, last.new.end
        if first.is_equal:
            start += span.start - first.old.start
        if last.is_equal:
            end = last.new.start + span.end - last.old.start
        return Span(start, end)

    def _get_hunk(self, position: int) -> Hunk:
        # An insertion starts where the next hunk of the old text does, so take the last one.
        return self.hunks[bisect_right(self._hunk_starts, position) - 1]


def _move_span(start: int, span: Span) -> Span:
    return Span(start, start + span.end - span.start)


def _find_occurrences(tokenized: TokenizedText, quote: str) -> list[int]:
    """Return the positions of the quote as whole tokens."""
    return [
        position
        for position in find_occurrences(tokenized.text, quote)
        if _is_aligned(tokenized, Span(position, position + len(quote)))
    ]


def _is_aligned(tokenized: TokenizedText, span: Span) -> bool:
    return tokenized.is_boundary(span.start) and tokenized.is_boundary(span.end)


def _get_nearest(positions: list[int], expected: int) -> list[int]:
    return sorted(positions, key=lambda position: abs(position - expected))[:_MAX_OCCURRENCES]


def _find_uncontested(pairs: list[_Pair]) -> _Pair | None:
    by_old, by_new = defaultdict(list), defaultdict(list)
    for pair in pairs:
        by_old[pair.old].append(pair)
        by_new[pair.new].append(pair)
    uncontested = (p for p in pairs if not _is_contested(p, [*by_old[p.old], *by_new[p.new]]))
    return next(uncontested, None)


def _is_contested(pair: _Pair, rivals: Iterable[_Pair]) -> bool:
    """Return whether one of the occurrences may as well belong to a rival pair.

    A rival's context agrees further on one side, and overall at least half as far.
    """
    return any(
        rival != pair
        and 2 * rival.agreement >= pair.agreement
        and (
            rival.left > pair.left
            or rival.right > pair.right
            or (rival.left, rival.right) == (pair.left, pair.right)
        )
        for rival in rivals
    )


def _measure_to_line_ends(text: str, span: Span) -> tuple[int, int]:
    """Return how many code points of its line are before a span, and how many after it."""
    end = text.find("\n", span.end)
    before = span.start - text.rfind("\n", 0, span.start) - 1
    return before, (len(text) if end < 0 else end) - span.end
