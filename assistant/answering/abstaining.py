"""Decides whether the evidence supports an answer."""

from dataclasses import dataclass

from assistant.answering.facts import Fact
from assistant.answering.understanding import Understanding
from assistant.query import Term

_LEAST_COVERAGE = 0.5  # of the question's weight, in the sentence and around it
_LEAST_SUPPORT = 0.62  # coverage and similarity together


@dataclass(frozen=True)
class Verdict:
    """Whether to answer; ``missing`` are the question's words that the evidence lacks."""

    supported: bool
    confidence: float  # 0…1
    missing: tuple[Term, ...]


def judge(asked: Understanding, fact: Fact | None) -> Verdict:
    """Return the verdict on the best fact."""
    if fact is None or not asked.content:
        return Verdict(False, 0.0, asked.content)
    missing = fact.missing
    support = fact.coverage + 0.5 * max(fact.similarity, 0.0)
    confidence = min(max((support - 0.3) / 0.9, 0.0), 1.0)
    named = tuple(term for term in missing if term.is_named)
    supported = (
        not named
        and fact.shows_measure
        and fact.coverage >= _LEAST_COVERAGE
        and support >= _LEAST_SUPPORT
    )
    return Verdict(supported, confidence if supported else min(confidence, 0.5), named or missing)
