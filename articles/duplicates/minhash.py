"""How much two texts are the same: shingles, MinHash and bands of it.

Broder, "On the resemblance and containment of documents" (1997); for the bands Leskovec, Rajaraman
and Ullman, "Mining of Massive Datasets", chapter 3. Of texts whose resemblance is 0.9, 99 of 100
share a band, of those at 0.5 three of 100."""

import hashlib
import re
from functools import cache
from typing import Any

_SHINGLE_WORDS = 4
_BANDS = 8
_ROWS = 8
# The seed is part of what is stored: another one would find nothing.
_SEED = 1
# In scripts that do not part words each character counts as one.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)


def words_of(text: str) -> list[str]:
    """Give the words of a text without what stands between them, in small letters."""
    return _WORD.findall(text.casefold())


def shingles(text: str) -> set[str]:
    """Give the runs of four words of a text; a shorter text is one run."""
    words = words_of(text)
    last = max(1, len(words) - _SHINGLE_WORDS + 1)
    return {" ".join(words[at : at + _SHINGLE_WORDS]) for at in range(last)}


def resemblance(one: str, other: str) -> float:
    """Give the share of the shingles of two texts that both have (Jaccard), from 0 to 1."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


def bands(text: str) -> list[int]:
    """Give numbers of 64 bits, of which texts that are nearly the same have one in common."""
    minhash = _empty().copy()
    minhash.update_batch([shingle.encode() for shingle in shingles(text)])
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
def _empty() -> Any:
    """Make one once: its permutations take longer than hashing a short text does."""
    # Here, as it takes a second to import scipy with it, which most commands never need.
    from datasketch import MinHash

    return MinHash(num_perm=_BANDS * _ROWS, seed=_SEED)
