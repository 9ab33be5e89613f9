"""Texts that say nearly the same, found by the shingles they share."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

_SHINGLE = 5  # characters, white space and case left out
_ALIKE = 0.8  # Jaccard: shared shingles over all of both


def first_alike(texts: Sequence[str]) -> list[int]:
    """Return of each text the number of the first that it nearly repeats, or its own.

    Resemblance by shingles as in Broder (1997), counted exactly. A text too short for a shingle
    is like none.
    """
    shingles = _shingles(texts)
    first = list(range(len(texts)))
    for one, other in _likely(shingles):
        shared = len(np.intersect1d(shingles[one], shingles[other], assume_unique=True))
        if other < first[one] and shared >= _ALIKE * (len(shingles[one]) + len(shingles[other]) - shared):
            first[one] = other
    return first


def _shingles(texts: Sequence[str]) -> list[np.ndarray]:
    """Return the shingles of each text as numbers, the rarest first."""
    known: dict[str, int] = {}
    listed = []
    for text in texts:
        squeezed = "".join(text.lower().split())
        shingles = sorted({squeezed[n : n + _SHINGLE] for n in range(len(squeezed) - _SHINGLE + 1)})
        listed.append(np.array([known.setdefault(shingle, len(known)) for shingle in shingles], np.int64))
    often = np.bincount(np.concatenate([np.zeros(0, np.int64), *listed]), minlength=len(known))
    return [numbers[np.lexsort((numbers, often[numbers]))] for numbers in listed]


def _likely(shingles: Sequence[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Yield (later, earlier) pairs that share one of their rarest shingles.

    Texts that share four fifths of all must share one of the rarest fifth, whatever the order:
    prefix filtering (Chaudhuri et al., ICDE 2006).
    """
    kept = [numbers[: len(numbers) - int(np.ceil(_ALIKE * len(numbers))) + 1] for numbers in shingles]
    columns = np.concatenate([np.zeros(0, np.int64), *kept])
    starts = np.cumsum([0, *map(len, kept)])
    width = int(columns.max(initial=0)) + 1
    rows = csr_matrix((np.ones(len(columns), np.float32), columns, starts), (len(kept), width))
    pairs = (rows @ rows.T).tocoo()
    below = pairs.col < pairs.row
    yield from zip(pairs.row[below].tolist(), pairs.col[below].tolist(), strict=True)
