"""The best of very many passages for weighted terms, frequent words looked up for a short list only."""

from collections.abc import Callable, Sequence

import numpy as np

from assistant.index.backend import WeightedTerm

_SPARE = 360  # passages scored exactly besides as many as are asked for
_MOST_READ = 400_000  # scores of words beyond each term's most telling one: some 4 ms

Column = tuple[np.ndarray, np.ndarray]  # passage numbers ascending, their scores
ColumnOf = Callable[[str], Column | None]


class TermColumns:
    """One term's columns: those of its own tokens, summed, and the weighted alternatives to them."""

    def __init__(self, term: WeightedTerm, column_of: ColumnOf) -> None:
        self._weight = np.float32(term.weight)
        self._own = [found for token in term.tokens if (found := column_of(token))]
        self._others = [
            (*found, np.float32(weight)) for token, weight in term.alternatives if (found := column_of(token))
        ]

    def weighted(self) -> list[tuple[float, Column, np.float32]]:
        """Return (the most it adds, column, weight) of each column, the most telling first."""
        every = [(column, self._weight) for column in self._own]
        every += [((passages, scores), self._weight * weight) for passages, scores, weight in self._others]
        found = [(float(weight * column[1].max()), column, weight) for column, weight in every]
        return sorted(found, key=lambda one: -one[0])

    def of(self, passages: np.ndarray) -> np.ndarray:
        """Return the term's score of each of ``passages``, ascending, (n,) float32."""
        best = np.zeros(len(passages), np.float32)
        for numbers, scores in self._own:
            best += _looked_up(numbers, scores, passages)
        for numbers, scores, weight in self._others:
            best = np.maximum(best, weight * _looked_up(numbers, scores, passages))
        return self._weight * best


def shortlist(terms: Sequence[TermColumns], count: int, limit: int) -> np.ndarray:
    """Return which of ``count`` passages may be the ``limit`` best, ascending, int32; a few hundred more.

    Of every term the most telling column is read, then others as long as they are few: rare words
    tell most and take least. A passage is on the list by the sum of what was read (MaxScore's idea,
    Turtle & Flood 1995, with a bound on the work in place of its proof).
    """
    columns = [term.weighted() for term in terms]
    chosen = [found[0] for found in columns if found]
    room = _MOST_READ
    for one in sorted((one for found in columns for one in found[1:]), key=lambda one: -one[0]):
        room -= len(one[1][0])
        if room > 0:
            chosen.append(one)
    total = np.zeros(count, np.float32)
    for _, (passages, scores), weight in chosen:
        total[passages] += weight * scores
    kept, wanted = _Best(limit + _SPARE), sorted(chosen, key=lambda one: -one[0])
    for _, (passages, _), _ in wanted:
        kept.take(passages, total[passages])
        total[passages] = 0  # a passage that stands in another column too is taken once
    return np.sort(kept.passages)


class _Best:
    """The passages that score most, of those that come a column at a time."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.passages = np.zeros(0, np.int32)
        self._scores = np.zeros(0, np.float32)
        self._least = np.float32(0)

    def take(self, passages: np.ndarray, scores: np.ndarray) -> None:
        near = np.flatnonzero(scores > self._least)
        self.passages = np.concatenate([self.passages, passages[near]])
        self._scores = np.concatenate([self._scores, scores[near]])
        if len(self.passages) > self._limit:
            best = np.argpartition(self._scores, -self._limit)[-self._limit :]
            self.passages, self._scores = self.passages[best], self._scores[best]
            self._least = self._scores.min()


def _looked_up(numbers: np.ndarray, scores: np.ndarray, passages: np.ndarray) -> np.ndarray:
    places = np.minimum(np.searchsorted(numbers, passages), len(numbers) - 1)
    return np.where(numbers[places] == passages, scores[places], np.float32(0))
