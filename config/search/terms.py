"""The terms of a text: what search indexes, and what it looks for. The same on every database.

Words follow Unicode Standard Annex #29 as far as searching needs it. Scripts that put no space
between words (Chinese, Japanese, Korean, Thai …) give overlapping pairs of characters. Case,
accents, width and ligatures are folded (NFKC and case folding, UAX #15); words are stemmed by
Snowball (Porter 2001) in the language of the text. Offsets are Unicode code points."""

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import regex
import snowballstemmer

# The longest term that is told apart, in code points.
LONGEST = 64

# How many words of one text are stemmed: the longest news has fewer, and stemming takes time.
MOST_STEMS = 30_000

# How many words are remembered with what was made of them, and how many with their stems. There is
# no end of words in many texts, so both are reached: they take 6 and 29 MB then. To fold a word
# anew costs 2 millionths of a second, to stem one 40.
_FOLDS_KEPT = 20_000
_STEMS_KEPT = 100_000

# Between two passages stands what nobody can look for, so that no phrase runs from one to the next.
BORDER = "¶"

# Snowball's algorithms, by the primary subtag of a BCP 47 tag (RFC 5646).
STEMMED = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_ALSO_CALLED = {"nb": "no", "nn": "no", "mo": "ro"}

# Scripts without spaces between words, and Korean, whose particles stick to the word.
_UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}"
    r"\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC\uFF70"
)
_JOINED = r"[\p{M}\uFF9E\uFF9F\u200D]"
_TOKEN = regex.compile(
    rf"(?P<unspaced>(?:[{_UNSPACED}--\p{{M}}]{_JOINED}*)+)"
    # 5,150 and 5.150 are one number; 22.8.2025 is three.
    r"|\p{Nd}{1,3}(?:[.,'’٬]\p{Nd}{3})+(?!\p{Nd})"
    # U.S., z.B., e.g.
    r"|\p{L}(?:\.\p{L})+(?![\p{L}\p{M}\p{N}])"
    # A tatweel or an invisible joiner does not end a word.
    rf"|[[\p{{L}}\p{{N}}]--[{_UNSPACED}]]"
    rf"(?:[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]|[\u200C\u200D\u00AD])*"
    # A symbol stands for itself: 🚨.
    r"|\p{So}",
    regex.V1,
)
_UNIT = regex.compile(rf"[^\p{{M}}\uFF9E\uFF9F\u200D]{_JOINED}*", regex.V1)
# Accents of Latin, Greek and Cyrillic, and the vowel signs of Hebrew and Arabic.
_ACCENTS = regex.compile(
    r"[\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7"
    r"\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED]"
)
_NO_WORD = regex.compile(r"[^\p{L}\p{N}\p{M}\p{So}]")


class Term(NamedTuple):
    """One place in the sequence of terms, and the characters `[start, end)` that it stands for.

    `is_pair` is true of what comes from a script without spaces, which has no stems; `ends_run`
    of the last character of such a run, which stands alone after its last pair.
    """

    word: str
    start: int
    end: int
    is_pair: bool = False
    ends_run: bool = False


def terms_of(text: str) -> Iterator[Term]:
    """Give the terms of a text in order; lazily, so that a reader may stop."""
    for token in _TOKEN.finditer(text):
        if token["unspaced"]:
            yield from _pairs(token[0], token.start())
        elif word := fold(token[0]):
            yield Term(word, token.start(), token.end())


def _pairs(run: str, start: int) -> Iterator[Term]:
    units = [
        (word, start + unit.start(), start + unit.end())
        for unit in _UNIT.finditer(run)
        if (word := fold(unit[0]))
    ]
    for (first, begin, _), (second, _, end) in pairwise(units):
        yield Term(first + second, begin, end, is_pair=True)
    if units:
        yield Term(*units[-1], is_pair=True, ends_run=True)


@lru_cache(maxsize=_FOLDS_KEPT)
def fold(word: str) -> str:
    """Write a word as it is compared: without case, accents, width, and what is no letter.

    Folding twice is folding once.
    """
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    bare = _NO_WORD.sub("", _ACCENTS.sub("", wide))
    return unicodedata.normalize("NFC", bare)[:LONGEST]


def stemming_of(language: str) -> str:
    """Give the key of `STEMMED` for a BCP 47 tag; empty where there is no stemmer."""
    primary = language.split("-")[0].lower()
    primary = _ALSO_CALLED.get(primary, primary)
    return primary if primary in STEMMED else ""


def stem(word: str, language: str) -> str:
    """Give the folded stem of a word in a language of `STEMMED`, marked with the language.

    So `:fr:new`, which French makes of `news`, is neither English nor the beginning of a word.
    """
    # A number is its own stem. Remembered, numbers that come once would push out words.
    if word.isascii() and word.isdecimal():
        return f":{language}:{word[:LONGEST]}"
    return _stem(word, language)


@lru_cache(maxsize=_STEMS_KEPT)
def _stem(word: str, language: str) -> str:
    plain = unicodedata.normalize("NFKC", word).casefold()
    return f":{language}:{fold(_stemmer(language).stemWord(plain))}"


def index_words(passages: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Write passages, each with its BCP 47 tag, as what is indexed of them: words, and stems.

    Both are in the order of the text, with a space between two. After MOST_STEMS come no more
    stems: what follows is found as it stands.
    """
    words: list[str] = []
    stems: list[str] = []
    for text, tag in passages:
        language = stemming_of(tag)
        if words:
            words.append(BORDER)
        for term in terms_of(text):
            words.append(term.word)
            if language and not term.is_pair and len(stems) < MOST_STEMS:
                stems.append(stem(text[term.start : term.end], language))
    return " ".join(words), " ".join(stems)


_stemmers = threading.local()


def _stemmer(language: str) -> Any:
    """Give this thread's stemmer: one keeps its place in the word in itself."""
    if not hasattr(_stemmers, language):
        setattr(_stemmers, language, snowballstemmer.stemmer(STEMMED[language]))
    return getattr(_stemmers, language)
