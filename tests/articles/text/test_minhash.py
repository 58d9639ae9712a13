"""MinHash bands and the similarity of texts."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from articles.duplicates.minhash import compute_bands, compute_similarity, get_shingles


def generate_words(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)  # noqa: S311
    return [f"word{chance.randrange(5000)}" for _ in range(count)]


def test_punctuation_and_case_do_not_change_bands() -> None:
    text = "The port of Valparaíso, it said, will “grow” by 12 %."
    other = "the port of valparaíso it said: will grow\nby 12"
    assert compute_bands(text) == compute_bands(other)
    assert compute_similarity(text, other) == 1


def test_bands_are_stable_between_releases() -> None:
    # Rows in databases were made with these numbers.
    assert compute_bands("Ships come first, then comes the sand.")[:2] == [
        -8858390156238612155,
        1341234332332911349,
    ]


def test_near_duplicates_share_a_band() -> None:
    found = strangers = 0
    for seed in range(50):
        tokens = generate_words(400, seed)
        near = list(tokens)
        for index in random.Random(seed).sample(range(400), 5):  # noqa: S311
            near[index] = "changed"
        one = set(compute_bands(" ".join(tokens)))
        found += bool(one & set(compute_bands(" ".join(near))))
        strangers += bool(one & set(compute_bands(" ".join(generate_words(400, seed + 1000)))))
    assert found >= 47
    assert strangers == 0


def test_shingles_of_scripts_without_spaces_are_characters() -> None:
    one = "国土交通省は夜行バスの安全基準を見直すと発表した。"
    assert len(get_shingles(one)) > 15
    assert 0.5 < compute_similarity(one, one.replace("発表", "公表")) < 1


@settings(deadline=None)
@given(st.text(), st.text())
def test_similarity_is_symmetric_and_between_0_and_1(one: str, other: str) -> None:
    assert 0 <= compute_similarity(one, other) == compute_similarity(other, one) <= 1
    assert compute_similarity(one, one) == 1
    assert all(-(2**63) <= band < 2**63 for band in compute_bands(one))
