"""Chinese text cut by jieba, of whose dictionary only what a text needs is read."""

import logging
import mmap
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic
from types import ModuleType
from typing import Self

import jieba
import numpy as np

_ADDED_FREQUENCY = 2000  # of words added to jieba's: as common as 导师 there
_MUCH = 100_000  # characters within a minute: the whole dictionary is worth its 57 MB then
_MINUTE_S = 60.0
_BLOCK = re.compile("[\u4e00-\u9fd5]+|.", re.DOTALL)  # jieba leaves rarer characters alone
_RARE = re.compile("[^\u4e00-\u9fd5]")
_LINE_END, _SPACE, _ZERO = b"\n 0"
_KEY_BYTES = 3  # of a line's first: a whole Chinese character
_MOST_ABSENT = 50_000  # runs of characters known to begin no word; 5 MB


class Segmenter:
    """jieba over a dictionary that is read where it lies, no more of it than stands in the text.

    jieba would hold half a million words and beginnings of words: .9 s and 65 MB before the first
    word is cut. But it looks nothing up that does not stand in the text. What cuts
    much, as a build does, goes on with the same program in Rust (rjieba): the same words, measured
    on 17 million characters, ten times as fast.
    """

    def __init__(self, dictionary: "MappedDictionary") -> None:
        self._dictionary = dictionary
        self._absent: set[str] = set()  # what stood in a text and begins no word
        jieba.setLogLevel(logging.WARNING)
        self._jieba = jieba.Tokenizer()
        self._jieba.FREQ, self._jieba.total = {}, dictionary.total
        self._jieba.initialized = True  # else it would read the whole dictionary
        self._characters, self._since_s = 0, monotonic()  # cut within this minute
        self._rust: ModuleType | None = None
        self._loading = Lock()

    @classmethod
    def load(cls) -> Self:
        """Open jieba's dictionary, with our words added."""
        with jieba.Tokenizer().get_dict_file() as file:
            lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(MappedDictionary(lines, _added_words()))

    def cut(self, run: str, *, guess: bool) -> Iterable[str]:
        """Return the words of a run of Chinese characters; ``guess`` those that no dictionary has."""
        if self._needs_rust(len(run)):
            rust = self._load_rust()
            if not _RARE.search(run):
                return rust.cut(run, guess)
            return [word for block in _BLOCK.findall(run) for word in rust.cut(block, guess)]
        self._hold(run)
        return self._jieba.cut(run, HMM=guess)

    def knows(self, word: str) -> bool:
        """Tell whether the dictionary has ``word``."""
        if self._rust is not None:
            return self._rust.has_word(word)
        return bool(self._jieba.FREQ.get(word)) or self._dictionary.has(word)

    def _needs_rust(self, characters: int) -> bool:
        """Tell whether much is cut; a server's questions are not, however many come in a year."""
        now_s = monotonic()
        if now_s - self._since_s > _MINUTE_S:
            self._characters, self._since_s = 0, now_s
        self._characters += characters
        return self._rust is not None or self._characters > _MUCH

    def _load_rust(self) -> ModuleType:
        with self._loading:
            if self._rust is None:
                import rjieba  # a fifth of a second: it reads the whole dictionary

                for word in _added_words():
                    if not rjieba.has_word(word):
                        rjieba.add_word(word, _ADDED_FREQUENCY, "n")
                self._rust = rjieba
        return self._rust

    def _hold(self, run: str) -> None:
        """Look up every part of ``run`` that begins a word; each step is whole for other threads."""
        if len(self._absent) > _MOST_ABSENT:
            self._absent = set()
        known, absent = self._jieba.FREQ, self._absent
        for start in range(len(run)):
            for end in range(start + 1, len(run) + 1):
                part = run[start:end]
                if part in known:
                    continue
                frequency = None if part in absent else self._dictionary.frequency(part)
                if frequency is None:
                    absent.add(part)
                    break
                known[part] = frequency


class MappedDictionary:
    """The lines ``word frequency kind`` of a dictionary file in UTF-8, and words added to them.

    ``total`` is the sum of the frequencies. Words of one first character stand together, in a few
    places of the file at most.
    """

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
        self.total = _sum(codes) + _ADDED_FREQUENCY * sum(map(len, self._added.values()))

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
            return _ADDED_FREQUENCY
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


@lru_cache(maxsize=1)
def segmenter() -> Segmenter:
    """Return the one segmenter of this process."""
    return Segmenter.load()


def _added_words() -> Iterator[str]:
    listed = (Path(__file__).parent / "lexicon" / "segments.txt").read_text("utf-8")
    for line in listed.splitlines():
        if not line.startswith("#"):
            yield from line.split()
