"""BM25 over search tokens, with weighted query terms."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from assistant.index import bm25, disk
from assistant.index.backend import Vectors, WeightedTerm
from assistant.index.pruning import Column, TermColumns, shortlist
from assistant.index.ranking import best
from assistant.index.tokens import TokenLists

_VOCABULARY = "vocabulary.json"
_ARRAYS = ("data", "indices", "indptr")
_MANY = 50_000  # passages from which not every one is scored


class LexicalIndex:
    """An inverted index of BM25 scores: one column of (passage, score) a token.

    Every token's score in every passage is computed when the index is built; a query sums the
    columns of its tokens.
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        data: np.ndarray,
        indices: np.ndarray,
        indptr: np.ndarray,
        passage_count: int,
    ) -> None:
        self._vocabulary = vocabulary
        self._data = data  # (entries,) float32
        self._indices = indices  # (entries,) int32, passage numbers
        self._indptr = indptr  # (tokens + 1,) int64
        self.passage_count = passage_count

    @classmethod
    def build(cls, token_lists: Sequence[Sequence[str]]) -> "LexicalIndex":
        """Index passages given as tokens."""
        lists = token_lists if isinstance(token_lists, TokenLists) else TokenLists.of(token_lists)
        vocabulary = {token: number for number, token in enumerate(lists.vocabulary)}
        columns = bm25.score(lists)
        return cls(vocabulary, columns.data, columns.indices, columns.starts, len(lists))

    @classmethod
    def load(cls, folder: Path, passage_count: int) -> "LexicalIndex":
        """Load what ``save`` wrote."""
        vocabulary = {t: i for i, t in enumerate(json.loads((folder / _VOCABULARY).read_text("utf-8")))}
        arrays = [disk.array(folder / f"{name}.npy") for name in _ARRAYS]
        return cls(vocabulary, *arrays, passage_count)

    def save(self, folder: Path) -> dict[str, str]:
        """Write the index into an existing, empty folder; returns each file's SHA-256. Raises OSError."""
        tokens = json.dumps(list(self._vocabulary), ensure_ascii=False)
        digests = {_VOCABULARY: disk.write(folder / _VOCABULARY, tokens.encode())}
        for name, array in zip(_ARRAYS, (self._data, self._indices, self._indptr), strict=True):
            with disk.writing(folder / f"{name}.npy") as sink:
                np.lib.format.write_array(sink, np.asarray(array), allow_pickle=False)
                digests[f"{name}.npy"] = sink.digest
        return digests

    def scored(self, terms: Sequence[WeightedTerm], *, limit: int, also: Iterable[int]) -> dict[int, float]:
        """Return passage number → score, of the ``limit`` best passages and of those of ``also``.

        Against the sum over all alternatives, the best of each term raised R@1 across languages from
        .31 to .34 on sources that training never saw, and lost nothing within a language.
        """
        if self.passage_count < _MANY:
            total = np.zeros(self.passage_count, np.float32)
            for term in terms:
                total += np.float32(term.weight) * self.term_scores(term.tokens, term.alternatives)
            return {number: float(total[number]) for number in (*best(total, limit), *also)}
        columns = [TermColumns(term, self._column) for term in terms]
        near = shortlist(columns, self.passage_count, limit) if limit else np.zeros(0, np.int32)
        asked = np.fromiter(also, np.int32)
        wanted = np.union1d(near, asked)
        scores = np.zeros(len(wanted), np.float32)
        for column in columns:
            scores += column.of(wanted)
        listed = np.searchsorted(wanted, near)
        found = [listed[place] for place in best(scores[listed], limit)]
        found += np.searchsorted(wanted, asked).tolist()
        return {int(wanted[place]): float(scores[place]) for place in found}

    def with_nearest(
        self, terms: Sequence[WeightedTerm], vectors: Vectors, query: np.ndarray, *, limit: int
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Return passage number → score and passage number → cosine of the best by either."""
        nearest = dict(vectors.search(query, limit))
        return self.scored(terms, limit=limit, also=nearest), nearest

    def scores(self, weighted_tokens: Sequence[tuple[str, float]]) -> np.ndarray:
        """Return each passage's BM25 score, (passages,) float32: weight times score, summed."""
        total = np.zeros(self.passage_count, np.float32)
        for token, weight in weighted_tokens:
            if column := self._column(token):
                passages, scores = column
                total[passages] += np.float32(weight) * scores
        return total

    def term_scores(
        self, own: Sequence[str], alternatives: Sequence[tuple[str, float]]
    ) -> np.ndarray:
        """Return each passage's score for one word, (passages,) float32.

        It is the sum over the word's ``own`` tokens, or that of the best of its weighted
        ``alternatives`` where that is higher: a passage with three translations of one word does
        not say it three times.
        """
        most = self.scores([(token, 1.0) for token in own])
        for token, weight in alternatives:
            if column := self._column(token):
                passages, scores = column
                most[passages] = np.maximum(most[passages], np.float32(weight) * scores)
        return most

    def frequency(self, token: str) -> int:
        """Return how many passages contain ``token``."""
        number = self._vocabulary.get(token)
        return 0 if number is None else int(self._indptr[number + 1] - self._indptr[number])

    def passages_with(self, token: str) -> tuple[int, ...]:
        """Return the numbers of the passages that contain ``token``, ascending."""
        column = self._column(token)
        return tuple(column[0].tolist()) if column else ()

    def idf(self, token: str) -> float:
        """Return the token's inverse document frequency, as in Lucene; highest where unknown."""
        n = self.frequency(token)
        return float(np.log(1 + (self.passage_count - n + 0.5) / (n + 0.5)))

    @property
    def vocabulary(self) -> dict[str, int]:
        """Every token and its number."""
        return self._vocabulary

    def _column(self, token: str) -> Column | None:
        number = self._vocabulary.get(token)
        if number is None:
            return None
        part = slice(self._indptr[number], self._indptr[number + 1])
        return self._indices[part], self._data[part]
