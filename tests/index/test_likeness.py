"""What is told of passages from the cosines of their tokens with a question's."""

import numpy as np
import pytest

from assistant.index.likeness import BLOCK, SIGNALS, signals

WEIGHTS = np.array([0.5, 0.5], np.float32)


def told(cosines: list[list[float]], lengths: list[int], tokens: list[float] | None = None) -> dict[str, list[float]]:
    """Return the signals by name."""
    token_weights = np.array(tokens or [1.0] * sum(lengths), np.float32)
    found = signals(np.array(cosines, np.float32), np.arange(sum(lengths)), lengths, WEIGHTS, token_weights)
    return {name: found[:, place].tolist() for place, name in enumerate(SIGNALS)}


def test_of_each_word_of_the_question_the_nearest_of_the_passage_counts():
    found = told([[1.0, 0.0, 0.2, 0.0], [0.0, 0.5, 0.0, 0.0]], [2, 2])
    assert found["anywhere"] == pytest.approx([0.75, 0.1])
    assert found["together"] == found["anywhere"]


def test_a_word_that_every_passage_has_tells_none_of_them_apart():
    found = told([[1.0, 0.0, 1.0, 0.0], [0.0, 0.6, 0.0, 0.0]], [2, 2])
    assert found["anywhere"] == pytest.approx([0.8, 0.5])
    assert found["telling"] == pytest.approx([0.6, 0.0])


def test_how_much_of_a_passage_is_asked_for_goes_by_the_weight_of_its_tokens():
    found = told([[1.0, 0.0], [0.0, 0.2]], [2], tokens=[3.0, 1.0])
    assert found["asked"] == pytest.approx([(3 * 1.0 + 0.2) / 4])


def test_words_far_apart_do_not_stand_together_and_the_beginning_is_the_first_block():
    size = 4 * BLOCK
    row = np.zeros((2, size))
    row[0, 0] = row[1, -1] = 1
    found = told(row.tolist(), [size])
    assert found["anywhere"] == [1.0]
    assert found["together"] == [0.5]
    assert found["asked_first"] == pytest.approx([1 / BLOCK])
    assert found["length"] == pytest.approx([np.log(size)])
