"""The places of the highest scores of an array."""

import numpy as np

_LEAST = 1e-9  # what is not more than this counts as nothing found


def best(scores: np.ndarray, limit: int) -> list[int]:
    """Return the places of the ``limit`` highest positive ``scores``, best first, ties by place."""
    if limit < 1:
        return []
    if len(scores) > limit:
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        candidates = np.flatnonzero(scores >= max(threshold, _LEAST))
    else:
        candidates = np.flatnonzero(scores > 0)
    order = np.lexsort((candidates, -scores[candidates]))
    return candidates[order][:limit].tolist()
