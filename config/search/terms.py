"""Tokenizer and stemmer of the search index, independent of the database engine.

Words follow UAX #29 where search needs it. Scripts without spaces between words (Chinese,
Japanese, Korean, Thai …) become overlapping pairs of characters. Case, accents, width and
ligatures are folded (NFKC and case folding, UAX #15). Words are stemmed with Snowball
(Porter 2001) in the language of the text. Offsets are Unicode code points.
"""

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import regex
import snowballstemmer

# Terms are cut to this many code points.
MAX_TERM_LENGTH = 64

# Stemmed words per text. Stemming is slow, and news articles are shorter than this.
MAX_STEMS = 30_000

# Full caches take 6 MB and 29 MB. Folding a word takes about 2 µs, stemming one about 40 µs.
_FOLD_CACHE_SIZE = 20_000
_STEM_CACHE_SIZE = 100_000

# Keeps phrases from matching across passages: no query contains this character.
PASSAGE_SEPARATOR = "¶"

# Snowball algorithms by the primary subtag of a BCP 47 tag (RFC 5646).
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_ALIASES = {"nb": "no", "nn": "no", "mo": "ro"}

# Scripts without spaces between words, and Korean, which attaches particles to words.
_UNSPACED = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}"
    r"\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30FC\uFF70"
)
_JOINED = r"[\p{M}\uFF9E\uFF9F\u200D]"
_TOKEN = regex.compile(
    rf"(?P<unspaced>(?:[{_UNSPACED}--\p{{M}}]{_JOINED}*)+)"
    # 5,150 and 5.150 are one number, 22.8.2025 is three.
    r"|\p{Nd}{1,3}(?:[.,'’٬]\p{Nd}{3})+(?!\p{Nd})"
    # U.S., z.B., e.g.
    r"|\p{L}(?:\.\p{L})+(?![\p{L}\p{M}\p{N}])"
    # A tatweel or an invisible joiner does not end a word.
    rf"|[[\p{{L}}\p{{N}}]--[{_UNSPACED}]]"
    rf"(?:[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]|[\u200C\u200D\u00AD])*"
    # A symbol is a term: 🚨.
    r"|\p{So}",
    regex.V1,
)
_UNIT = regex.compile(rf"[^\p{{M}}\uFF9E\uFF9F\u200D]{_JOINED}*", regex.V1)
# Latin, Greek and Cyrillic accents, and Hebrew and Arabic vowel signs.
_ACCENTS = regex.compile(
    r"[\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7"
    r"\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED]"
)
# Letters with a stroke, which have no decomposition, and the dotless i.
_STROKES = str.maketrans("łøđħŧıɨ", "lodhtii")
_NO_WORD = regex.compile(r"[^\p{L}\p{N}\p{M}\p{So}]")


class Term(NamedTuple):
    """A normalised word and the characters `[start, end)` that it comes from.

    `is_pair` marks a pair of characters from a script without spaces, which has no stem.
    `ends_run` marks the last character of such a run, which follows its last pair.
    """

    word: str
    start: int
    end: int
    is_pair: bool = False
    ends_run: bool = False


def iter_terms(text: str) -> Iterator[Term]:
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


@lru_cache(maxsize=_FOLD_CACHE_SIZE)
def fold(word: str) -> str:
    """Remove case, accents, width and punctuation. Folding is idempotent."""
    return unicodedata.normalize("NFC", _NO_WORD.sub("", _fold(word)))[:MAX_TERM_LENGTH]


def fold_text(text: str) -> str:
    """Remove case, accents and width, and keep spaces and punctuation. Idempotent."""
    return unicodedata.normalize("NFC", _fold(text))


def _fold(text: str) -> str:
    wide = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _ACCENTS.sub("", wide).translate(_STROKES)


def get_stemmer_language(tag: str) -> str:
    """Return the key in `STEMMERS` for a BCP 47 tag, or "" if there is no stemmer."""
    primary = tag.split("-")[0].lower()
    primary = _ALIASES.get(primary, primary)
    return primary if primary in STEMMERS else ""


def stem(word: str, language: str) -> str:
    """Return the folded stem prefixed with its language, a key of `STEMMERS`.

    The prefix keeps `:fr:new`, the French stem of `news`, apart from English words.
    """
    # Numbers have no stem, and would evict words from the cache.
    if word.isascii() and word.isdecimal():
        return f":{language}:{word[:MAX_TERM_LENGTH]}"
    return _stem(word, language)


@lru_cache(maxsize=_STEM_CACHE_SIZE)
def _stem(word: str, language: str) -> str:
    plain = unicodedata.normalize("NFKC", word).casefold()
    return f":{language}:{fold(_stemmer(language).stemWord(plain))}"


def index_words(passages: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return the words and the stems of (text, BCP 47 tag) pairs, each separated by spaces.

    After MAX_STEMS stems, the remaining words are only indexed as they are.
    """
    terms: list[str] = []
    stems: list[str] = []
    for text, tag in passages:
        language = get_stemmer_language(tag)
        if terms:
            terms.append(PASSAGE_SEPARATOR)
        for term in iter_terms(text):
            terms.append(term.word)
            if language and not term.is_pair and len(stems) < MAX_STEMS:
                stems.append(stem(text[term.start : term.end], language))
    return " ".join(terms), " ".join(stems)


_stemmers = threading.local()


def _stemmer(language: str) -> Any:
    """Return this thread's stemmer: stemmers keep state while they stem a word."""
    if not hasattr(_stemmers, language):
        setattr(_stemmers, language, snowballstemmer.stemmer(STEMMERS[language]))
    return getattr(_stemmers, language)
