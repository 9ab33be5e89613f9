"""Decides whether the evidence supports an answer."""

from dataclasses import astuple, dataclass

from assistant.answering.facts import Fact
from assistant.answering.understanding import Understanding
from assistant.answering.weights import Weights
from assistant.query import Term


@dataclass(frozen=True)
class Verdict:
    """Whether to answer; ``missing`` are the question's words that the evidence lacks."""

    supported: bool
    confidence: float  # 0…1
    missing: tuple[Term, ...]


def judge(asked: Understanding, fact: Fact | None, weights: Weights) -> Verdict:
    """Return the verdict on the best fact.

    A learned probability decides, but for two things no likeness makes up for: a name of the
    question that the passage does not hold, and a measure (money, power) it does not show.
    """
    if fact is None or not asked.content:
        return Verdict(False, 0.0, asked.content)
    probability = weights.support(astuple(fact.signals))
    named = tuple(term for term in fact.missing if term.is_named)
    supported = not named and fact.shows_measure and probability >= weights.threshold
    return Verdict(supported, probability, named or fact.missing)
