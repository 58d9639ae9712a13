"""What search makes of a text."""

import pytest
import snowballstemmer
from hypothesis import example, given
from hypothesis import strategies as st

from config.search.terms import STEMMED, fold, index_words, stem, stemming_of, terms_of

TEXTS = st.text(max_size=60)


def words(text: str) -> list[str]:
    return [term.word for term in terms_of(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Valparaíso’s PORT", ["valparaiso", "s", "port"]),
        ("5,150 and 5.150 and 24.0", ["5150", "and", "5150", "and", "24", "0"]),
        ("am 22.8.2025", ["am", "22", "8", "2025"]),
        ("the U.S. and z.B. J.Smith", ["the", "us", "and", "zb", "j", "smith"]),
        ("www.example.org/a_b", ["www", "example", "org", "a", "b"]),
        ("STRASSE Straße ﬁn ＡＢＣ", ["strasse", "strasse", "fin", "abc"]),
        ("سَدُّ أثيوبيا ـ", ["سد", "اثيوبيا"]),
        ("חָדָשׁ", ["חדש"]),
        ("हिंदी", ["हिंदी"]),
        ("🚨 BREAKING 🇩🇪", ["🚨", "breaking", "🇩", "🇪"]),
        # Pairs of what has no spaces, and the last character alone.
        ("東京都3月", ["東京", "京都", "都", "3", "月"]),
        ("ﾊﾞｽ ガ", ["バス", "ス", "ガ"]),
        ("정부는", ["정부", "부는", "는"]),
        ("", []),
        ("— … %", []),
    ],
)
def test_the_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(TEXTS)
@example("ﱞ⑴¼")
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_case_changes_nothing_that_is_found(text: str) -> None:
    # What is one word stays one word, however it is written.
    assert fold(text.casefold()) == fold(text)


@given(TEXTS)
@example("ﷺﱞ東ﾞ")
def test_terms_stand_in_the_text_in_order(text: str) -> None:
    terms = list(terms_of(text))
    for term in terms:
        assert 0 <= term.start < term.end <= len(text)
        # Nothing that a database could take for something else.
        assert term.word
        assert not set(term.word) & set(" '\"\\:*&|!()<>¶\0")
    assert [t.start for t in terms] == sorted(t.start for t in terms)


@given(TEXTS, TEXTS)
def test_words_and_stems_are_separated_by_single_spaces(one: str, other: str) -> None:
    for indexed in index_words([(one, "en"), (other, "ja")]):
        assert indexed.split(" ") == indexed.split() or not indexed


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "ministries", "Ministry"),
        ("de", "Häuser", "Haus"),
        ("es", "exportaciones", "exportación"),
        ("ar", "السدود", "سدود"),
        ("fr", "élections", "élection"),
        ("ru", "выборах", "выборы"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(language: str, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language)


def test_every_stemmer_is_there() -> None:
    for language in STEMMED:
        assert stem("news", language).startswith(f":{language}:")


@given(st.text("0123456789", min_size=1, max_size=80), st.sampled_from(list(STEMMED)))
@example("1" * 70, "en")
def test_a_number_has_the_stem_that_its_stemmer_makes(number: str, language: str) -> None:
    made = snowballstemmer.stemmer(STEMMED[language]).stemWord(number)
    assert stem(number, language) == f":{language}:{fold(made)}"


def test_a_tag_says_which_stemmer() -> None:
    assert [stemming_of(tag) for tag in ("de-AT", "PT-br", "nb", "ja", "und", "")] == [
        "de",
        "pt",
        "no",
        "",
        "",
        "",
    ]
