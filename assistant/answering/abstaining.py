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

    A learned probability decides, but for what no likeness makes up for: a name of the question
    that the passage does not hold, a measure (money, power) or an address it does not show.
    """
    if fact is None or not asked.content:
        return Verdict(False, 0.0, asked.content)
    probability = weights.support(astuple(fact.signals))
    named = tuple(term for term in fact.missing if term.is_named)
    shows = fact.shows_measure and (asked.kind != "contact" or fact.signals.shows_kind > 0)
    supported = not named and shows and probability >= weights.threshold
    return Verdict(supported, probability, named or fact.missing)
