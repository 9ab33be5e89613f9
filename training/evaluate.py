"""Parts of retrieval on sources that training never saw, by kind of question and language pair."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.index.embedding import Embedder
from assistant.index.lexical import LexicalIndex
from assistant.index.translation import TermTranslator
from assistant.text import tokenize
from training.searches import Search

_DENSE_WEIGHT = 0.6  # of the fused score, as measured in README.md


@dataclass(frozen=True)
class Score:
    """Share of questions whose passage comes first, or among the first five; mean 1 / rank."""

    first: float
    five: float
    mrr: float


def dense_scores(search: Search, embedder: Embedder) -> np.ndarray:
    """Return (questions, passages) cosines."""
    return embedder.encode(search.questions) @ embedder.encode(search.passages).T


def lexical_scores(
    search: Search, translator: TermTranslator | None, *, batch: Sequence[Sequence[str]] = ()
) -> np.ndarray:
    """Return (questions, passages) BM25 scores, each word by itself or its best translation."""
    index = LexicalIndex.build(batch or [tokenize(passage) for passage in search.passages])
    scores = np.zeros((len(search.questions), len(search.passages)), np.float32)
    for row, question in zip(scores, search.questions, strict=True):
        for token in dict.fromkeys(tokenize(question)):
            alternatives = [index.scores([(token, 1.0)])]
            if translator is not None:
                for term, weight in translator.translate([token]):
                    alternatives.append(index.scores([(term, weight)]))
            row += np.max(alternatives, axis=0)
    return scores


def fused_scores(lexical: np.ndarray, dense: np.ndarray) -> np.ndarray:
    """Return both as one: the lexical score as a share of the question's best."""
    best = np.maximum(lexical.max(axis=1, keepdims=True), 1e-6)
    return (1 - _DENSE_WEIGHT) * lexical / best + _DENSE_WEIGHT * np.maximum(dense, 0)


def judge(scores: np.ndarray, wanted: Sequence[frozenset[int]]) -> Score:
    """Return how high the best of the wanted passages stands; of equal scores the earlier passage wins."""
    ranks = []
    for row, numbers in zip(scores, wanted, strict=True):
        own = max(row[number] for number in numbers)
        place = min(number for number in numbers if row[number] == own)
        ranks.append(int((row > own).sum() + (row[:place] == own).sum()))
    rank = np.array(ranks)
    return Score(float((rank < 1).mean()), float((rank < 5).mean()), float((1 / (rank + 1)).mean()))
