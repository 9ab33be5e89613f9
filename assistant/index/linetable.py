"""A sorted text file looked up where it lies: nothing is read into memory but what is asked for."""

import mmap
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

_BLOCK = 64  # lines: their first keys are held, the rest is scanned in some microseconds


class LineTable:
    """Lines ``key`` or ``key<TAB>value`` in UTF-8, in the order of the keys' bytes, each key once.

    A Python dict of the same words takes twenty times the memory, and a millisecond for a thousand
    words before the first can be asked for.
    """

    def __init__(self, lines: mmap.mmap | bytes) -> None:
        """Raises ValueError where the last line has no end or the keys are not in order."""
        self._lines = lines
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n")) + 1
        if not len(ends) or ends[-1] != len(lines):
            raise ValueError("cut short")
        self._starts = memoryview(np.append(0, ends).astype(np.int32))  # of the lines, and the end
        self._bounds = list(self._starts[:-1:_BLOCK]) + [len(lines)]
        self._key_end = b"\t" if b"\t" in lines[: ends[0]] else b"\n"
        self._firsts = [self._key_at(start) for start in self._bounds[:-1]]
        if any(one >= other for one, other in pairwise(self._firsts)):
            raise ValueError("not in order")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map a file that is never changed in place. Raises OSError or ValueError."""
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def number(self, key: str) -> int | None:
        """Return the number of the line of ``key``, from 0."""
        wanted = key.encode()
        block = self._block_of(wanted)
        text = self._text(block)
        at = text.find(b"\n" + wanted + self._key_end)
        return None if at < 0 else block * _BLOCK + text.count(b"\n", 0, at)

    def key(self, number: int) -> str:
        """Return the key of line ``number``."""
        line = self._lines[self._starts[number] : self._starts[number + 1] - 1]
        return line.partition(b"\t")[0].decode()

    def get(self, key: str) -> str | None:
        """Return the value of ``key``; None where there is no such line."""
        wanted = key.encode()
        text = self._text(self._block_of(wanted))
        at = text.find(b"\n" + wanted + self._key_end)
        return None if at < 0 else _value(text, at + 1 + len(wanted))

    def beginnings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value) of the keys with which ``text`` begins, the shortest first."""
        for size in range(1, len(text) + 1):
            wanted = text[:size].encode()
            block = self._block_of(wanted)
            lines = self._text(block)
            at = lines.find(b"\n" + wanted)
            if at < 0 and not self._begins(block + 1, wanted):
                return
            end = at + 1 + len(wanted)
            if at >= 0 and lines[end : end + 1] == self._key_end:
                yield text[:size], _value(lines, end)

    def starting_with(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value) of every key that starts with ``prefix``, in order."""
        wanted = prefix.encode()
        block = self._block_of(wanted)
        while block < len(self._firsts) and (self._firsts[block] <= wanted or self._begins(block, wanted)):
            for line in self._lines[self._bounds[block] : self._bounds[block + 1]].splitlines():
                if line.startswith(wanted):
                    key, _, value = line.decode().partition("\t")
                    yield key, value
            block += 1

    def _begins(self, block: int, wanted: bytes) -> bool:
        return block < len(self._firsts) and self._firsts[block].startswith(wanted)

    def _block_of(self, wanted: bytes) -> int:
        return max(bisect_right(self._firsts, wanted) - 1, 0)

    def _text(self, block: int) -> bytes:
        """Return the lines of a block, a line break before each."""
        return b"\n" + self._lines[self._bounds[block] : self._bounds[block + 1]]

    def _key_at(self, start: int) -> bytes:
        return bytes(self._lines[start : self._lines.find(self._key_end, start)])


def _value(text: bytes, start: int) -> str:
    return text[start : text.index(b"\n", start)].removeprefix(b"\t").decode()


def table_lines(values: dict[str, str]) -> bytes:
    """Return ``values`` as a LineTable is written; an empty value leaves the tab out in none or all."""
    has_values = any(values.values())
    lines = ((key.encode(), value.encode()) for key, value in values.items())
    return b"".join(key + (b"\t" + value if has_values else b"") + b"\n" for key, value in sorted(lines))
