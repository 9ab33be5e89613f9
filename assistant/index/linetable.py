"""A sorted text file looked up where it lies: nothing is read into memory but what is asked for."""

import mmap
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

_BLOCK = 32  # lines: their first keys are held, the rest is read in some microseconds
_BLOCKS_KEPT = 2048  # of those that were read; at most 10 MB


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
        self._block = lru_cache(maxsize=_BLOCKS_KEPT)(self._read_block)
        self._firsts = [self.key(number) for number in range(0, len(self), _BLOCK)]
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
        block = self._block_of(key)
        keys, _ = self._block(block)
        place = bisect_left(keys, key)
        return block * _BLOCK + place if place < len(keys) and keys[place] == key else None

    def key(self, number: int) -> str:
        """Return the key of line ``number``."""
        line = self._lines[self._starts[number] : self._starts[number + 1] - 1]
        return line.partition(b"\t")[0].decode()

    def get(self, key: str) -> str | None:
        """Return the value of ``key``; None where there is no such line."""
        keys, values = self._block(self._block_of(key))
        place = bisect_left(keys, key)
        return values[place] if place < len(keys) and keys[place] == key else None

    def sizes(self) -> np.ndarray:
        """Return how many characters the key has whose value begins with each number, (lines,) uint8.

        For a table whose values begin with the numbers from 0, each once, and a space. Raises ValueError
        where they do not.
        """
        codes, starts = np.frombuffer(self._lines, np.uint8), np.asarray(self._starts)[:-1]
        tabs, spaces = np.flatnonzero(codes == ord("\t")), np.flatnonzero(codes == ord(" "))
        if not len(starts) == len(tabs) == len(spaces):
            raise ValueError("not a table of numbers")
        characters = np.cumsum((codes & 0xC0) != 0x80, dtype=np.int32)  # but for what goes on in UTF-8
        lengths = characters[tabs] - characters[starts]
        numbers, digits, worth = np.zeros(len(tabs), np.int64), spaces - 1, 1
        while (left := digits > tabs).any():
            numbers[left] += worth * (codes[digits[left]].astype(np.int64) - ord("0"))
            digits, worth = np.where(left, digits - 1, digits), worth * 10
        sizes = np.zeros(len(tabs), np.uint8)
        sizes[numbers] = lengths
        return sizes

    def beginnings(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value) of the keys with which ``text`` begins, the shortest first."""
        for size in range(1, len(text) + 1):
            wanted = text[:size]
            block = self._block_of(wanted)
            keys, values = self._block(block)
            place = bisect_left(keys, wanted)
            if place < len(keys) and keys[place] == wanted:
                yield wanted, values[place]
            elif not (keys[place] if place < len(keys) else self._first(block + 1)).startswith(wanted):
                return

    def starting_with(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield (key, value) of every key that starts with ``prefix``, in order."""
        block = self._block_of(prefix)
        while block < len(self._firsts) and (self._firsts[block] <= prefix or self._first(block).startswith(prefix)):
            keys, values = self._block(block)
            yield from (pair for pair in zip(keys, values, strict=True) if pair[0].startswith(prefix))
            block += 1

    def _first(self, block: int) -> str:
        return self._firsts[block] if block < len(self._firsts) else ""

    def _block_of(self, key: str) -> int:
        # Python compares characters by their numbers, which is the order of their bytes in UTF-8.
        return max(bisect_right(self._firsts, key) - 1, 0)

    def _read_block(self, block: int) -> tuple[list[str], list[str]]:
        """Return the keys of a block, in order, and their values."""
        lines = self._lines[self._bounds[block] : self._bounds[block + 1] - 1].decode().split("\n")
        parted = [line.partition("\t") for line in lines]
        return [key for key, _, _ in parted], [value for _, _, value in parted]


def table_lines(values: dict[str, str]) -> bytes:
    """Return ``values`` as a LineTable is written; an empty value leaves the tab out in none or all."""
    has_values = any(values.values())
    lines = ((key.encode(), value.encode()) for key, value in values.items())
    return b"".join(key + (b"\t" + value if has_values else b"") + b"\n" for key, value in sorted(lines))
