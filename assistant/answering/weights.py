"""The learned weights of ranking and abstaining (training/answering.py makes them)."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelError

WEIGHTS_FILE = Path(__file__).resolve().parent.parent / "model" / "answering.json"


@dataclass(frozen=True)
class Weights:
    """Two linear models over the signals of a sentence (facts.Signals, in its order)."""

    ranking_weights: tuple[float, ...]
    support_weights: tuple[float, ...]
    support_bias: float
    threshold: float  # of the support probability, above which to answer

    @classmethod
    def load(cls, path: Path = WEIGHTS_FILE) -> "Weights":
        """Read the shipped weights."""
        try:
            values = json.loads(path.read_text("utf-8"))
            return cls(
                tuple(map(float, values["ranking"].values())),
                tuple(map(float, values["support"]["weights"].values())),
                float(values["support"]["bias"]),
                float(values["support"]["threshold"]),
            )
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise ModelError(f"{path}: not the weights of the answerer; restore the file.") from error

    def ranking(self, signals: Sequence[float]) -> float:
        """Return the score by which sentences are ranked."""
        return sum(w * s for w, s in zip(self.ranking_weights, signals, strict=True))

    def support(self, signals: Sequence[float]) -> float:
        """Return the probability that the passage answers the question (logistic regression)."""
        logit = self.support_bias + sum(
            w * s for w, s in zip(self.support_weights, signals, strict=True)
        )
        return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))
