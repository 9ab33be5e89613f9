"""Questions to one Milvus collection: nearest vectors, BM25, and both in one request."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from assistant.index.backend import WeightedTerm
from assistant.index.milvus.connection import ANSWER_TIMEOUT_S, Connection, told
from assistant.index.milvus.layout import PASSAGES
from assistant.index.milvus.rows import PassageRow, PassageRows

_K1, _B = 1.2, 0.6  # as the local index has them
_STEPS = 4  # of a weight: a word that counts a quarter is asked for once, one that counts fully four times
_SPARE = 3  # candidates taken for each that is wanted: Milvus's own scores know no alternatives
_MOST_WITH_A_WORD = 1000  # passages with one word that are looked at
_MOST_ASKED = 400  # words of one request, repetitions counted
_FIELDS = ["number", "kind", "body", "tokens", "vector"]


class MilvusVectors:
    """The vectors of one collection."""

    def __init__(self, connection: Connection, name: str, rows: PassageRows, dimension: int) -> None:
        self._connection = connection
        self._name = name
        self._rows = rows
        self.dimension = dimension

    @property
    def count(self) -> int:
        """How many vectors there are."""
        return len(self._rows)

    def search(self, query: np.ndarray, limit: int) -> list[tuple[int, float]]:
        """Return up to ``limit`` (passage number, cosine), best first, ties by number."""
        if limit < 1 or not self.count:
            return []
        with told(self._connection.where):
            hits = self._connection.client.search(
                self._name, [query.tolist()], anns_field="vector", limit=min(limit, self.count),
                search_params={"metric_type": "IP", "params": {"ef": max(128, 2 * limit)}},
                partition_names=[PASSAGES], output_fields=_FIELDS, timeout=ANSWER_TIMEOUT_S,
            )[0]  # fmt: skip
        self._rows.take([dict(hit["entity"]) for hit in hits])
        return sorted(
            ((int(hit["number"]), float(hit["distance"])) for hit in hits), key=lambda pair: (-pair[1], pair[0])
        )

    def vectors(self, numbers: np.ndarray) -> np.ndarray:
        """Return the vectors of the passages ``numbers``, (n, dim) float32."""
        found = [row.vector for row in self._rows.get(map(int, numbers))]
        return np.stack(found) if found else np.zeros((0, self.dimension), np.float32)


class MilvusWords:
    """The embedding model's tokens in each passage of one collection."""

    def __init__(self, rows: PassageRows) -> None:
        self._rows = rows

    @property
    def count(self) -> int:
        """How many passages there are."""
        return len(self._rows)

    def of(self, numbers: Iterable[int]) -> list[np.ndarray]:
        """Return the token numbers of the passages ``numbers``, int32, in reading order."""
        return [row.words for row in self._rows.get(numbers)]


class MilvusLexical:
    """BM25 over one collection: Milvus names the candidates, and they are scored as locally.

    Its own scores know no alternatives to a word and, in Milvus Lite, take each segment for the
    whole; from the stored tokens and the document frequencies the same score comes out everywhere.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        rows: PassageRows,
        frequencies: Mapping[str, int],
        mean_tokens: float,
    ) -> None:
        self._connection = connection
        self._name = name
        self._rows = rows
        self._frequencies = frequencies
        self._mean_tokens = mean_tokens

    @property
    def passage_count(self) -> int:
        """How many passages there are."""
        return len(self._rows)

    @property
    def vocabulary(self) -> Collection[str]:
        """Every token."""
        return self._frequencies.keys()

    def frequency(self, token: str) -> int:
        """Return how many passages contain ``token``."""
        return self._frequencies.get(token, 0)

    def idf(self, token: str) -> float:
        """Return the token's inverse document frequency, as in Lucene; highest where unknown."""
        n = self.frequency(token)
        return math.log(1 + (self.passage_count - n + 0.5) / (n + 0.5))

    def passages_with(self, token: str) -> tuple[int, ...]:
        """Return the numbers of passages that contain ``token``, ascending; of very many the best."""
        if not self.frequency(token):
            return ()
        numbers = self._candidates([token], _MOST_WITH_A_WORD)
        found = zip(numbers, self._rows.get(numbers), strict=True)
        return tuple(sorted(number for number, row in found if token in row.tokens))

    def scored(self, terms: Sequence[WeightedTerm], *, limit: int, also: Iterable[int]) -> dict[int, float]:
        """Return passage number → BM25 score, of the ``limit`` best candidates and of those of ``also``."""
        also = list(also)
        numbers = self._candidates(self._asked(terms), _SPARE * limit) if limit else []
        numbers = list(dict.fromkeys((*numbers, *also)))
        scores = dict(zip(numbers, (self._score(row, terms) for row in self._rows.get(numbers)), strict=True))
        positive = (number for number in numbers if scores[number] > 0)
        best = sorted(positive, key=lambda number: (-scores[number], number))[:limit]
        return {number: scores[number] for number in (*best, *also)}

    def _asked(self, terms: Sequence[WeightedTerm]) -> list[str]:
        """Return the words to search for, each as often as it counts."""
        weights: dict[str, float] = {}
        for term in terms:
            for token, weight in (*((token, 1.0) for token in term.tokens), *term.alternatives):
                if self.frequency(token):
                    weights[token] = max(weights.get(token, 0.0), term.weight * weight)
        heavy = sorted(weights, key=lambda token: -weights[token] * self.idf(token))
        return [token for token in heavy for _ in range(max(1, round(_STEPS * weights[token])))][:_MOST_ASKED]

    def _candidates(self, words: Sequence[str], limit: int) -> list[int]:
        if not words:
            return []
        with told(self._connection.where):
            hits = self._connection.client.search(
                self._name, [" ".join(words)], anns_field="bm25", limit=limit,
                search_params={"metric_type": "BM25"}, partition_names=[PASSAGES], output_fields=_FIELDS,
                timeout=ANSWER_TIMEOUT_S,
            )[0]  # fmt: skip
        return self._rows.take([dict(hit["entity"]) for hit in hits])

    def _score(self, row: PassageRow, terms: Sequence[WeightedTerm]) -> float:
        counts = Counter(row.tokens)
        norm = _K1 * ((1 - _B) + _B * len(row.tokens) / self._mean_tokens)
        total = np.float32(0)
        for term in terms:
            own = np.float32(0)
            for token in term.tokens:
                own += self._token_score(token, counts[token], norm)
            for token, weight in term.alternatives:
                own = max(own, np.float32(weight) * self._token_score(token, counts[token], norm))
            total += np.float32(term.weight) * own
        return float(total)

    def _token_score(self, token: str, count: int, norm: float) -> np.float32:
        if not count:
            return np.float32(0)
        return np.float32(self.idf(token)) * np.float32(count / (norm + count))
