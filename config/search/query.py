"""Search query syntax. Every string is a valid query.

All words must occur, in any order and inflection; "words in quotes" must occur as a phrase;
`minist*` matches a prefix; `-word` and `-"some words"` must not occur.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import regex

from config.search.terms import STEMMERS, Term, iter_terms, stem

_QUOTES = '"“”„‟«»「」『』＂'
_PART = regex.compile(
    rf"(?P<minus>(?<!\S)[-−])?"
    rf"(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}](?P<star>\*)?|\Z)"
    rf"|(?P<word>[^\s{_QUOTES}]+))"
)


@dataclass(frozen=True)
class Clause:
    """A word or phrase to match. `is_prefix` applies to the last term.

    A single word also matches any of its `stems`, which have their language as a prefix.
    """

    terms: tuple[str, ...]
    is_prefix: bool = False
    stems: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls, text: str, languages: Iterable[str], *, is_prefix: bool, is_phrase: bool
    ) -> "Clause | None":
        """Parse a word or phrase. Return None if it contains no term."""
        terms = list(iter_terms(text))
        if not terms:
            return None
        is_prefix = is_prefix or terms[-1].ends_run
        if len(terms) > 1 and terms[-1].ends_run and terms[-2].end == terms[-1].end:
            # The last pair already contains the last character, and the text may continue.
            terms.pop()
            is_prefix = False
        stems: tuple[str, ...] = ()
        if len(terms) == 1 and not (is_prefix or is_phrase or terms[0].is_pair):
            word = text[terms[0].start : terms[0].end]
            stems = tuple(stem(word, language) for language in languages)
        return cls(tuple(term.word for term in terms), is_prefix, stems)

    def format(self, quote: str, then: str, prefix: str, either: str) -> str:
        """Return the clause with the quotes and operators of a database engine."""
        # Needs no escaping: terms contain only letters, digits and symbols.
        phrase = then.join(f"{quote}{term}{quote}" for term in self.terms)
        phrase += prefix if self.is_prefix else ""
        return f"({either.join([phrase, *(f'{quote}{stem}{quote}' for stem in self.stems)])})"

    def find_start(self, terms: list[Term], text: str, language: str) -> int | None:
        """Return the index in `terms` where a match that ends with the last term starts."""
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
    wanted: tuple[Clause, ...] = ()
    excluded: tuple[Clause, ...] = ()

    @classmethod
    def parse(cls, text: str, languages: Collection[str] = tuple(STEMMERS)) -> "Query":
        """Parse a query. Words match their inflected forms in `languages` (keys of `STEMMERS`)."""
        # Dictionaries keep the order and drop repetitions.
        wanted: dict[Clause, None] = {}
        excluded: dict[Clause, None] = {}
        for part in _PART.finditer(text):
            content = part["word"] or part["phrase"] or ""
            clause = Clause.parse(
                content,
                languages,
                is_prefix=bool(part["star"]) or content.endswith("*"),
                is_phrase=part["word"] is None,
            )
            if clause:
                (excluded if part["minus"] else wanted)[clause] = None
        return cls(tuple(wanted), tuple(excluded))

    def __bool__(self) -> bool:
        return bool(self.wanted or self.excluded)
