"""A file of one JSON line a thing, read line by line as it is asked for."""

import json
import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import numpy as np

from assistant.errors import IndexDamaged
from assistant.index import disk
from assistant.index.coding import as_json
from assistant.index.remembered import Remembered

_AT_ONCE = 1 << 20  # bytes written together
_Thing = TypeVar("_Thing")


class Lines(Remembered[_Thing], Generic[_Thing]):
    """What stands in a file, the ``kept`` last used in memory; safe to share between threads.

    ``starts``: (lines + 1,) int64, where in the file each line begins. Raises IndexDamaged where a
    line is not what was written.
    """

    def __init__(
        self, path: Path, starts: np.ndarray, read: Callable[[dict[str, Any]], _Thing], *, kept: int
    ) -> None:
        super().__init__(kept=kept)
        self._path = path
        self._starts = starts
        self._read = read
        # Kept open: a generation that is no longer current is removed while it still answers.
        self._file = disk.reading(path)
        weakref.finalize(self, os.close, self._file)

    @classmethod
    def load(cls, path: Path, read: Callable[[dict[str, Any]], _Thing], *, kept: int) -> Self:
        """Open what ``save`` wrote. Raises OSError or ValueError."""
        return cls(path, disk.array(_starts_file(path)), read, kept=kept)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def _fetch(self, number: int) -> _Thing:
        return self._parsed(self._bytes(number))

    def __iter__(self) -> Iterator[_Thing]:
        """Yield every thing in its order; none of them is kept."""
        for number in range(len(self)):
            yield self._fetch(number)

    def _bytes(self, number: int) -> bytes:
        start, end = int(self._starts[number]), int(self._starts[number + 1])
        if hasattr(os, "pread"):
            return os.pread(self._file, end - start, start)
        with self._lock:  # Windows: where to read next is the file's own state
            os.lseek(self._file, start, os.SEEK_SET)
            return os.read(self._file, end - start)

    def _parsed(self, line: bytes) -> _Thing:
        try:
            return self._read(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            raise IndexDamaged(
                f"{self._path}: altered since it was loaded ({error}); run 'python -m assistant build' again."
            ) from error


def save(path: Path, things: Iterable[Any]) -> dict[str, str]:
    """Write ``things``, frozen dataclasses, and where each begins; returns each file's SHA-256. Raises OSError."""
    starts, end, waiting = [0], 0, bytearray()
    with disk.writing(path) as sink:
        for thing in things:
            line = (as_json(thing) + "\n").encode()
            end += len(line)
            starts.append(end)
            waiting += line
            if len(waiting) > _AT_ONCE:
                sink.write(bytes(waiting))
                waiting.clear()
        if waiting:
            sink.write(bytes(waiting))
        digests = {path.name: sink.digest}
    table = _starts_file(path)
    with disk.writing(table) as sink:
        np.lib.format.write_array(sink, np.asarray(starts, np.int64), allow_pickle=False)
        digests[table.name] = sink.digest
    return digests


def _starts_file(path: Path) -> Path:
    return path.with_suffix(".npy")
