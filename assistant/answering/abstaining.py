"""Decides whether the evidence supports an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.facts import Fact
from assistant.answering.understanding import Understanding
from assistant.answering.weights import Weights
from assistant.query import Term

_RUNNER_UP = 0.75  # share of the best score down to which a fact may step in for the best


@dataclass(frozen=True)
class Verdict:
    """The fact to answer with, or None; ``missing`` are the question's words without evidence."""

    fact: Fact | None
    confidence: float  # 0…1
    missing: tuple[Term, ...]


def judge(asked: Understanding, facts: Sequence[Fact], weights: Weights) -> Verdict:
    """Return the verdict on the ranked facts.

    A learned probability decides, but for what no likeness makes up for (Fact.is_eligible): a
    name of the question that the passage does not hold, a measure or kind that it does not show.
    """
    if not facts or not asked.content:
        return Verdict(None, 0.0, asked.content)
    near = [fact for fact in facts if fact.score >= _RUNNER_UP * facts[0].score]
    best = next((fact for fact in near if fact.is_eligible), facts[0])
    probability = weights.support(best.signals.values)
    named = tuple(term for term in best.missing if term.is_named)
    supported = best.is_eligible and probability >= weights.threshold
    return Verdict(best if supported else None, probability, named or best.missing)
