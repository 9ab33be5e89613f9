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
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from assistant.dictionary import MappedDictionary

_MUCH = 100_000  # characters within a minute: the whole dictionary is worth its 57 MB then
_MINUTE_S = 60.0
_BLOCK = re.compile("[\u4e00-\u9fd5]+|.", re.DOTALL)  # jieba leaves rarer characters alone
_RARE = re.compile("[^\u4e00-\u9fd5]")
_MOST_ABSENT = 50_000  # runs of characters known to begin no word; 5 MB


class Segmenter:
    """jieba over a dictionary that is read where it lies, no more of it than stands in the text.

    jieba would hold half a million words and beginnings of words: .9 s and 65 MB before the first
    word is cut. But it looks nothing up that does not stand in the text. What cuts much, as a build
    does, goes on with the same program in Rust (rjieba): the same words, measured on 17 million
    characters, ten times as fast.
    """

    def __init__(self, dictionary: "MappedDictionary") -> None:
        import jieba  # with numpy a fifth of a second, which a process that only reads files does without

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
        import jieba

        from assistant.dictionary import MappedDictionary

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
                        rjieba.add_word(word, self._dictionary.added_frequency, "n")
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


@lru_cache(maxsize=1)
def segmenter() -> Segmenter:
    """Return the one segmenter of this process."""
    return Segmenter.load()


def _added_words() -> Iterator[str]:
    listed = (Path(__file__).parent / "lexicon" / "segments.txt").read_text("utf-8")
    for line in listed.splitlines():
        if not line.startswith("#"):
            yield from line.split()
