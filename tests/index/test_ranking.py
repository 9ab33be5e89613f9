"""The best of an array of scores."""

import numpy as np
import pytest

from assistant.index.ranking import best


@pytest.mark.parametrize(
    ("scores", "limit", "expected"),
    [
        ([0.1, 0.9, 0.5], 2, [1, 2]),
        ([0.5, 0.5, 0.5, 0.5], 2, [0, 1]),
        ([0.0, -1.0, 0.2], 3, [2]),
        ([0.0, 0.0], 1, []),
        ([0.3], 0, []),
        ([], 4, []),
    ],
)
def test_the_best_are_positive_and_equals_stand_in_their_order(scores: list[float], limit: int, expected: list[int]):
    assert best(np.array(scores, np.float32), limit) == expected
