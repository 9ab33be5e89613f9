"""Questions to one Milvus collection: nearest vectors, BM25, and both in one request."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.index.backend import Vectors, WeightedTerm
from assistant.index.milvus.connection import ANSWER_TIMEOUT_S, Connection, told
from assistant.index.milvus.layout import PASSAGES
from assistant.index.milvus.rows import PassageRow, PassageRows

_K1, _B = 1.2, 0.6  # as the local index has them
_STEPS = 4  # of a weight: a word that counts a quarter is asked for once, one that counts fully four times
_SPARE = 80  # candidates taken beside those that are wanted: Milvus's own scores know no alternatives
_MOST_WITH_A_WORD = 1000  # passages with one word that are looked at
_MOST_ASKED = 400  # words of one request, repetitions counted
_FIELDS = ["number", "kind", "body", "tokens", "vector"]


@dataclass(frozen=True)
class _KnownTerm:
    """A term's words that the index has, each with what a passage full of it would score."""

    weight: float
    own: tuple[tuple[str, float], ...]
    others: tuple[tuple[str, float], ...]


def nearest_params(limit: int) -> dict:
    """Return how the nearest ``limit`` vectors are looked for: of a graph so widely that nearly all are found."""
    return {"metric_type": "IP", "params": {"ef": max(128, 3 * limit)}}


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
                search_params=nearest_params(limit),
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
        return tuple(sorted(number for number, row in found if token in row.counts))

    def scored(self, terms: Sequence[WeightedTerm], *, limit: int, also: Iterable[int]) -> dict[int, float]:
        """Return passage number → BM25 score, of the ``limit`` best candidates and of those of ``also``."""
        also = list(also)
        numbers = self._candidates(self._asked(terms), limit + _SPARE) if limit else []
        return self._best(terms, list(dict.fromkeys((*numbers, *also))), limit, also)

    def with_nearest(
        self, terms: Sequence[WeightedTerm], vectors: Vectors, query: np.ndarray, *, limit: int
    ) -> tuple[dict[int, float], dict[int, float]]:
        """Return passage number → score and passage number → cosine of the best by either, in one request."""
        words = self._asked(terms)
        if not words or not self.passage_count:
            nearest = dict(vectors.search(query, limit))
            return dict.fromkeys(nearest, 0.0), nearest
        numbers = self._together(words, query, limit)
        cosines = vectors.vectors(np.asarray(numbers)) @ query
        nearest = sorted(zip(numbers, map(float, cosines), strict=True), key=lambda pair: (-pair[1], pair[0]))[:limit]
        return self._best(terms, numbers, limit, [number for number, _ in nearest]), dict(nearest)

    def _together(self, words: Sequence[str], query: np.ndarray, limit: int) -> list[int]:
        """Return the candidates of both kinds; all of both, so that how Milvus fuses them is no matter."""
        from pymilvus import AnnSearchRequest, RRFRanker

        spare = min(limit + _SPARE, self.passage_count)
        near = min(limit, self.passage_count)
        requests = [
            AnnSearchRequest([query.tolist()], "vector", nearest_params(limit), near),
            AnnSearchRequest([" ".join(words)], "bm25", {"metric_type": "BM25"}, spare),
        ]
        with told(self._connection.where):
            hits = self._connection.client.hybrid_search(
                self._name, requests, RRFRanker(), limit=near + spare, partition_names=[PASSAGES],
                output_fields=_FIELDS, timeout=ANSWER_TIMEOUT_S,
            )[0]  # fmt: skip
        return self._rows.take([dict(hit["entity"]) for hit in hits])

    def _best(
        self, terms: Sequence[WeightedTerm], numbers: Sequence[int], limit: int, also: Sequence[int]
    ) -> dict[int, float]:
        known = [self._known(term) for term in terms]
        scores = {n: self._score(row, known) for n, row in zip(numbers, self._rows.get(numbers), strict=True)}
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

    def _known(self, term: WeightedTerm) -> _KnownTerm:
        own = tuple((token, self.idf(token)) for token in term.tokens if self.frequency(token))
        others = tuple((t, weight * self.idf(t)) for t, weight in term.alternatives if self.frequency(t))
        return _KnownTerm(term.weight, own, others)

    def _score(self, row: PassageRow, terms: Sequence[_KnownTerm]) -> float:
        counts = row.counts
        norm = _K1 * ((1 - _B) + _B * row.length / self._mean_tokens)
        total = 0.0
        for term in terms:
            score = 0.0
            for token, rarity in term.own:
                if count := counts.get(token):
                    score += rarity * count / (norm + count)
            for token, rarity in term.others:
                if count := counts.get(token):
                    score = max(score, rarity * count / (norm + count))
            total += term.weight * score
        return total
