"""Weights that are learned from which passage is asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.index.embedding import load_embedder
from assistant.index.fusion import FIRST_SIGNALS, Fusion
from assistant.index.likeness import SIGNALS
from training.fusing import Examples, examples, fit, write
from training.searches import Search

NAMES = (*FIRST_SIGNALS, *SIGNALS)
PASSAGES = (
    "网球比赛由多盘组成，选手每个单数局结束后交换场地。",
    "恒星的寿命取决于它的质量。",
    "食堂每天中午十一点开门，周末休息。",
)


def drawn(telling: str) -> Examples:
    """Return questions of four passages each, of which the one with most of one signal is wanted."""
    signals = np.random.default_rng(1).random((400, len(NAMES)))
    starts = np.arange(0, 400, 4)
    wanted = np.zeros(400, bool)
    wanted[starts + signals[:, NAMES.index(telling)].reshape(-1, 4).argmax(axis=1)] = True
    return Examples(signals, wanted, starts)


@pytest.mark.parametrize("telling", NAMES)
def test_the_signal_that_tells_the_wanted_passage_weighs_most(telling: str):
    weights = fit(drawn(telling))
    assert max(NAMES, key=weights.__getitem__) == telling


def test_learned_scores_differ_as_much_as_those_set_by_hand():
    given = drawn("cosine")
    weights = fit(given)
    scores = given.signals @ np.array([weights[name] for name in NAMES]) + weights["bias"]
    by_hand = given.signals[:, : len(FIRST_SIGNALS) + 2] @ np.array([0.25, 0.2, 0.275, 0.275])
    assert scores.mean() == pytest.approx(by_hand.mean())


def test_what_is_written_is_what_the_assistant_reads(tmp_path: Path):
    weights = fit(drawn("telling"))
    write(weights, tmp_path / "fusion.json")
    fusion = Fusion.load(tmp_path / "fusion.json")
    assert fusion.words[SIGNALS.index("telling")] == pytest.approx(weights["telling"], abs=1e-4)
    assert json.loads((tmp_path / "fusion.json").read_text("utf-8"))["bias"] == round(weights["bias"], 4)


def test_questions_that_find_their_passage_among_others_are_examples():
    search = Search(["When does the canteen open?", "恒星能活多久？"], PASSAGES, [frozenset((2,)), frozenset((1,))])
    given = examples([search], load_embedder("default"))
    assert given.signals.shape == (len(given.wanted), len(NAMES))
    assert given.wanted.sum() == len(given.starts) == 2
