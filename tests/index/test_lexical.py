"""BM25: the scores of the formula, weights, and what is loaded."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.index.backend import WeightedTerm
from assistant.index.lexical import LexicalIndex

PASSAGES = [
    ["编译", "编译器", "gpu"],
    ["gpu", "gpu", "triton", "论文"],
    [],
    ["论文"],
]
STEADY = settings(derandomize=True, deadline=None, max_examples=60)
TOKEN_LISTS = st.lists(st.lists(st.sampled_from(["gpu", "论文", "a", "b", "c"]), max_size=8), min_size=1, max_size=12)


def bm25(passages: Sequence[Sequence[str]], token: str) -> list[float]:
    """Return every passage's BM25 score of ``token`` as in Lucene, k1 1.2 and b 0.6."""
    k1, b = 1.2, 0.6
    mean = sum(map(len, passages)) / len(passages)
    n = sum(token in passage for passage in passages)
    idf = math.log(1 + (len(passages) - n + 0.5) / (n + 0.5))
    counts = [(passage.count(token), len(passage)) for passage in passages]
    return [idf * tf / (tf + k1 * (1 - b + b * length / mean)) if tf else 0.0 for tf, length in counts]


@pytest.mark.parametrize("token", ["gpu", "论文", "triton", "absent", ""])
def test_a_score_is_that_of_the_formula(token: str):
    index = LexicalIndex.build(PASSAGES)
    assert index.scores([(token, 1.0)]) == pytest.approx(bm25(PASSAGES, token), abs=1e-5)


@STEADY
@given(TOKEN_LISTS)
def test_scores_are_weighted_sums_of_the_formula(passages):
    index = LexicalIndex.build(passages)
    expected = np.array(bm25(passages, "gpu")) * 0.5 + np.array(bm25(passages, "论文")) * 2.0
    assert index.scores([("gpu", 0.5), ("论文", 2.0)]) == pytest.approx(expected, abs=1e-4)
    assert index.frequency("gpu") == sum("gpu" in passage for passage in passages)


def test_passages_that_read_the_same_score_the_same():
    scores = LexicalIndex.build([["gpu", "论文"]] * 5 + [["a"]]).scores([("gpu", 1.0)])
    assert len(set(scores[:5].tolist())) == 1


def test_a_rare_token_weighs_more_than_a_frequent_one():
    index = LexicalIndex.build(PASSAGES)
    assert index.idf("absent") > index.idf("triton") > index.idf("gpu")


def test_passages_without_a_token_are_an_index_too(tmp_path: Path):
    index = LexicalIndex.build([[], []])
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, 2)
    assert loaded.scores([("gpu", 1.0)]).tolist() == [0.0, 0.0]
    assert loaded.frequency("gpu") == 0 and not loaded.vocabulary


def test_what_is_saved_is_loaded(tmp_path: Path):
    index = LexicalIndex.build(PASSAGES)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, len(PASSAGES))
    assert loaded.vocabulary == index.vocabulary
    for token in index.vocabulary:
        assert np.array_equal(loaded.scores([(token, 1.0)]), index.scores([(token, 1.0)]))
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".npy", ".json")]


def test_a_word_counts_by_its_best_alternative_alone() -> None:
    index = LexicalIndex.build(PASSAGES)
    both = index.term_scores(["gpu"], [("编译", 0.5), ("编译器", 0.9)])
    own = index.scores([("gpu", 1.0)])
    first, second = index.scores([("编译", 0.5)]), index.scores([("编译器", 0.9)])
    assert both == pytest.approx(np.maximum(own, np.maximum(first, second)))


def test_an_unknown_alternative_changes_nothing() -> None:
    index = LexicalIndex.build(PASSAGES)
    assert index.term_scores(["gpu"], [("nothing", 1.0)]) == pytest.approx(index.scores([("gpu", 1.0)]))


def test_the_best_passages_come_with_their_scores_and_those_asked_for_too() -> None:
    index = LexicalIndex.build(PASSAGES)
    terms = [WeightedTerm(1.0, ("gpu",), (("编译", 0.9),)), WeightedTerm(0.5, ("论文",), ())]
    every = index.term_scores(["gpu"], [("编译", 0.9)]) + np.float32(0.5) * index.scores([("论文", 1.0)])
    found = index.scored(terms, limit=1, also=(2, 3))
    assert found == {int(np.argmax(every)): every.max(), 2: 0.0, 3: every[3]}


def test_passages_that_score_nothing_are_not_among_the_best() -> None:
    index = LexicalIndex.build(PASSAGES)
    assert index.scored([WeightedTerm(1.0, ("triton",), ())], limit=4, also=()).keys() == {1}
    assert index.scored([WeightedTerm(1.0, ("absent",), ())], limit=4, also=()) == {}
