"""Normalise text to NFC with LF line ends."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.text.normalise import UnencodableText, normalise, normalise_input, normalise_quote

# All of Unicode except surrogates, with frequent line ends, controls and combining marks.
TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\r\n\t\x00\x85\u2028\ufeff\u0301\u0323e🚢ق中"),
    )
)


@given(TEXTS)
def test_normalise_is_idempotent(raw: str) -> None:
    assert normalise(normalise(raw)) == normalise(raw)


@given(TEXTS)
def test_normalised_text_is_nfc_without_controls(raw: str) -> None:
    text = normalise(raw)
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in text)
    assert not set("\u2028\u2029") & set(text)
    assert not text.startswith("\ufeff")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])))
def test_normalise_changes_nothing_else(raw: str) -> None:
    composed = unicodedata.normalize("NFC", raw)
    assert normalise(f"a{raw}") == unicodedata.normalize("NFC", f"a{raw}")
    assert composed.startswith("\ufeff") or normalise(raw) == composed


@given(TEXTS, st.data())
def test_quote_of_normalised_text_is_unchanged(raw: str, data: st.DataObject) -> None:
    text = normalise(raw)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert normalise_quote(text[start:end]) == text[start:end]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("one\r\ntwo\rthree\x0bfour\u2028five", "one\ntwo\nthree\nfour\nfive"),
        ("  two  spaces \t and a tab ", "  two  spaces   and a tab "),
        ("cafe\u0301", "café"),
        ("cafe\x00\u0301", "café"),
        ("\ufeffword\ufeffword", "word\ufeffword"),
        ("non\u00a0breaking\u200b", "non\u00a0breaking\u200b"),
    ],
)
def test_normalise_examples(raw: str, text: str) -> None:
    assert normalise(raw) == text


@given(TEXTS, st.sampled_from("\ud800\udbff\udc00\udfff"), TEXTS)
def test_unpaired_surrogate_raises_unencodable_text(before: str, half: str, after: str) -> None:
    with pytest.raises(UnencodableText, match=f"character {len(before)} "):
        normalise(before + half + after)


@given(TEXTS, TEXTS)
def test_input_with_nul_raises_unencodable_text(before: str, after: str) -> None:
    before = before.replace("\0", "")
    with pytest.raises(UnencodableText, match=rf"NUL at character {len(before)}\b"):
        normalise_input(f"{before}\0{after}")
    assert normalise_input(before) == normalise(before)
