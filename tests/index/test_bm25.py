"""The scores of our own counting are those of bm25s."""

import logging
import random

import bm25s
import numpy as np
import pytest

from assistant.index import bm25
from assistant.index.tokens import TokenLists


def test_scores_are_those_of_bm25s_to_the_bit(monkeypatch: pytest.MonkeyPatch):
    chance = random.Random(5)
    words = [f"w{number}" for number in range(400)]
    weights = [1 / (place + 1) for place in range(len(words))]
    passages = [chance.choices(words, weights, k=chance.randrange(90)) for _ in range(700)]
    monkeypatch.setattr(bm25, "_PASSAGES_AT_ONCE", 64)
    lists = TokenLists.joined(TokenLists.of(passages[first : first + 90]) for first in range(0, 700, 90))
    columns = bm25.score(lists)
    numbers = {word: number for number, word in enumerate(dict.fromkeys(w for passage in passages for w in passage))}
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    engine = bm25s.BM25(k1=1.2, b=0.6)
    engine.index(
        ([[numbers[word] for word in passage] for passage in passages], numbers),
        create_empty_token=False, show_progress=False,
    )  # fmt: skip
    assert list(lists.vocabulary) == list(numbers)
    assert np.array_equal(columns.data, engine.scores["data"])
    assert np.array_equal(columns.indices, engine.scores["indices"])
    assert np.array_equal(columns.starts, engine.scores["indptr"])
