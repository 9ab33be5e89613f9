"""The words of every passage as numbers of the embedding model's tokens."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from assistant.index import disk

_FILES = ("tokens", "starts")


class PassageWords:
    """Each passage's tokens in reading order, for comparing it with a question word by word.

    ``tokens``: int32, those of all passages end to end; ``starts``: (passages + 1,) int64. An
    embedding model that has no vectors of words leaves every passage without any.
    """

    def __init__(self, tokens: np.ndarray, starts: np.ndarray) -> None:
        self._tokens = tokens
        self._starts = starts

    @classmethod
    def build(cls, token_lists: Iterable[np.ndarray]) -> "PassageWords":
        """Keep ``token_lists``: one int array a passage."""
        lists = [np.asarray(tokens, np.int32) for tokens in token_lists]
        starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return cls(np.concatenate([np.zeros(0, np.int32), *lists]), starts)

    @classmethod
    def load(cls, folder: Path) -> "PassageWords":
        """Load what ``save`` wrote."""
        return cls(*(disk.array(folder / f"{name}.npy") for name in _FILES))

    def save(self, folder: Path) -> dict[str, str]:
        """Write two files into an existing folder; returns each one's SHA-256. Raises OSError."""
        digests = {}
        for name, array in zip(_FILES, (self._tokens, self._starts), strict=True):
            with disk.writing(folder / f"{name}.npy") as sink:
                np.lib.format.write_array(sink, np.asarray(array), allow_pickle=False)
                digests[f"{name}.npy"] = sink.digest
        return digests

    @property
    def count(self) -> int:
        """How many passages there are."""
        return len(self._starts) - 1

    def of(self, numbers: Iterable[int]) -> list[np.ndarray]:
        """Return the tokens of the passages ``numbers``."""
        return [self._tokens[self._starts[n] : self._starts[n + 1]] for n in numbers]
