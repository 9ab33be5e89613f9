"""jieba's dictionary, read where it lies."""

import mmap
from collections.abc import Iterable

import numpy as np

_LINE_END, _SPACE, _ZERO = b"\n 0"
_KEY_BYTES = 3  # of a line's first: a whole Chinese character


class MappedDictionary:
    """The lines ``word frequency kind`` of a dictionary file in UTF-8, and words added to them.

    ``total`` is the sum of the frequencies. Words of one first character stand together, in a few
    places of the file at most.
    """

    added_frequency = 2000  # as common as 导师 is in jieba's

    def __init__(self, lines: mmap.mmap, added: Iterable[str] = ()) -> None:
        self._lines = lines
        codes = np.frombuffer(lines, np.uint8)
        ends = np.flatnonzero(codes == _LINE_END)
        starts = np.concatenate(([0], ends + 1))
        starts = starts[starts < len(codes)]
        keys = _keys(codes, starts)
        changes = np.flatnonzero(np.diff(keys, prepend=-1))
        self._keys = keys[changes]
        self._bounds = np.append(starts[changes], len(codes))
        self._spans: dict[str, list[tuple[int, int]]] = {}  # what was looked up
        self._added: dict[str, list[str]] = {}
        for word in dict.fromkeys(added):
            if not self.frequency(word):
                self._added.setdefault(word[0], []).append(word)
        self.total = _sum(codes) + self.added_frequency * sum(map(len, self._added.values()))

    def has(self, word: str) -> bool:
        """Tell whether ``word`` is listed or added."""
        return bool(word) and bool(self.frequency(word))

    def frequency(self, word: str) -> int | None:
        """Return how frequent ``word`` is; 0 where it only begins words, None where it does not."""
        wanted, begins = b"\n" + word.encode(), False
        for start, end in self._spans_of(word[0]):
            block = b"\n" + self._lines[start:end]
            if wanted in block:
                begins = True
                at = block.find(wanted + b" ")
                if at >= 0:
                    return int(block[at + len(wanted) + 1 :].split(b" ", 1)[0])
        added = self._added.get(word[0], ())
        if word in added:
            return self.added_frequency
        return 0 if begins or any(other.startswith(word) for other in added) else None

    def _spans_of(self, first: str) -> list[tuple[int, int]]:
        """Return where in the file the words that begin with ``first`` stand, and maybe a few more."""
        if first not in self._spans:
            code = np.frombuffer(first.encode().ljust(_KEY_BYTES), np.uint8)
            places = np.flatnonzero(self._keys == _keys(code, np.zeros(1, np.int64)))
            self._spans[first] = [(int(self._bounds[n]), int(self._bounds[n + 1])) for n in places]
        return self._spans[first]


def _keys(codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the first character of each line as a number, (lines,) int64: up to three of its bytes."""
    lead = codes[starts].astype(np.int64)
    key = lead << 16 | codes[starts + 1].astype(np.int64) << 8 | codes[starts + 2]
    return key & np.where(lead < 0x80, 0xFF0000, np.where(lead < 0xE0, 0xFFFF00, 0xFFFFFF))


def _sum(codes: np.ndarray) -> int:
    """Return the sum of the numbers between the two spaces of each line, digit by digit."""
    spaces = np.flatnonzero(codes == _SPACE)
    before, digits = spaces[::2], spaces[1::2] - 1
    total, worth = 0, 1
    while len(digits):
        total += worth * int((codes[digits].astype(np.int64) - _ZERO).sum())
        is_left = digits - 1 > before
        before, digits, worth = before[is_left], digits[is_left] - 1, worth * 10
    return total
