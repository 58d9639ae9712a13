"""Find near-duplicate texts by MinHash over shingles (runs of four words).

Broder, "On the resemblance and containment of documents" (1997); for the bands Leskovec, Rajaraman
and Ullman, "Mining of Massive Datasets", chapter 3. Of text pairs with similarity 0.9, 99 in 100
share a band; of those with 0.5, three in 100.
"""

import hashlib
import re
from functools import cache
from typing import Any

from articles.text.tokens import UNSPACED

_SHINGLE_WORDS = 4
_BANDS = 8
_ROWS = 8
# Bands are stored: with another seed, existing rows would match nothing.
_SEED = 1
# In scripts without spaces between words, each character counts as a word.
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


def get_shingles(text: str) -> set[str]:
    """Return the four-word runs of a text, case-folded; a shorter text is one run."""
    tokens = _WORD.findall(text.casefold())
    last = max(1, len(tokens) - _SHINGLE_WORDS + 1)
    return {" ".join(tokens[start : start + _SHINGLE_WORDS]) for start in range(last)}


def compute_similarity(one: str, other: str) -> float:
    """Return the Jaccard index of the shingles of two texts, from 0 to 1."""
    first, second = get_shingles(one), get_shingles(other)
    return len(first & second) / len(first | second)


def compute_bands(text: str) -> list[int]:
    """Return signed 64-bit hashes of the MinHash bands; near-duplicates share at least one."""
    minhash = _create_minhash().copy()
    minhash.update_batch([shingle.encode() for shingle in get_shingles(text)])
    values = minhash.hashvalues
    return [
        int.from_bytes(
            hashlib.blake2b(
                values[band * _ROWS : (band + 1) * _ROWS].astype("<u8").tobytes(),
                digest_size=8,
                salt=bytes([band]),
            ).digest(),
            signed=True,
        )
        for band in range(_BANDS)
    ]


@cache
def _create_minhash() -> Any:
    """Return an empty MinHash to copy: generating its permutations is slow."""
    # Imported lazily: datasketch loads scipy, which takes a second.
    from datasketch import MinHash

    return MinHash(num_perm=_BANDS * _ROWS, seed=_SEED)
