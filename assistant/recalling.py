"""Answers that a server gave, kept for whoever asks the same again: up to a number and a size."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from datetime import date

from cachetools import LRUCache, cached

from assistant.schema import Answer, Question

AnswerFinder = Callable[[Question], Answer]


@dataclass(frozen=True)
class CacheUse:
    """What a process got from its memory of answers."""

    hits: int  # since the process began, of every generation
    misses: int
    entries: int  # now, of the generation that answers
    size: int  # bytes


class AnswerMemory:
    """What one process remembers: how much, and how often it helped; safe to share between threads.

    Each generation has a cache of its own, which goes with it: no answer of one is ever given for
    another.
    """

    def __init__(self, *, most: int, most_bytes: int, today: Callable[[], date] = date.today) -> None:
        """Keep at most ``most`` answers of a generation and about ``most_bytes`` of memory for them."""
        self._most, self._most_bytes, self._today = most, most_bytes, today
        self._lock = threading.Lock()
        self._asked = self._missed = 0

    def cache_of(self, find: AnswerFinder) -> "AnswerCache":
        """Return an empty cache of what ``find`` answers."""

        def find_new(question: Question) -> Answer:
            answer = find(question)
            with self._lock:
                self._missed += 1
            return answer

        return AnswerCache(self, find_new, _Bounded(self._most, self._most_bytes), self._today)

    def count(self) -> None:
        """Count a question that was answered, whether from memory or anew."""
        with self._lock:
            self._asked += 1

    def use(self, *, entries: int, size: int) -> CacheUse:
        """Return the counts with what one cache holds."""
        with self._lock:
            # What was found anew a moment ago may not be among the answered yet.
            return CacheUse(max(0, self._asked - self._missed), self._missed, entries, size)


class AnswerCache:
    """Answers of one generation; calling it finds one, or has it found.

    An answer depends on the question, the questions before it and the language, all of which are
    the ``Question``, on the generation, and on the day: what is over is said to be. Who asks what
    is being found for somebody else waits for that: finding it twice at once would take both
    longer, since only one thread of a process computes at a time. Where it fails for the first, the
    next one tries for himself.
    """

    def __init__(
        self, memory: AnswerMemory, find: AnswerFinder, kept: "_Bounded", today: Callable[[], date]
    ) -> None:
        self._memory = memory
        self._kept = kept
        self._today = today
        self._changing = threading.Condition()
        self._find = cached(kept, condition=self._changing)(lambda question, day: find(question))

    def __call__(self, question: Question) -> Answer:
        """Return the answer; raises what finding it raises, and keeps nothing then."""
        answer = self._find(question, self._today())
        self._memory.count()
        return answer

    def use(self) -> CacheUse:
        """Return how often the process was helped, and what is kept here."""
        with self._changing:
            entries, size = len(self._kept), int(self._kept.currsize)
        return self._memory.use(entries=entries, size=size)


class _Bounded(LRUCache):
    """The answers used last, bounded by their size (which cachetools does) and by their number."""

    def __init__(self, most: int, most_bytes: int) -> None:
        super().__init__(most_bytes, getsizeof=memory_of)
        self._most = most

    def __setitem__(self, key: object, value: Answer) -> None:
        super().__setitem__(key, value)
        while len(self) > self._most:
            self.popitem()


def memory_of(value: object) -> int:
    """Return about how many bytes ``value`` takes with all that it holds, shared or not."""
    size = sys.getsizeof(value)
    if isinstance(value, tuple):
        return size + sum(map(memory_of, value))
    if is_dataclass(value):
        return size + sys.getsizeof(vars(value)) + sum(map(memory_of, vars(value).values()))
    return size
