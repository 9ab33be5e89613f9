"""What the signals of a passage count, as ``python -m training.fusing`` learned it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from assistant.errors import ModelError
from assistant.index.likeness import SIGNALS

WEIGHTS_FILE = Path(__file__).resolve().parent.parent / "model" / "fusion.json"
FIRST_SIGNALS = ("lexical", "cosine")


@dataclass(frozen=True)
class Fusion:
    """Weights of a passage's signals; their sum is its score, about 0…1."""

    first: tuple[float, ...]  # of FIRST_SIGNALS
    words: tuple[float, ...]  # of likeness.SIGNALS
    bias: float

    @classmethod
    def load(cls, path: Path = WEIGHTS_FILE) -> "Fusion":
        """Read weights by name; raises ModelError."""
        try:
            values = json.loads(path.read_text("utf-8"))
            first, words = (tuple(float(values[name]) for name in names) for names in (FIRST_SIGNALS, SIGNALS))
            return cls(first, words, float(values["bias"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not the weights of retrieval; restore the file.") from error

    def scores(self, first: np.ndarray, words: np.ndarray, read: Sequence[int]) -> np.ndarray:
        """Return one score a passage.

        ``first``: (passages, 2); ``words``: (read, 7), of the passages numbered ``read``. The words
        of one that was not read count as those of the worst that was.
        """
        compared = words @ np.asarray(self.words, np.float32)
        total = first @ np.asarray(self.first, np.float32) + np.float32(self.bias)
        full = total + compared.min()
        full[list(read)] = total[list(read)] + compared
        return full


@lru_cache(maxsize=1)
def shipped_fusion() -> Fusion:
    """Return the weights that ship, read once."""
    return Fusion.load()
