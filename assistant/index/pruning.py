"""The best passages for weighted terms, without scoring every passage that holds a frequent one."""

from collections.abc import Callable, Sequence

import numpy as np

from assistant.index.backend import WeightedTerm

_SLACK = 1.0001  # of a bound: sums in another order differ in their last bits

Column = tuple[np.ndarray, np.ndarray]  # passage numbers ascending, their scores
ColumnOf = Callable[[str], Column | None]


class TermColumns:
    """One term's columns: those of its own tokens, summed, and the weighted alternatives to them."""

    def __init__(self, term: WeightedTerm, column_of: ColumnOf) -> None:
        self.weight = np.float32(term.weight)
        self._own = [found for token in term.tokens if (found := column_of(token))]
        self._others = [
            (*found, np.float32(weight)) for token, weight in term.alternatives if (found := column_of(token))
        ]
        most = sum(float(scores.max()) for _, scores in self._own)
        others = (float(weight * scores.max()) for _, scores, weight in self._others)
        self.most = float(self.weight) * max(most, max(others, default=0.0))

    def add_to(self, total: np.ndarray, scratch: np.ndarray) -> list[np.ndarray]:
        """Add the term's scores to ``total``; returns the passages that had none yet, each once.

        ``scratch``: as long as ``total``, all zeros before and after.
        """
        for passages, scores in self._own:
            scratch[passages] += scores
        for passages, scores, weight in self._others:
            scratch[passages] = np.maximum(scratch[passages], weight * scores)
        fresh = []
        for passages, *_ in (*self._own, *self._others):
            fresh.append(passages[(total[passages] == 0) & (scratch[passages] > 0)])
            total[passages] += self.weight * scratch[passages]
            scratch[passages] = 0  # a passage that stands in another column too is not counted again
        return fresh

    def of(self, passages: np.ndarray) -> np.ndarray:
        """Return the term's score of each of ``passages``, ascending, (n,) float32."""
        best = np.zeros(len(passages), np.float32)
        for numbers, scores in self._own:
            best += _looked_up(numbers, scores, passages)
        for numbers, scores, weight in self._others:
            best = np.maximum(best, weight * _looked_up(numbers, scores, passages))
        return self.weight * best


def best_passages(terms: Sequence[TermColumns], count: int, limit: int) -> np.ndarray:
    """Return the ``limit`` passages of ``count`` that score most, ascending, int32; ties by number.

    Terms that can still add most are summed first. Once what the others could add to a passage
    that has none of these would not bring it among the best, only the passages already met are
    looked up in the others (MaxScore: Turtle & Flood, 1995).
    """
    ordered = sorted((term for term in terms if term.most > 0), key=lambda term: -term.most)
    rest = np.cumsum([0.0, *(term.most for term in reversed(ordered))])[::-1] * _SLACK
    total, scratch = np.zeros(count, np.float32), np.zeros(count, np.float32)
    met = np.zeros(0, np.int32)
    least, done = 0.0, 0
    for done, term in enumerate(ordered):
        if least > rest[done]:
            break
        met = np.concatenate([met, *term.add_to(total, scratch)])
        least = _least_of_best(total[met], limit)
    else:
        done = len(ordered)
    scores = total[met]
    for number in range(done, len(ordered)):
        near = scores + np.float32(rest[number]) >= least
        met, scores = met[near], scores[near]
        order = np.argsort(met)
        met, scores = met[order], scores[order] + ordered[number].of(met[order])
        least = _least_of_best(scores, limit)
    order = np.lexsort((met, -scores))[:limit] if len(met) <= limit else _best_places(met, scores, limit)
    return np.sort(met[order])


def _best_places(met: np.ndarray, scores: np.ndarray, limit: int) -> np.ndarray:
    near = np.flatnonzero(scores >= _least_of_best(scores, limit))
    return near[np.lexsort((met[near], -scores[near]))[:limit]]


def _least_of_best(scores: np.ndarray, limit: int) -> float:
    """Return the ``limit``-th highest score; 0 where there are fewer."""
    if len(scores) < limit:
        return 0.0
    return float(np.partition(scores, len(scores) - limit)[len(scores) - limit])


def _looked_up(numbers: np.ndarray, scores: np.ndarray, passages: np.ndarray) -> np.ndarray:
    places = np.minimum(np.searchsorted(numbers, passages), len(numbers) - 1)
    return np.where(numbers[places] == passages, scores[places], np.float32(0))
