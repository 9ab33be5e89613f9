"""The parts of training that can be wrong without anyone noticing."""

import numpy as np
import pytest
import torch

from training.data import is_held_out, split_first_sentence
from training.evaluate import judge
from training.export import quantize
from training.tasks import TokenStore
from training.train import RowAdam, _contrast
from training.translation import TokenPairs, best_translations, learn_links


@pytest.mark.parametrize(
    ("source", "held_out"),
    [
        ("espressif/esp-faq", True),
        ("docs espressif/esp-faq", True),
        ("DRCKnowledgeTeam/DRCD test", True),
        ("DRCKnowledgeTeam/DRCD dev", False),
        ("espressif/esp-idf", False),
    ],
)
def test_a_source_is_held_out_under_both_its_names(source: str, held_out: bool):
    assert is_held_out(source) == held_out


def test_the_first_sentence_is_cut_off():
    assert split_first_sentence("编译器把代码变成程序。它很快。") == ("编译器把代码变成程序。", "它很快。")
    assert split_first_sentence("No end here") == ("No end here", "")


def test_the_gradient_is_that_of_the_loss():
    torch.manual_seed(1)
    sums = torch.randn(16, 6, dtype=torch.float64)
    same = torch.zeros(8, 8, dtype=torch.bool)
    same[0, 3] = True
    _, gradient = _contrast(sums, same, 0.1)
    nudge = torch.zeros_like(sums)
    nudge[2, 4] = 1e-5
    up, down = (_contrast(sums + sign * nudge, same, 0.1)[0] for sign in (1, -1))
    assert float(gradient[2, 4]) == pytest.approx((up - down) / 2e-5, rel=1e-4)


def test_only_the_rows_of_a_batch_move():
    optimizer = RowAdam(torch.ones(4, 3))
    optimizer.step(torch.tensor([1, 3]), torch.ones(2, 3), 0.1)
    moved = (optimizer.weights != 1).any(dim=1)
    assert moved.tolist() == [False, True, False, True]


def test_rows_of_several_parts_are_taken_in_order():
    store = TokenStore(np.array([5, 6, 7, 8], np.int32), np.array([0, 2, 2, 3, 4]), np.arange(4))
    ids, lengths = store.take(np.array([[3, 0], [1, 2]]))
    assert ids.tolist() == [8, 5, 6, 7]
    assert lengths.tolist() == [3, 1]


def test_quantized_rows_come_back_nearly_whole():
    weights = np.random.default_rng(1).standard_normal((20, 8)).astype(np.float32)
    weights[3] = 0
    rows, scales = quantize(weights)
    assert np.abs(rows * scales[:, None] - weights).max() <= np.abs(weights).max() / 250


def test_words_that_go_together_translate_each_other():
    english = [[0, 1], [0, 2], [1, 2], [0], [1]]  # 0 the, 1 paper, 2 team: the same in Chinese
    tokens = np.concatenate(english).astype(np.int32)
    lengths = np.array([len(sentence) for sentence in english])
    names = ["a", "b", "c"]
    pairs = TokenPairs((names, names), (tokens, tokens), (lengths, lengths), np.ones(5, np.float32))
    term, target, weight = best_translations(learn_links(pairs), to_chinese=True)
    best = {int(t): int(u) for t, u, w in zip(term, target, weight, strict=True) if w == 1}
    assert best == {0: 0, 1: 1, 2: 2}


def test_of_equal_scores_the_earlier_passage_wins():
    score = judge(np.array([[1.0, 1.0, 0.5]] * 2), [frozenset((0,)), frozenset((1,))])
    assert (score.first, score.five, score.mrr) == (0.5, 1.0, 0.75)


def test_of_several_wanted_passages_the_best_counts():
    score = judge(np.array([[0.1, 0.9, 1.0]]), [frozenset((0, 1))])
    assert (score.first, score.mrr) == (0.0, 0.5)
