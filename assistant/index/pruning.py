"""The best of very many passages for weighted terms, frequent words looked up for a short list only."""

from collections.abc import Callable, Sequence

import numpy as np

from assistant.index.backend import WeightedTerm

_SPARE = 360  # passages scored exactly besides as many as are asked for
_MOST_READ = 200_000  # scores of words beyond each term's most telling one: some 2 ms

Column = tuple[np.ndarray, np.ndarray]  # passage numbers ascending, their scores
ColumnOf = Callable[[str], Column | None]


class WeightedColumn:
    """The passages with one token, and what it adds to their scores."""

    def __init__(self, passages: np.ndarray, scores: np.ndarray, weight: np.float32, *, is_own: bool) -> None:
        self.passages = passages
        self.scores = scores
        self.weight = weight
        self.is_own = is_own  # the term's own token, nothing that stands for it
        self.most = float(weight * scores.max())


class TermColumns:
    """One term's columns: those of its own tokens, summed, and the weighted alternatives to them."""

    def __init__(self, term: WeightedTerm, column_of: ColumnOf) -> None:
        self._weight = np.float32(term.weight)
        self._own = [found for token in term.tokens if (found := column_of(token))]
        self._others = [
            (*found, np.float32(weight)) for token, weight in term.alternatives if (found := column_of(token))
        ]

    def chosen(self) -> list["WeightedColumn"]:
        """Return the columns, the most telling first."""
        every = [WeightedColumn(*column, self._weight, is_own=True) for column in self._own]
        every += [
            WeightedColumn(passages, scores, self._weight * weight, is_own=False)
            for passages, scores, weight in self._others
        ]
        return sorted(every, key=lambda column: -column.most)

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
    columns = [term.chosen() for term in terms]
    room, read = _MOST_READ, {id(found[0]) for found in columns if found}
    for column in sorted((one for found in columns for one in found[1:]), key=lambda column: -column.most):
        room -= len(column.passages)
        if room > 0:
            read.add(id(column))
    # Of each passage, which term was met last: by own tokens, whose scores are summed, or by another.
    total, met_by_own, met_by_other = np.zeros(count, np.float32), *np.zeros((2, count), np.int16)
    for number, found in enumerate(columns, start=1):
        for column in (one for one in found if id(one) in read):
            new = met_by_other[column.passages] != number
            if not column.is_own:
                new &= met_by_own[column.passages] != number
            passages = column.passages[new]
            total[passages] += column.weight * column.scores[new]
            (met_by_own if column.is_own else met_by_other)[passages] = number
    kept = _Best(limit + _SPARE)
    every = [column for found in columns for column in found if id(column) in read]
    for column in sorted(every, key=lambda column: -column.most):
        kept.take(column.passages, total[column.passages])
        total[column.passages] = 0  # a passage that stands in another column too is taken once
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
