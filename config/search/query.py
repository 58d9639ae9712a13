"""What somebody types to search: any string at all means something.

Words must all occur, in any order and any form of their language; “words in quotes” stand side by
side as they are; `minist*` finds what begins so; `-word` and `-"some words"` must not occur."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import regex

from config.search.terms import STEMMED, Term, stem, terms_of

_QUOTES = '"“”„‟«»「」『』＂'
_PART = regex.compile(
    rf"(?P<minus>(?<!\S)[-−])?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}](?P<star>\*)?|\Z)"
    rf"|(?P<word>[^\s{_QUOTES}]+))"
)


@dataclass(frozen=True)
class Clause:
    """One thing to look for: terms side by side, the last of them perhaps just begun.

    A single word is also found by any of its `stems`, which are marked with their language.
    """

    terms: tuple[str, ...]
    is_prefix: bool = False
    stems: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, words: str, languages: Iterable[str], *, is_prefix: bool, is_phrase: bool
    ) -> "Clause | None":
        """Read a word or a phrase; None where there is no word in it."""
        terms = list(terms_of(words))
        if not terms:
            return None
        is_prefix = is_prefix or terms[-1].ends_run
        if len(terms) > 1 and terms[-1].ends_run and terms[-2].end == terms[-1].end:
            # The last pair has the last character, and another may follow it in the text.
            terms.pop()
            is_prefix = False
        stems: tuple[str, ...] = ()
        if len(terms) == 1 and not (is_prefix or is_phrase or terms[0].is_pair):
            word = words[terms[0].start : terms[0].end]
            stems = tuple(stem(word, language) for language in languages)
        return cls(tuple(term.word for term in terms), is_prefix, stems)

    def begins_at_end_of(self, terms: list[Term], text: str, language: str) -> int | None:
        """Tell where among the terms it starts if it ends with the last of them."""
        start = len(terms) - len(self.terms)
        if start < 0:
            return None
        *before, last = terms[start:]
        if [term.word for term in before] != list(self.terms[:-1]):
            return None
        wanted = self.terms[-1]
        if last.word == wanted or (self.is_prefix and last.word.startswith(wanted)):
            return start
        if self.stems and language and not last.is_pair:
            return start if stem(text[last.start : last.end], language) in self.stems else None
        return None


@dataclass(frozen=True)
class Query:
    """What must occur, and what must not."""

    wanted: tuple[Clause, ...] = ()
    excluded: tuple[Clause, ...] = ()

    @classmethod
    def parse(cls, typed: str, languages: Collection[str] = tuple(STEMMED)) -> "Query":
        """Read what was typed; words are found in their forms in these languages of `STEMMED`.

        There is no string that cannot be read.
        """
        found: dict[bool, list[Clause]] = {False: [], True: []}
        for part in _PART.finditer(typed):
            words = part["word"] or part["phrase"] or ""
            clause = Clause.of(
                words,
                languages,
                is_prefix=bool(part["star"]) or words.endswith("*"),
                is_phrase=part["word"] is None,
            )
            if clause:
                found[bool(part["minus"])].append(clause)
        return cls(_once(found[False]), _once(found[True]))

    def __bool__(self) -> bool:
        """Whether there is anything to look for or to leave out."""
        return bool(self.wanted or self.excluded)


def _once(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    return tuple(dict.fromkeys(clauses))
