"""A sequence that is read where it is kept, a thing at a time, the last used of it in memory."""

import threading
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar, overload

_Thing = TypeVar("_Thing")


class Remembered(Sequence[_Thing], Generic[_Thing]):
    """Keeps the ``kept`` things that were asked for last; safe to share between threads."""

    def __init__(self, *, kept: int) -> None:
        self._most = kept
        self._kept: OrderedDict[int, _Thing] = OrderedDict()
        self._lock = threading.Lock()

    @abstractmethod
    def _fetch(self, number: int) -> _Thing:
        """Read one thing, 0 ≤ ``number`` < len(self)."""

    @overload
    def __getitem__(self, place: int) -> _Thing: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[_Thing, ...]: ...
    def __getitem__(self, place: int | slice) -> _Thing | tuple[_Thing, ...]:
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        number = place % len(self)
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        thing = self._fetch(number)
        with self._lock:
            self._kept[number] = thing
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return thing
