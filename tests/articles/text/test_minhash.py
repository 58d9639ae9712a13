"""Texts that are nearly the same are found by what they have in common."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from articles.duplicates.minhash import compute_bands, compute_similarity, get_shingles


def a_text(words: int, seed: int) -> list[str]:
    chance = random.Random(seed)  # noqa: S311
    return [f"word{chance.randrange(5000)}" for _ in range(words)]


def test_the_same_words_have_every_band_in_common_whatever_stands_between() -> None:
    text = "The port of Valparaíso, it said, will “grow” by 12 %."
    other = "the port of valparaíso it said: will grow\nby 12"
    assert compute_bands(text) == compute_bands(other)
    assert compute_similarity(text, other) == 1


def test_what_is_stored_of_a_text_does_not_change() -> None:
    # Rows in databases were made with these numbers.
    assert compute_bands("Ships come first, then comes the sand.")[:2] == [
        -8858390156238612155,
        1341234332332911349,
    ]


def test_near_texts_share_a_band_and_others_none() -> None:
    found = strangers = 0
    for seed in range(50):
        words = a_text(400, seed)
        near = list(words)
        for place in random.Random(seed).sample(range(400), 5):  # noqa: S311
            near[place] = "changed"
        one = set(compute_bands(" ".join(words)))
        found += bool(one & set(compute_bands(" ".join(near))))
        strangers += bool(one & set(compute_bands(" ".join(a_text(400, seed + 1000)))))
    assert found >= 47
    assert strangers == 0


def test_scripts_without_spaces_are_compared_by_the_character() -> None:
    one = "国土交通省は夜行バスの安全基準を見直すと発表した。"
    assert len(get_shingles(one)) > 15
    assert 0.5 < compute_similarity(one, one.replace("発表", "公表")) < 1


@settings(deadline=None)
@given(st.text(), st.text())
def test_resemblance_is_a_share_and_knows_no_order(one: str, other: str) -> None:
    assert 0 <= compute_similarity(one, other) == compute_similarity(other, one) <= 1
    assert compute_similarity(one, one) == 1
    assert all(-(2**63) <= band < 2**63 for band in compute_bands(one))
