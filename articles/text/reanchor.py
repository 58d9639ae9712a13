"""Re-anchoring: where the passages of one version stand in the next.

What a passage is known by is written down as the W3C Web Annotation Data Model has it (section
4.2): its position, and its words with those before and after them. Position alone lies as soon as
a word is inserted above, the words alone as soon as they stand twice. So three things are asked:
where the comparison of the two texts has the passage, where its words stand, and how far the text
around them agrees. That near words are looked for where the same are gone is an idea of the
Hypothesis client ("fuzzy anchoring"). All offsets count Unicode code points.

One rule stands above all: a passage is taken to other words, or to one of several places, only
with a mark that a person has to look."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rapidfuzz import fuzz
from rapidfuzz.distance import Postfix, Prefix

from articles.text.anchor import CONTEXT, Span
from articles.text.diff import Diff, Hunk, diff
from articles.text.typography import Folded
from articles.text.words import Words

# How far around a passage the texts are compared, in code points on each side.
REACH = 1000
# The least likeness, of 1, at which other words may be what the passage has become.
LEAST_LIKENESS = 0.6
# The least likeness of the surroundings at which the same words, in their place, are the same.
LEAST_SURROUNDINGS = 0.5
# What the likeness of the same words in another order counts for.
_OTHER_ORDER = 0.95
# Shorter words come up by chance.
_SHORTEST_SEARCH = 24
# Of words that come up all the time, so many places are looked at: the nearest.
_MOST_PLACES = 40
_MOST_CANDIDATES = 5

# The same sign in another type is no other context: each is one code point.
_PLAIN = str.maketrans(
    "‘’‚‛′“”„‟″«»‹›‐‑‒–—―\u00a0\u202f\u2009", "'" * 5 + '"' * 7 + "''" + "-" * 6 + "   "
)


class Status(StrEnum):
    """What became of a passage, the surest first."""

    EXACT = "exact"
    MOVED = "moved"
    TYPOGRAPHIC = "typographic"
    FUZZY = "fuzzy"
    AMBIGUOUS = "ambiguous"
    ORPHAN = "orphan"

    @property
    def is_certain(self) -> bool:
        """Whether nobody has to look: the same words, and no doubt which."""
        return self in (Status.EXACT, Status.MOVED, Status.TYPOGRAPHIC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where the passage may stand now; `score` is its likeness, 0 to 1."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one passage.

    `span` is where it stands when that is certain. Otherwise `candidates` are proposed, the
    likeliest first; none when it is lost.
    """

    status: Status
    span: Span | None = None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()


def worst(outcomes: Iterable[Outcome]) -> Status:
    """Give what counts for an annotation of several passages: the least sure of them."""
    order = list(Status)
    return max((outcome.status for outcome in outcomes), key=order.index, default=Status.EXACT)


def reanchor(old: str, new: str, spans: Iterable[Span]) -> list[Outcome]:
    """Tell for each passage of a normalised text what became of it in another.

    - exact: the same words, where the comparison has them
    - moved: the same words elsewhere, in the same surroundings or as a whole line
    - retyped: the same words, certain as those are, in other quotation marks, dashes or spaces
    - edited: other words, like enough (`score`)
    - ambiguous: the same words, but in several places, or in surroundings so changed that they
      may be said of something else
    - lost: nothing like it
    """
    find = Reanchorer(old, new).reanchor
    return [find(span) for span in spans]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Words at `old` that also stand at `new`, and how far the texts agree on either side."""

    old: int
    new: int
    left: int
    right: int

    @property
    def both(self) -> int:
        return self.left + self.right


@dataclass(frozen=True, slots=True)
class _Matching:
    """Which places of some words belong together, by old place, and which are undecided."""

    sure: dict[int, _Pair]
    undecided: list[_Pair]
    # Whether there are more places than were looked at.
    is_partial: bool

    @classmethod
    def of(cls, pairs: Iterable[_Pair], *, is_partial: bool) -> "_Matching":
        """Match the surest pairs first: each takes its two places out of the contest."""
        undecided = sorted(pairs, key=lambda pair: (-pair.both, pair.old, pair.new))
        sure: dict[int, _Pair] = {}
        while chosen := _first_uncontested(undecided):
            sure[chosen.old] = chosen
            undecided = [p for p in undecided if p.old != chosen.old and p.new != chosen.new]
        return cls(sure, undecided, is_partial)

    def places_of(self, old: int) -> list[int]:
        """Give the places in the new text that are open to a place in the old."""
        if old in self.sure:
            return [self.sure[old].new]
        return [pair.new for pair in self.undecided if pair.old == old]


class Reanchorer:
    """Two versions of a text, compared once for all their passages."""

    def __init__(self, old: str, new: str, compared: Diff | None = None) -> None:
        self.old, self.new = Words(old), Words(new)
        self.hunks = (compared or diff(old, new)).hunks
        self._old_starts = [hunk.old_start for hunk in self.hunks]
        self._plain_old, self._plain_new = old.translate(_PLAIN), new.translate(_PLAIN)
        self._matchings: dict[tuple[str, int], _Matching] = {}

    def reanchor(self, span: Span) -> Outcome:
        """Tell what became of one passage. Raises ValueError for one that is not in the text."""
        if not 0 <= span.start < span.end <= len(self.old.text):
            raise ValueError(f"[{span.start}, {span.end}) is not in the old text.")
        if self.old.text == self.new.text:
            return Outcome(Status.EXACT, span, 1.0)
        # A part of a word stays a part of that word.
        whole = Span(self.old.border_before(span.start), self.old.border_after(span.end))
        within = span.start - whole.start
        matching = self._matching(whole)
        pair = matching.sure.get(whole.start)
        if pair and (status := self._certain(whole, pair, is_partial=matching.is_partial)):
            return Outcome(status, _at(pair.new + within, span), 1.0)
        same_words = {_at(place + within, span) for place in matching.places_of(whole.start)}
        if not same_words and (place := self._retyped(span)):
            return Outcome(Status.TYPOGRAPHIC, place, 1.0)
        like = self._ranked(span, self._rewritten(span), self._likeness)
        like = tuple(found for found in like if found.score >= LEAST_LIKENESS)
        if same_words:
            # The words may stand in a correction now, and what it corrected in their place.
            places = same_words | {found.span for found in like}
            either = self._ranked(span, places, self._surroundings)
            return Outcome(Status.AMBIGUOUS, score=either[0].score, candidates=either)
        if like:
            return Outcome(Status.FUZZY, score=like[0].score, candidates=like)
        return Outcome(Status.ORPHAN)

    # --- The same words -----------------------------------------------------------------

    def _matching(self, span: Span) -> _Matching:
        """Match the places of these words in the old text with those in the new."""
        words = self.old.text[span.start : span.end]
        olds, news = _places(self.old, words), _places(self.new, words)
        # All places of the same words share one matching, unless there are too many of them.
        is_common = max(len(olds), len(news)) > _MOST_PLACES
        key = (words, span.start if is_common else -1)
        if key not in self._matchings:
            olds = _nearest(olds, span.start)
            news = _nearest(news, self._region(span).start)
            size = len(words)
            pairs = (self._pair(old, new, size) for old in olds for new in news)
            self._matchings[key] = _Matching.of(pairs, is_partial=is_common)
        return self._matchings[key]

    def _pair(self, old: int, new: int, size: int) -> _Pair:
        before, after = self._plain_old, self._plain_new
        left = Postfix.similarity(
            before[max(0, old - REACH) : old], after[max(0, new - REACH) : new]
        )
        old_end, new_end = old + size, new + size
        right = Prefix.similarity(
            before[old_end : old_end + REACH], after[new_end : new_end + REACH]
        )
        # Where both texts begin, or end, there is nothing that could disagree.
        if left == old == new:
            left = REACH
        if right == len(before) - old_end == len(after) - new_end:
            right = REACH
        return _Pair(old, new, left, right)

    def _certain(self, span: Span, pair: _Pair, *, is_partial: bool) -> Status | None:
        """Tell whether a pair is exact or moved; None when neither is certain."""
        region = self._region(span)
        place = _at(pair.new, span)
        if is_partial:
            # The right place may not be among those that were looked at, unless it is this one.
            return Status.EXACT if place == region and pair.both >= CONTEXT else None
        if region.start <= place.start and place.end <= region.end:
            if pair.both >= CONTEXT or self._surroundings(span, place) >= LEAST_SURROUNDINGS:
                return Status.EXACT
            return None
        before = _to_line_start(self.old.text, pair.old), _to_line_start(self.new.text, pair.new)
        after = _to_line_end(self.old.text, span.end), _to_line_end(self.new.text, place.end)
        in_step = _in_step(pair.left, *before) and _in_step(pair.right, *after)
        known = span.end - span.start + pair.both
        return Status.MOVED if in_step and known >= CONTEXT else None

    def _surroundings(self, old: Span, new: Span) -> float:
        """Tell how alike two places are with the text around them."""
        return _ratio(
            self._plain_old[max(0, old.start - CONTEXT) : old.end + CONTEXT],
            self._plain_new[max(0, new.start - CONTEXT) : new.end + CONTEXT],
        )

    def _retyped(self, span: Span) -> Span | None:
        """Give where the passage stands for certain in another typography.

        It is asked of both texts without any what is asked of the texts themselves: so a place
        is contested here too where it may as well be that of other words. Whole words alone are
        looked for: what is one figure may be two words when its spaces are folded.
        """
        old, new, plain = self._in_plain_type
        within = old.within(span)
        if plain is None or not self._is_whole(self.old, span) or within.start >= within.end:
            return None
        found = plain.reanchor(within).span
        place = found and new.without(found)
        return place if place and self._is_whole(self.new, place) else None

    @cached_property
    def _in_plain_type(self) -> "tuple[Folded, Folded, Reanchorer | None]":
        """Both texts without their typography, and compared, where there is any."""
        old, new = Folded.of(self.old.text), Folded.of(self.new.text)
        is_plain = (old.text, new.text) == (self.old.text, self.new.text)
        return old, new, None if is_plain else Reanchorer(old.text, new.text)

    @staticmethod
    def _is_whole(words: Words, span: Span) -> bool:
        return words.is_border(span.start) and words.is_border(span.end)

    # --- Other words --------------------------------------------------------------------

    def _rewritten(self, span: Span) -> set[Span]:
        """Give where the passage may stand in other words."""
        words = self.old.text[span.start : span.end]
        region = self._region(span)
        found = [region, self._nearest_words(words, region)]
        if len(words) >= _SHORTEST_SEARCH:
            found += [
                self._nearest_words(words, Span(hunk.new_start, hunk.new_end))
                for hunk in self.hunks
                if not hunk.is_equal
            ]
        return {trimmed for place in found if place and (trimmed := _trimmed(self.new.text, place))}

    def _nearest_words(self, words: str, region: Span) -> Span | None:
        """Find the stretch of a region that is most like the words, from border to border."""
        text = self.new.text[region.start : region.end]
        if len(text) <= len(words):
            return region if text else None
        found = fuzz.partial_ratio_alignment(words, text, score_cutoff=100 * LEAST_LIKENESS)
        if found is None or found.dest_start >= found.dest_end:
            return None
        return Span(
            self.new.border_before(region.start + found.dest_start),
            self.new.border_after(region.start + found.dest_end),
        )

    def _likeness(self, old: Span, new: Span) -> float:
        words = self._plain_old[old.start : old.end], self._plain_new[new.start : new.end]
        # A paraphrase puts the same words into another order.
        return max(_ratio(*words), _OTHER_ORDER * fuzz.token_sort_ratio(*words) / 100)

    def _ranked(
        self, span: Span, places: set[Span], score: Callable[[Span, Span], float]
    ) -> tuple[Candidate, ...]:
        """Give the likeliest places; of equally likely ones, the one where it would be expected."""
        expected = self._region(span).start
        found = [Candidate(place, round(score(span, place), 4)) for place in places]
        found.sort(key=lambda one: (-one.score, abs(one.span.start - expected), one.span))
        return tuple(found[:_MOST_CANDIDATES])

    # --- Where the comparison has it ----------------------------------------------------

    def _region(self, span: Span) -> Span:
        """Give the stretch of the new text that the passage has become; it may be empty."""
        first, last = self._hunk_at(span.start), self._hunk_at(span.end - 1)
        start, end = first.new_start, last.new_end
        if first.is_equal:
            start += span.start - first.old_start
        if last.is_equal:
            end = last.new_start + span.end - last.old_start
        return Span(start, end)

    def _hunk_at(self, place: int) -> Hunk:
        index = bisect_right(self._old_starts, place) - 1
        # An insertion begins where the next stretch of the old text does.
        return self.hunks[index]


def _at(start: int, span: Span) -> Span:
    return Span(start, start + span.end - span.start)


def _places(words: Words, wanted: str) -> list[int]:
    """Give where the words stand as whole words."""
    found = []
    place = words.text.find(wanted)
    while place >= 0:
        if words.is_border(place) and words.is_border(place + len(wanted)):
            found.append(place)
        place = words.text.find(wanted, place + 1)
    return found


def _nearest(places: list[int], expected: int) -> list[int]:
    return sorted(places, key=lambda place: abs(place - expected))[:_MOST_PLACES]


def _first_uncontested(pairs: list[_Pair]) -> _Pair | None:
    from_old, from_new = defaultdict(list), defaultdict(list)
    for pair in pairs:
        from_old[pair.old].append(pair)
        from_new[pair.new].append(pair)
    for pair in pairs:
        if not _is_contested(pair, [*from_old[pair.old], *from_new[pair.new]]):
            return pair
    return None


def _is_contested(pair: _Pair, rivals: Iterable[_Pair]) -> bool:
    """Tell whether one of the places may as well belong to a rival for the other.

    That one's surroundings agree further on one side, and on the whole not much less far.
    """
    return any(
        rival != pair
        and 2 * rival.both >= pair.both
        and (
            rival.left > pair.left
            or rival.right > pair.right
            or (rival.left, rival.right) == (pair.left, pair.right)
        )
        for rival in rivals
    )


def _to_line_start(text: str, place: int) -> int:
    return place - text.rfind("\n", 0, place) - 1


def _to_line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return (len(text) if end < 0 else end) - place


def _in_step(agreed: int, to_border_of_old: int, to_border_of_new: int) -> bool:
    """Tell whether the texts agree for long, or all through the rest of the line."""
    return agreed >= min(CONTEXT, to_border_of_old) and (
        agreed >= CONTEXT or to_border_of_old == to_border_of_new
    )


def _trimmed(text: str, span: Span) -> Span | None:
    words = text[span.start : span.end]
    if not words.strip():
        return None
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, start + len(words.strip()))


def _ratio(one: str, other: str) -> float:
    return fuzz.ratio(one, other) / 100
