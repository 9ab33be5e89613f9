"""A question → the passages that may answer it: lexical and dense ranks, fused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.index.backend import Lexical, WeightedTerm
from assistant.index.embedding import Embedder
from assistant.index.fusion import shipped_fusion
from assistant.index.likeness import SIGNALS
from assistant.index.ranking import best
from assistant.index.store import Generation
from assistant.query import Term
from assistant.schema import Hit
from assistant.text import tokenize

_POOL = 40  # candidates taken from each side before they are ranked by everything
_MOST_RANKED = 2000  # passages that are ranked because someone asks for them
_READ = 24  # of the candidates, the best by the first two are compared word by word
# Of the words and of the cosine, in what is read and where the embedding model has no words.
_UNREAD_WEIGHTS = np.array((5, 4), np.float32) / 9
_ROLE_WEIGHTS = {"content": 1.0, "self": 0.35, "filler": 0.25}
_ORPHAN_FACTOR = 0.9  # an unpublished page stands behind its published twin


class Retriever:
    """Searches one generation."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self._generation = generation
        self._embedder = embedder

    def search(self, text: str, terms: Sequence[Term], *, limit: int) -> tuple[Hit, ...]:
        """Return up to ``limit`` hits for a question and its terms, ties in corpus order."""
        return self._ranked(text, terms, (), limit)

    def rank(
        self, text: str, terms: Sequence[Term], numbers: Sequence[int], *, limit: int
    ) -> tuple[Hit, ...]:
        """Return the best of the passages ``numbers``, ranked as ``search`` ranks.

        Of very many, those are ranked that are among the best by their words.
        """
        if len(numbers) > _MOST_RANKED:
            best_words = self._generation.lexical.scored(_weighted(terms), limit=_MOST_RANKED, also=())
            numbers = sorted(best_words.keys() & set(numbers)) or numbers[:_MOST_RANKED]
        return self._ranked(text, terms, numbers, limit) if numbers else ()

    def containing(self, word: str, *, limit: int) -> tuple[int, ...]:
        """Return the numbers of the passages that contain ``word``, in corpus order.

        Of more than ``limit`` those that are most about it.
        """
        tokens, index = tuple(tokenize(word)[:1]), self._generation.lexical
        if tokens and index.frequency(tokens[0]) > limit:
            return tuple(sorted(index.scored([WeightedTerm(1.0, tokens, ())], limit=limit, also=())))
        return index.passages_with(tokens[0]) if tokens else ()

    def candidates(self, text: str, terms: Sequence[Term], numbers: Sequence[int] = ()) -> "Candidates":
        """Return the passages ``numbers``, else those that are among the best by words or by meaning."""
        index, vectors = self._generation.lexical, self._generation.vectors
        vector = self._embedder.encode([text])[0]
        dense = dict[int, float]()
        if numbers:
            found = index.scored(_weighted(terms), limit=0, also=numbers)
        else:
            found, dense = index.with_nearest(_weighted(terms), vectors, vector, limit=_POOL)
        pool = sorted(found)
        missing = [number for number in pool if number not in dense]
        if missing:
            cosines = vectors.vectors(np.asarray(missing)) @ vector
            dense.update(zip(missing, map(float, cosines), strict=True))
        lexical = np.array([found[number] for number in pool], np.float32) / _ideal(terms, index)
        return Candidates(pool, lexical, np.array([dense[number] for number in pool]))

    def signals(self, text: str, pool: "Candidates") -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Return ``FIRST_SIGNALS`` of every candidate, ``likeness.SIGNALS`` of those read, and their places."""
        shares = pool.lexical / max(float(pool.lexical.max()), 1e-6)
        first = np.stack((shares, np.maximum(pool.dense, 0)), axis=1).astype(np.float32)
        read = sorted(best(first @ _UNREAD_WEIGHTS, _READ))
        words = self._generation.words.of([pool.numbers[place] for place in read])
        if not any(map(len, words)):
            return first, np.zeros((0, len(SIGNALS)), np.float32), []
        return first, self._embedder.likeness(text, words), read

    def _ranked(
        self, text: str, terms: Sequence[Term], numbers: Sequence[int], limit: int
    ) -> tuple[Hit, ...]:
        passages = self._generation.passages
        if not passages:
            return ()
        pool = self.candidates(text, terms, numbers)
        published = self._generation.outline.published(pool.numbers)
        factors = (1 if is_published else _ORPHAN_FACTOR for is_published in published)
        scores = self._fused(text, pool).tolist()
        weighed = (round(score * factor, 6) for score, factor in zip(scores, factors, strict=True))
        columns = (weighed, pool.numbers, pool.lexical.tolist(), pool.dense.tolist())
        ranked = sorted(zip(*columns, strict=True), key=lambda hit: (-hit[0], hit[1]))
        return tuple(Hit(passages[number], score, words, dense) for score, number, words, dense in ranked[:limit])

    def _fused(self, text: str, pool: "Candidates") -> np.ndarray:
        """Return one score of each candidate, about 0…1."""
        first, words, read = self.signals(text, pool)
        return shipped_fusion().scores(first, words, read) if len(words) else first @ _UNREAD_WEIGHTS


@dataclass(frozen=True)
class Candidates:
    """Passages in corpus order, with their BM25 score as a share of what is ideal, and their cosine."""

    numbers: Sequence[int]
    lexical: np.ndarray
    dense: np.ndarray


def _weighted(terms: Sequence[Term]) -> list[WeightedTerm]:
    return [
        WeightedTerm(_ROLE_WEIGHTS[term.role], term.tokens, (*term.variants, *term.hints)) for term in terms
    ]


def _ideal(terms: Sequence[Term], index: Lexical) -> float:
    """Return about the BM25 score of a passage that has every word of the question once."""
    own = (_ROLE_WEIGHTS[term.role] * index.idf(term.tokens[0]) for term in terms if term.tokens)
    return max(sum(own), 1e-6)
