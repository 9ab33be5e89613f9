"""Finds the sentence that answers a question in the passages that retrieval found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import yaml

from assistant.answering.understanding import Understanding
from assistant.index.embedding import Embedder
from assistant.query import Term
from assistant.schema import Hit, Passage
from assistant.text import Evidence, sentences

_READ_PASSAGES = 12  # of the hits, how many are read sentence by sentence
_CONTEXT_FACTOR = 0.75  # a term met only in the headings or the sentence beside counts this much
_WEIGHTS = {"context": 0.45, "own": 0.2, "dense": 0.2, "passage": 0.25, "kind": 0.12}
_COVERED = 0.5  # a term covered less than this is missing


@dataclass(frozen=True)
class Fact:
    """A slice of one passage that may answer, and how well the question is covered there."""

    passage: Passage
    start: int  # of passage.text
    end: int
    score: float
    coverage: float  # share of the question's weight found in the sentence and around it
    similarity: float  # cosine of question and sentence
    missing: tuple[Term, ...]  # content terms found neither in the passage nor in its headings
    shows_kind: bool  # an email where a contact is asked for, a digit where a number is
    shows_measure: bool


class FactFinder:
    """Ranks the sentences of hits."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def find(self, asked: Understanding, hits: Sequence[Hit]) -> tuple[Fact, ...]:
        """Return the best sentence of each hit's passage, best first, ties in hit order."""
        read = hits[:_READ_PASSAGES]
        spans = [_spans(hit.passage) for hit in read]
        texts = [hit.passage.text[a:b] for hit, found in zip(read, spans, strict=True) for a, b in found]
        if not texts:
            return ()
        vectors = self._embedder.encode([asked.text, *texts])
        similarities = (vectors[1:] @ vectors[0]).tolist()
        facts, first = [], 0
        for hit, found in zip(read, spans, strict=True):
            cosines = similarities[first : first + len(found)]
            facts.append(_best_fact(asked, hit, found, cosines))
            first += len(found)
        order = sorted(range(len(facts)), key=lambda n: (-facts[n].score, n))
        return tuple(facts[n] for n in order)


def _spans(passage: Passage) -> list[tuple[int, int]]:
    if passage.kind == "row":
        return [(0, len(passage.text))]
    return list(sentences(passage.text))


def _best_fact(
    asked: Understanding, hit: Hit, spans: Sequence[tuple[int, int]], cosines: Sequence[float]
) -> Fact:
    passage = hit.passage
    terms = asked.terms
    total = sum(term.weight for term in terms) or 1.0
    around = [0.9 * term.coverage(Evidence(f"{passage.context}\n{passage.place.source}")) for term in terms]
    own = [[t.coverage(Evidence(passage.text[a:b])) for t in terms] for a, b in spans]
    everywhere = [max([*column, outer]) for *column, outer in zip(*own, around, strict=True)] if own else around
    best: Fact | None = None
    missing = tuple(
        term for term, reach in zip(terms, everywhere, strict=True)
        if term.role == "content" and reach < _COVERED
    )  # fmt: skip
    for (start, end), mine, cosine in zip(spans, own, cosines, strict=True):
        text = passage.text[start:end]
        near = [max(m, _CONTEXT_FACTOR * e) for m, e in zip(mine, everywhere, strict=True)]
        coverage = sum(t.weight * c for t, c in zip(terms, near, strict=True)) / total
        own_share = sum(t.weight * c for t, c in zip(terms, mine, strict=True)) / total
        shows_kind = _shows(asked.kind, text)
        score = (
            _WEIGHTS["context"] * coverage
            + _WEIGHTS["own"] * own_share
            + _WEIGHTS["dense"] * cosine
            + _WEIGHTS["passage"] * hit.score
            + _WEIGHTS["kind"] * shows_kind
        )
        fact = Fact(
            passage, start, end, round(score, 6), coverage, cosine, missing, shows_kind,
            all(re.search(needs, text, re.IGNORECASE) for needs in asked.measures),
        )  # fmt: skip
        if best is None or (fact.shows_measure, fact.score) > (best.shows_measure, best.score):
            best = fact
    if best is None:
        raise AssertionError("a passage always has a sentence")
    return best


def _shows(kind: str, text: str) -> bool:
    pattern = _evidence_patterns().get(kind)
    return pattern is None or bool(pattern.search(text))


@lru_cache(maxsize=1)
def _evidence_patterns() -> dict[str, re.Pattern[str]]:
    words = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))
    return {kind: re.compile(pattern) for kind, pattern in words["shows"].items()}
