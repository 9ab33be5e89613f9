"""Learns what the signals of a passage count: ``python -m training.fusing --data DIR``.

Questions on sources that the embedding model never saw, but not those that it is judged by: on
what it was trained on its vectors seem to know everything. Of the passages that are read word by
word the one asked for should come first; the weights are those that make it likeliest (softmax
over the passages of a question), held back by their squares.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from scipy.optimize import minimize

from assistant.index.embedding import Embedder, load_embedder
from assistant.index.fusion import FIRST_SIGNALS, WEIGHTS_FILE
from assistant.index.likeness import SIGNALS
from training.bench import retriever_over
from training.searches import Search, fitting_searches

_QUESTIONS = 400  # of each search
_HOLDING_BACK = 0.1  # with a tenth of it encyclopedia questions lose two in a hundred
# What was set by hand before: learned scores differ as much within a question, which the answerer reckons with.
_BY_HAND = {"lexical": 0.25, "cosine": 0.2, "anywhere": 0.275, "together": 0.275}
_NAMES = (*FIRST_SIGNALS, *SIGNALS)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Examples:
    """The passages read for each question, those of one question side by side."""

    signals: np.ndarray  # (passages, signals)
    wanted: np.ndarray  # (passages,) bool; at least one and not all of a question's
    starts: np.ndarray  # (questions,)


def examples(searches: Sequence[Search], embedder: Embedder, *, limit: int = _QUESTIONS) -> Examples:
    """Ask up to ``limit`` questions of each search; those of which no wanted passage is read teach nothing."""
    signals, wanted = [], []
    for search in searches:
        retriever, parser = retriever_over(search.passages, embedder)
        chosen = Random(1).sample(range(len(search.questions)), min(limit, len(search.questions)))
        for number in sorted(chosen):
            question = search.questions[number]
            pool = retriever.candidates(question, parser.parse(question))
            first, words, read = retriever.signals(question, pool)
            right = np.array([pool.numbers[place] in search.wanted[number] for place in read])
            if right.any() and not right.all():
                signals.append(np.hstack((first[read], words)))
                wanted.append(right)
    starts = np.cumsum([0, *map(len, wanted[:-1])])
    return Examples(np.concatenate(signals).astype(float), np.concatenate(wanted), starts)


def fit(given: Examples) -> dict[str, float]:
    """Return the weight of each signal by name, and the bias."""
    lengths = np.diff(np.append(given.starts, len(given.wanted)))
    apart = _apart(given.signals, given.starts, lengths)
    spread = apart.std(axis=0) + 1e-6
    scaled = given.signals / spread

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = scaled @ weights
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, given.starts), lengths))
        total, right = (np.add.reduceat(some, given.starts) for some in (powers, powers * given.wanted))
        share = powers / np.repeat(total, lengths) - powers * given.wanted / np.repeat(right, lengths)
        slope = scaled.T @ share / len(lengths) + 2 * _HOLDING_BACK * weights
        return float(-np.log(right / total).mean() + _HOLDING_BACK * weights @ weights), slope

    found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x / spread
    by_hand = np.array([_BY_HAND.get(name, 0.0) for name in _NAMES])
    found *= (apart @ by_hand).std() / (apart @ found).std()
    bias = float((given.signals @ (by_hand - found)).mean())
    return {**dict(zip(_NAMES, found.tolist(), strict=True)), "bias": bias}


def _apart(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return how far each row is from the mean of its question."""
    means = np.add.reduceat(values, starts) / lengths[:, None]
    return values - np.repeat(means, lengths, axis=0)


def write(weights: Mapping[str, float], path: Path) -> None:
    """Write weights by name, rounded: another machine's last digit changes nothing."""
    path.write_text(json.dumps({name: round(weight, 4) for name, weight in weights.items()}, indent=1) + "\n", "utf-8")


def main() -> None:
    """Fit and write from the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.fusing", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the *.jsonl.gz files")
    parser.add_argument("--output", type=Path, default=WEIGHTS_FILE, help="file to write")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given = examples(list(fitting_searches(arguments.data).values()), load_embedder("default"))
    _log.info("%d questions, %d passages", len(given.starts), len(given.wanted))
    write(fit(given), arguments.output)


if __name__ == "__main__":
    main()
