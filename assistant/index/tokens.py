"""The search tokens of many passages, each different one kept once."""

from collections.abc import Iterable, Sequence
from typing import Self, overload

import numpy as np


class TokenLists(Sequence[list[str]]):
    """A list of tokens for each passage.

    ``vocabulary``: in the order in which tokens are met; ``numbers``: int32, places in it, those of
    all passages end to end; ``starts``: (passages + 1,) int64. A million passages take .3 GB, as
    lists of strings ten times that.
    """

    def __init__(self, vocabulary: Sequence[str], numbers: np.ndarray, starts: np.ndarray) -> None:
        self.vocabulary = vocabulary
        self.numbers = numbers
        self.starts = starts

    @classmethod
    def of(cls, lists: Sequence[Sequence[str]]) -> Self:
        """Return ``lists`` in this form."""
        places: dict[str, int] = {}
        numbers = [places.setdefault(token, len(places)) for tokens in lists for token in tokens]
        starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        return cls(tuple(places), np.asarray(numbers, np.int32), starts)

    @classmethod
    def joined(cls, parts: Iterable["TokenLists"]) -> Self:
        """Return the lists of ``parts``, one after the other."""
        places: dict[str, int] = {}
        numbers, sizes = [np.zeros(0, np.int32)], [np.zeros(1, np.int64)]
        for part in parts:
            own = np.asarray([places.setdefault(token, len(places)) for token in part.vocabulary], np.int32)
            numbers.append(own[part.numbers])
            sizes.append(np.diff(part.starts))
        return cls(tuple(places), np.concatenate(numbers), np.cumsum(np.concatenate(sizes)))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, place: int) -> list[str]: ...
    @overload
    def __getitem__(self, place: slice) -> list[list[str]]: ...
    def __getitem__(self, place: int | slice) -> list[str] | list[list[str]]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        number = place % len(self)
        part = self.numbers[self.starts[number] : self.starts[number + 1]]
        return [self.vocabulary[token] for token in part.tolist()]
