"""A question → the passages that may answer it: lexical and dense ranks, fused."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from assistant.index.embedding import Embedder
from assistant.index.store import Generation
from assistant.schema import Hit
from assistant.text import tokenize

_POOL = 60  # candidates taken from each side before fusion
_DENSE_WEIGHT = 0.45  # of the fused score; the rest is lexical
_TRANSLATION_WEIGHT = 0.5  # a translated term's weight against a word of the question
_ORPHAN_FACTOR = 0.9  # an unpublished page stands behind its published twin


class Translator(Protocol):
    """Weighted terms of the other language for the terms of a question."""

    def translate(self, tokens: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return (term, weight in 0…1) for ``tokens``."""
        ...


class Retriever:
    """Searches one generation."""

    def __init__(self, generation: Generation, embedder: Embedder, translator: Translator) -> None:
        self._generation = generation
        self._embedder = embedder
        self._translator = translator

    def search(self, text: str, *, limit: int) -> tuple[Hit, ...]:
        """Return up to ``limit`` hits, best first; equal scores keep corpus order."""
        passages = self._generation.passages
        if not passages:
            return ()
        lexical = self._generation.lexical.scores(self.query_terms(text))
        vector = self._embedder.encode([text])[0]
        dense = dict(self._generation.vectors.search(vector, _POOL))
        pool = sorted(set(_best(lexical, _POOL)) | set(dense))
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

    def query_terms(self, text: str) -> tuple[tuple[str, float], ...]:
        """Return the weighted lexical terms of a question: its own words and their translations."""
        tokens = list(dict.fromkeys(tokenize(text)))
        weights = dict.fromkeys(tokens, 1.0)
        for term, weight in self._translator.translate(tokens):
            weights[term] = max(weights.get(term, 0.0), _TRANSLATION_WEIGHT * weight)
        return tuple(weights.items())


def _best(scores: np.ndarray, limit: int) -> list[int]:
    """Return the numbers of the ``limit`` highest positive scores, ties by number."""
    if len(scores) > limit:
        threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        candidates = np.flatnonzero(scores >= max(threshold, 1e-9))
    else:
        candidates = np.flatnonzero(scores > 0)
    order = np.lexsort((candidates, -scores[candidates]))
    return candidates[order][:limit].tolist()
