"""A question → the passages that may answer it: lexical and dense ranks, fused."""

from collections.abc import Sequence

import numpy as np

from assistant.index.embedding import Embedder
from assistant.index.lexical import LexicalIndex
from assistant.index.store import Generation
from assistant.query import Term
from assistant.schema import Hit
from assistant.text import tokenize

_POOL = 60  # candidates taken from each side before fusion
_DENSE_WEIGHT = 0.45  # of the fused score; the rest is lexical
_VARIANT_WEIGHT = 0.6  # of a translation or synonym against a word of the question
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
        """Return the best of the passages ``numbers``, ranked as ``search`` ranks."""
        return self._ranked(text, terms, numbers, limit) if numbers else ()

    def containing(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the passages that contain ``word``, in corpus order."""
        tokens = tokenize(word)[:1]
        return self._generation.lexical.passages_with(tokens[0]) if tokens else ()

    def _ranked(
        self, text: str, terms: Sequence[Term], numbers: Sequence[int], limit: int
    ) -> tuple[Hit, ...]:
        passages = self._generation.passages
        if not passages:
            return ()
        index = self._generation.lexical
        lexical = index.scores(_weighted(terms)) / _ideal(terms, index)
        vector = self._embedder.encode([text])[0]
        dense: dict[int, float] = {}
        if not numbers:
            dense = dict(self._generation.vectors.search(vector, _POOL))
        pool = sorted(numbers or set(_best(lexical, _POOL)) | set(dense))
        missing = [number for number in pool if number not in dense]
        if missing:
            cosines = self._generation.vectors.vectors(np.asarray(missing)) @ vector
            dense.update(zip(missing, map(float, cosines), strict=True))
        highest = float(max(lexical[pool].max(), 1e-6))
        hits = []
        for number in pool:
            passage = passages[number]
            score = (1 - _DENSE_WEIGHT) * float(lexical[number]) / highest
            score += _DENSE_WEIGHT * max(dense[number], 0.0)
            if passage.place.status != "published":
                score *= _ORPHAN_FACTOR
            hits.append((round(score, 6), number, dense[number]))
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        return tuple(
            Hit(passages[number], score, float(lexical[number]), cosine)
            for score, number, cosine in hits[:limit]
        )


def _weighted(terms: Sequence[Term]) -> tuple[tuple[str, float], ...]:
    """Return the lexical query: the terms' own tokens, and what would count as them."""
    weights: dict[str, float] = {}
    for term in terms:
        factor = _ROLE_WEIGHTS[term.role]
        for token in term.tokens:
            weights[token] = max(weights.get(token, 0.0), factor)
        for token, weight in term.variants:
            weights[token] = max(weights.get(token, 0.0), factor * _VARIANT_WEIGHT * weight)
    return tuple(weights.items())


def _ideal(terms: Sequence[Term], index: LexicalIndex) -> float:
    """Return about the BM25 score of a passage that has every word of the question once."""
    own = (_ROLE_WEIGHTS[term.role] * index.idf(term.tokens[0]) for term in terms if term.tokens)
    return max(sum(own), 1e-6)


def _best(scores: np.ndarray, limit: int) -> list[int]:
    """Return the numbers of the ``limit`` highest positive scores, ties by number."""
    if len(scores) > limit:
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        candidates = np.flatnonzero(scores >= max(threshold, 1e-9))
    else:
        candidates = np.flatnonzero(scores > 0)
    order = np.lexsort((candidates, -scores[candidates]))
    return candidates[order][:limit].tolist()
