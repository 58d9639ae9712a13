import pytest
import snowballstemmer
from hypothesis import example, given
from hypothesis import strategies as st

from config.search.terms import STEMMERS, fold, get_stemmer_language, index_words, iter_terms, stem

TEXTS = st.text(max_size=60)


def list_words(text: str) -> list[str]:
    return [term.word for term in iter_terms(text)]


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
        # Pairs of characters in scripts without spaces, then the last character.
        ("東京都3月", ["東京", "京都", "都", "3", "月"]),
        ("ﾊﾞｽ ガ", ["バス", "ス", "ガ"]),
        ("정부는", ["정부", "부는", "는"]),
        ("", []),
        ("— … %", []),
    ],
)
def test_iter_terms_splits_and_folds_words(text: str, expected: list[str]) -> None:
    assert list_words(text) == expected


@given(TEXTS)
@example("ﱞ⑴¼")
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_fold_ignores_case(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@given(TEXTS)
@example("ﷺﱞ東ﾞ")
def test_terms_have_ordered_offsets_and_no_special_characters(text: str) -> None:
    terms = list(iter_terms(text))
    for term in terms:
        assert 0 <= term.start < term.end <= len(text)
        # Query syntax of the databases.
        assert term.word
        assert not set(term.word) & set(" '\"\\:*&|!()<>¶\0")
    assert [t.start for t in terms] == sorted(t.start for t in terms)


@given(TEXTS, TEXTS)
def test_index_words_separates_terms_by_single_spaces(one: str, other: str) -> None:
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
def test_inflected_forms_share_a_stem(language: str, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language)


def test_every_stemmer_exists() -> None:
    for language in STEMMERS:
        assert stem("news", language).startswith(f":{language}:")


@given(st.text("0123456789", min_size=1, max_size=80), st.sampled_from(list(STEMMERS)))
@example("1" * 70, "en")
def test_stem_of_number_equals_snowball_stem(number: str, language: str) -> None:
    created = snowballstemmer.stemmer(STEMMERS[language]).stemWord(number)
    assert stem(number, language) == f":{language}:{fold(created)}"


def test_get_stemmer_language() -> None:
    assert [get_stemmer_language(tag) for tag in ("de-AT", "PT-br", "nb", "ja", "und", "")] == [
        "de",
        "pt",
        "no",
        "",
        "",
        "",
    ]
