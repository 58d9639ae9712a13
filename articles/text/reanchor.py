"""Find the passages of one version of a text in the next one.

The words of a passage's own sentence (or line) decide where it is. Where that sentence is unchanged
and there is only one, the passage moves with it. If there are several, its neighbours have to tell
them apart. If other words of the sentence changed, the sentence at the position that the diff
expects has to be recognisably the same one, and the passage only moves marked as such. Nothing
else is certain: similar surroundings are not enough in lists, tables and parallel sentences, where
one word makes the difference.

Searching for similar text when the quote is gone ("fuzzy anchoring") is an idea of the Hypothesis
client. All offsets count Unicode code points.

Above all: if a passage would move to other text, into another sentence, or to one of several
matches, a person has to review it.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, LCSseq, Postfix, Prefix

from articles.text.anchor import CONTEXT, Span, find_occurrences
from articles.text.diff import Hunk, diff_tokenized
from articles.text.sentences import find_sentences
from articles.text.tokens import TokenizedText
from articles.text.typography import FoldedText

# Kinds of annotation that a sentence may not support any more if it says something else.
CONTEXT_SENSITIVE_KINDS = ("claim", "source_link")
# Minimum similarity (0 to 1) of other text that a passage may have become.
MIN_SIMILARITY = 0.6
# Minimum share of common words, in the same order, of a sentence and what it may have become.
MIN_COMMON_WORDS = 0.5
# Shorter sentences, such as the cells of a table, depend on their neighbours.
_MIN_SENTENCE_LENGTH = 8
# How many neighbours on each side tell equal sentences apart.
_MAX_NEIGHBOURS = 10
# Weight of the similarity of the same words in another order.
_REORDERED_WEIGHT = 0.95
# Shorter quotes match by chance.
_MIN_SEARCH_LENGTH = 24
# For frequent quotes, only the nearest occurrences are compared.
_MAX_OCCURRENCES = 40
_MAX_CANDIDATES = 5
_TRIMMED = re.compile(r"\S(?:.*\S)?", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2}")

# Typographic variants do not change the context. Each maps to one code point, so offsets hold.
_PLAIN = str.maketrans(
    "‘’‚‛′“”„‟″«»‹›‐‑‒–—―\u00a0\u202f\u2009", "'" * 5 + '"' * 7 + "''" + "-" * 6 + "   "
)


class Status(StrEnum):
    """The result for a passage, the most certain first.

    - exact: the same text in the same sentence, at the position that the diff expects
    - moved: the same text in the same sentence elsewhere
    - typographic: the same text, with the same certainty, except for quotation marks, dashes or
      spaces
    - context_changed: the same text, in a sentence of which other words changed
    - fuzzy: other text that is similar enough (`score`), or that stands in the passage's place
    - ambiguous: the same text, but in several places, or in a sentence so different that it may
      mean something else
    - orphan: nothing similar
    """

    EXACT = "exact"
    MOVED = "moved"
    TYPOGRAPHIC = "typographic"
    CONTEXT_CHANGED = "context_changed"
    FUZZY = "fuzzy"
    AMBIGUOUS = "ambiguous"
    ORPHAN = "orphan"

    @property
    def is_certain(self) -> bool:
        """Whether no review is needed: the same text in the same sentence."""
        return self in (Status.EXACT, Status.MOVED, Status.TYPOGRAPHIC)

    @property
    def has_match(self) -> bool:
        """Whether there is a single match: it is certain, or only its context changed."""
        return self.is_certain or self == Status.CONTEXT_CHANGED


@dataclass(frozen=True, slots=True)
class Candidate(Span):
    """A span that may be the passage; `score` is its similarity, 0 to 1."""

    score: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one passage.

    `span` is set if the match is certain, or only the context changed. Otherwise `candidates` has
    possible matches, the best first; it is empty for an orphan.
    """

    status: Status
    span: Span | None = None
    score: float = 0.0
    candidates: tuple[Candidate, ...] = ()

    @property
    def options(self) -> tuple[Candidate, ...]:
        """The one match, or the candidates."""
        if self.span is None:
            return self.candidates
        return (Candidate(self.span.start, self.span.end, 1.0),)


def moves_automatically(kind: str, status: Status) -> bool:
    """Return whether an annotation of this kind moves before a person has reviewed it."""
    return status.is_certain or (status.has_match and kind not in CONTEXT_SENSITIVE_KINDS)


def get_worst_status(outcomes: Iterable[Outcome]) -> Status:
    """Return the least certain status of an annotation's passages."""
    order = list(Status)
    return max((outcome.status for outcome in outcomes), key=order.index, default=Status.EXACT)


class _Range(NamedTuple):
    """The sentences `[first, end)` of a text."""

    first: int
    end: int


class _Numbers(dict[str, str]):
    """Numbers different strings, as code points, so that a list of strings is one string."""

    def __missing__(self, key: str) -> str:
        self[key] = number = chr(len(self))
        return number


class _Sentences:
    """The sentences of a text, and their words.

    `numbers` has one code point for each sentence, equal except for typography if the sentences
    are; `tokens` likewise has a string for each sentence.
    """

    def __init__(self, tokenized: TokenizedText, numbers: _Numbers, tokens: _Numbers) -> None:
        self.tokenized = tokenized
        self.spans = find_sentences(tokenized.text)
        self._starts = [span.start for span in self.spans]
        self._ends = [span.end for span in self.spans]
        self.numbers = "".join(
            numbers[FoldedText.from_text(tokenized.text[span.start : span.end]).text]
            for span in self.spans
        )
        self._token_numbers = tokens

    @cached_property
    def tokens(self) -> list[str]:
        text, numbers = self.tokenized.text, self._token_numbers
        return [
            "".join(
                numbers[text[start:end]]
                for start, end in self.tokenized.get_tokens(span.start, span.end)
                if text[start].isalnum() or text[end - 1].isalnum()
            )
            for span in self.spans
        ]

    def get_tokens(self, sentences: _Range) -> str:
        return "".join(self.tokens[sentences.first : sentences.end])

    def find_range(self, span: Span) -> _Range:
        """Return the sentences that a span is in; empty if it is between two."""
        return _Range(bisect_right(self._ends, span.start), bisect_left(self._starts, span.end))

    def get_numbers(self, span: Span) -> set[str]:
        first, end = self.find_range(span)
        return set(self.numbers[first:end])

    def get_span(self, sentences: _Range) -> Span:
        return Span(self.spans[sentences.first].start, self.spans[sentences.end - 1].end)

    def has_similar(self, tokens: str, excluded: _Range) -> bool:
        """Return whether as many sentences elsewhere share at least half of these words."""
        size = excluded.end - excluded.first
        windows = (_Range(first, first + size) for first in range(len(self.spans) - size + 1))
        return any(
            _compare_words(tokens, self.get_tokens(window)) >= MIN_COMMON_WORDS
            for window in windows
            if window.end <= excluded.first or window.first >= excluded.end
        )


class Reanchorer:
    """Compares two normalised texts once, and re-anchors any number of passages."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = TokenizedText(old), TokenizedText(new)
        self.hunks = diff_tokenized(self.old, self.new).hunks
        self._hunk_starts = [hunk.old.start for hunk in self.hunks]
        self._plain_old, self._plain_new = old.translate(_PLAIN), new.translate(_PLAIN)
        numbers, tokens = _Numbers(), _Numbers()
        self._old_sentences = _Sentences(self.old, numbers, tokens)
        self._new_sentences = _Sentences(self.new, numbers, tokens)
        self._comparisons: dict[tuple[_Range, _Range], bool] = {}

    def reanchor(self, span: Span) -> Outcome:
        """Find one passage. Raises ValueError if the span is not in the old text."""
        if not 0 <= span.start < span.end <= len(self.old.text):
            raise ValueError(f"[{span.start}, {span.end}) is not in the old text.")
        if self.old.text == self.new.text:
            return Outcome(Status.EXACT, span, 1.0)
        sentences = self._old_sentences.find_range(span)
        if target := self._find_in_same_sentence(span, sentences):
            return Outcome(self._get_certain_status(span, target), target, 1.0)
        if target := self._find_in_changed_sentence(span, sentences):
            return Outcome(Status.CONTEXT_CHANGED, target, 1.0)
        return self._propose(span, sentences)

    def _find_in_same_sentence(self, span: Span, sentences: _Range) -> Span | None:
        """Return the passage in its unchanged sentences, if they are certain to be the same."""
        found = self._find_same_sentences(sentences)
        if found is None:
            return None
        old, new = self._old_sentences.get_span(sentences), self._new_sentences.get_span(found)
        # A passage may include space around its sentences.
        before, after = max(0, old.start - span.start), max(0, span.end - old.end)
        old = Span(old.start - before, old.end + after)
        new = Span(max(0, new.start - before), new.end + after)
        target = self._map_typography(span, old, new)
        if target is None or self._is_rewritten_in_place(sentences, found):
            return None
        is_same_text = self._get_old_text(span) == self._get_new_text(target)
        is_aligned = _is_aligned(self.old, span) and _is_aligned(self.new, target)
        return target if is_same_text or is_aligned else None

    def _find_same_sentences(self, sentences: _Range) -> _Range | None:
        """Return the same sentences in the new text if they, or they and their neighbours, are
        unique in both texts.
        """
        first, end = sentences
        if first >= end:
            return None
        old, new = self._old_sentences.numbers, self._new_sentences.numbers
        is_short = _is_short(self._get_old_text(self._old_sentences.get_span(sentences)))
        for neighbours in range(is_short, _MAX_NEIGHBOURS + 1):
            start = max(0, first - neighbours)
            sequence = old[start : end + neighbours]
            found = new.find(sequence)
            if found < 0:
                return None
            if all(_occurs_once(numbers, sequence) for numbers in (old, new)):
                return _Range(found + first - start, found + end - start)
        return None

    def _map_typography(self, span: Span, old: Span, new: Span) -> Span | None:
        """Map a passage of `old` to `new`, which differ in typography at most."""
        old_text, new_text = self._get_old_text(old), self._get_new_text(new)
        if old_text == new_text:
            return _move_span(new.start + span.start - old.start, span)
        old_folded, new_folded = FoldedText.from_text(old_text), FoldedText.from_text(new_text)
        folded = old_folded.fold_span(Span(span.start - old.start, span.end - old.start))
        if old_folded.text != new_folded.text or folded.start >= folded.end:
            return None
        target = new_folded.unfold_span(folded)
        return Span(new.start + target.start, new.start + target.end)

    def _is_rewritten_in_place(self, sentences: _Range, found: _Range) -> bool:
        """Return whether the sentences moved away, and new ones like them replaced them.

        A correction that quotes the old sentence does not receive its annotations.
        """
        expected = self._get_expected(self._old_sentences.get_span(sentences))
        in_place = self._new_sentences.find_range(expected)
        if (
            expected.start >= expected.end
            or in_place.first < found.end > found.first < in_place.end
        ):
            return False
        tokens = self._old_sentences.get_tokens(sentences)
        new = self._new_sentences
        return any(
            self._is_rewritten(tokens, new.tokens[index])
            for index in range(*in_place)
            if new.numbers[index] not in self._old_sentences.numbers
        )

    def _is_rewritten(self, old_tokens: str, new_tokens: str) -> bool:
        """Return whether a new sentence is like this old one, more than like any missing one."""
        similarity = _compare_words(old_tokens, new_tokens)
        missing = (
            tokens
            for tokens, number in zip(
                self._old_sentences.tokens, self._old_sentences.numbers, strict=True
            )
            if number not in self._new_sentences.numbers
        )
        return similarity >= MIN_COMMON_WORDS and all(
            _compare_words(tokens, new_tokens) < similarity for tokens in missing
        )

    def _get_certain_status(self, span: Span, target: Span) -> Status:
        if self._get_old_text(span) != self._get_new_text(target):
            return Status.TYPOGRAPHIC
        expected = self._get_expected(span)
        is_expected = expected.start <= target.start and target.end <= expected.end
        return Status.EXACT if is_expected else Status.MOVED

    def _find_in_changed_sentence(self, span: Span, sentences: _Range) -> Span | None:
        """Return the passage at the position that the diff expects, in a changed sentence.

        None if it may as well be another sentence, or another occurrence of the quote in it.
        """
        # Part of a word is matched as part of that word.
        whole = Span(self.old.align_start(span.start), self.old.align_end(span.end))
        quote, expected = self._get_old_text(whole), self._get_expected(whole)
        positions = [
            position
            for position in find_occurrences(self._get_new_text(expected), quote)
            if _is_aligned(self.new, _move_span(expected.start + position, whole))
        ]
        if len(positions) != 1:
            return None
        target = _move_span(expected.start + positions[0], whole)
        found = self._new_sentences.find_range(target)
        if not self._is_same_changed(sentences, found):
            return None
        old, new = self._old_sentences.get_span(sentences), self._new_sentences.get_span(found)
        if not _is_same_occurrence(
            self._get_old_text(old),
            whole.start - old.start,
            self._get_new_text(new),
            target.start - new.start,
            quote,
        ):
            return None
        return _move_span(target.start + span.start - whole.start, span)

    def _is_same_changed(self, sentences: _Range, found: _Range) -> bool:
        key = sentences, found
        if key not in self._comparisons:
            self._comparisons[key] = self._compare_sentences(sentences, found)
        return self._comparisons[key]

    def _compare_sentences(self, sentences: _Range, found: _Range) -> bool:
        """Return whether changed sentences can be no other ones: nothing in either text is like
        them, and no word moved within them, to them or from them.
        """
        numbers = set(self._new_sentences.numbers[found.first : found.end])
        old_words = self._old_sentences.get_tokens(sentences)
        new_words = self._new_sentences.get_tokens(found)
        return (
            not numbers <= set(self._old_sentences.numbers)
            and _compare_words(old_words, new_words) >= MIN_COMMON_WORDS
            and not self._exchanges_words(old_words, new_words)
            and not self._old_sentences.has_similar(new_words, sentences)
            and not self._new_sentences.has_similar(old_words, found)
        )

    def _exchanges_words(self, old_words: str, new_words: str) -> bool:
        old, new = Counter(old_words), Counter(new_words)
        if LCSseq.similarity(old_words, new_words) < (old & new).total():
            return True
        changes = {word: new[word] - old[word] for word in old | new}
        elsewhere = self._word_changes
        return any(change * (elsewhere[word] - change) < 0 for word, change in changes.items())

    @cached_property
    def _word_changes(self) -> Counter[str]:
        """How many more of each word the new text has."""
        changes = Counter("".join(self._new_sentences.tokens))
        changes.subtract("".join(self._old_sentences.tokens))
        return changes

    def _propose(self, span: Span, sentences: _Range) -> Outcome:
        """Return what a person may choose from."""
        similar = self._rank(span, self._find_rewritten(span), self._get_similarity)
        similar = tuple(one for one in similar if one.score >= MIN_SIMILARITY)
        if same_text := self._find_same_text(span, sentences):
            # The quote may be in a correction now, with the corrected text in its place.
            spans = same_text | {Span(one.start, one.end) for one in similar}
            candidates = self._rank(span, spans, self._get_context_similarity)
            return Outcome(Status.AMBIGUOUS, score=candidates[0].score, candidates=candidates)
        if not similar and (replacement := self._find_replacement(span, sentences)):
            similar = self._rank(span, {replacement}, self._get_similarity)
        if similar:
            return Outcome(Status.FUZZY, score=similar[0].score, candidates=similar)
        return Outcome(Status.ORPHAN)

    def _find_same_text(self, span: Span, sentences: _Range) -> set[Span]:
        """Return the nearest occurrences of the quote, except in other unchanged sentences."""
        whole = Span(self.old.align_start(span.start), self.old.align_end(span.end))
        own = self._old_sentences.numbers[sentences.first : sentences.end]
        other = set(self._old_sentences.numbers) - set(own)
        found = (
            _move_span(position, whole)
            for position in find_occurrences(self.new.text, self._get_old_text(whole))
        )
        free = [
            target.start + span.start - whole.start
            for target in found
            if _is_aligned(self.new, target)
            and not other.issuperset(self._new_sentences.get_numbers(target))
        ]
        expected = self._get_expected(span).start
        nearest = sorted(free, key=lambda position: abs(position - expected))[:_MAX_OCCURRENCES]
        return {_move_span(position, span) for position in nearest}

    def _find_replacement(self, span: Span, sentences: _Range) -> Span | None:
        """Return what replaced the passage, if the sentence is still like the old one."""
        target = _trim(self.new.text, self._get_expected(span))
        if target is None:
            return None
        found = self._new_sentences.find_range(target)
        old_words = self._old_sentences.get_tokens(sentences)
        similarity = _compare_words(old_words, self._new_sentences.get_tokens(found))
        return target if similarity >= MIN_COMMON_WORDS else None

    def _find_rewritten(self, span: Span) -> set[Span]:
        """Return spans of other text that the passage may have become."""
        quote = self._get_old_text(span)
        expected = self._get_expected(span)
        found = [expected, self._find_most_similar(quote, expected)]
        if len(quote) >= _MIN_SEARCH_LENGTH:
            found += [
                self._find_most_similar(quote, hunk.new) for hunk in self.hunks if not hunk.is_equal
            ]
        trimmed = (_trim(self.new.text, one) for one in found if one)
        return {one for one in trimmed if one}

    def _find_most_similar(self, quote: str, within: Span) -> Span | None:
        """Return the part of a span that is most similar to the quote, in whole tokens."""
        text = self._get_new_text(within)
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

    def _get_context_similarity(self, old: Span, new: Span) -> float:
        """Return the similarity of two spans together with their context."""
        return Indel.normalized_similarity(
            self._plain_old[max(0, old.start - CONTEXT) : old.end + CONTEXT],
            self._plain_new[max(0, new.start - CONTEXT) : new.end + CONTEXT],
        )

    def _get_hunk(self, position: int) -> Hunk:
        # An insertion starts where the next hunk of the old text does, so take the last one.
        return self.hunks[bisect_right(self._hunk_starts, position) - 1]

    def _get_old_text(self, span: Span) -> str:
        return self.old.text[span.start : span.end]

    def _get_new_text(self, span: Span) -> str:
        return self.new.text[span.start : span.end]


def _move_span(start: int, span: Span) -> Span:
    return Span(start, start + span.end - span.start)


def _is_aligned(tokenized: TokenizedText, span: Span) -> bool:
    return tokenized.is_boundary(span.start) and tokenized.is_boundary(span.end)


def _trim(text: str, span: Span) -> Span | None:
    match = _TRIMMED.search(text, span.start, span.end)
    return Span(*match.span()) if match else None


def _is_short(sentence: str) -> bool:
    """Return whether a sentence may be the cell of a table, which its neighbours explain."""
    is_figure = not _WORD.search(sentence)
    return is_figure or sum(map(str.isalnum, sentence)) < _MIN_SENTENCE_LENGTH


def _occurs_once(text: str, part: str) -> bool:
    return text.find(part, text.find(part) + 1) < 0


def _compare_words(before: str, after: str) -> float:
    """Return the share of common words in the same order."""
    if not before or not after:
        return 0.0
    return LCSseq.normalized_similarity(before, after)


def _is_same_occurrence(old: str, old_start: int, new: str, new_start: int, quote: str) -> bool:
    """Return whether a quote in a changed sentence is the one that it was in the old sentence.

    It is if there is no other; or if the changed part of the sentence has none, and another one is
    nearer to it, so that the change is not about this one.
    """
    if old.count(quote) == new.count(quote) == 1:
        return True
    before = Prefix.similarity(old, new)
    after = Postfix.similarity(old[before:], new[before:])
    if quote in old[before : len(old) - after] or quote in new[before : len(new) - after]:
        return False
    is_before = old_start == new_start and quote in old[old_start + len(quote) : before]
    is_after = len(old) - old_start == len(new) - new_start
    return is_before or (is_after and quote in old[len(old) - after : old_start])
