"""The tokens of passages on disk and in memory."""

from pathlib import Path

import numpy as np

from assistant.index.words import PassageWords


def test_each_passage_gets_its_own_tokens_back():
    words = PassageWords.build([np.array([7, 3, 7]), np.array([], int), np.array([5])])
    assert words.count == 3
    assert [tokens.tolist() for tokens in words.of([2, 0, 1])] == [[5], [7, 3, 7], []]


def test_what_is_saved_is_loaded(tmp_path: Path):
    words = PassageWords.build([np.array([1, 2]), np.array([3])])
    digests = words.save(tmp_path)
    assert sorted(digests) == ["starts.npy", "tokens.npy"]
    assert [tokens.tolist() for tokens in PassageWords.load(tmp_path).of([0, 1])] == [[1, 2], [3]]


def test_no_passages_are_no_error():
    assert PassageWords.build([]).count == 0
