"""Reads the files of a corpus, those that did not change from memory."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from assistant.readers.dependencies import reading_key, state_of
from assistant.readers.page import Page
from assistant.readers.site import Site
from assistant.readers.workers import Outcome, read_files
from assistant.schema import Document

ReadFiles = Callable[[Site, Sequence[str]], Iterator[Outcome]]  # the outcome of each file, in order


@dataclass(frozen=True)
class KeptReading:
    """What was read of a file, and of what it was made."""

    key: str  # digest of the file, its reader and the settings of its site
    state: tuple[str, ...]  # of each thing that ``read.asked`` names
    read: Page | Document


class Memory(Protocol):
    """Keeps readings from one build to the next, by the path of their file."""

    def recall(self, source: str) -> KeptReading | None:
        """Return what was kept of a file."""

    def keep(self, source: str, reading: KeptReading) -> None:
        """Keep what was read of a file."""

    def keep_only(self, sources: Sequence[str]) -> None:
        """Forget every other file."""


def read_changed(
    site: Site, sources: Sequence[str], memory: Memory, *, read: ReadFiles = read_files
) -> Iterator[Outcome]:
    """Yield the outcome of each file in order; one that reads as it did is not read again.

    What could not be read is not kept: it may have been a matter of time or memory.
    """
    today = date.today()
    keys = {source: _key(site, source, today) for source in sources}
    kept: dict[str, Page | Document] = {}
    for source in sources:
        reading = memory.recall(source) if keys[source] else None
        if reading and reading.key == keys[source] and reading.state == _state(site, reading.read):
            kept[source] = reading.read
    outcomes = read(site, [source for source in sources if source not in kept])
    for source in sources:
        if source in kept:
            yield Outcome(source, kept[source])
            continue
        outcome = next(outcomes)
        if outcome.read is not None and keys[source]:
            memory.keep(source, KeptReading(keys[source], _state(site, outcome.read), outcome.read))
        yield outcome
    memory.keep_only(sources)


def _key(site: Site, source: str, today: date) -> str:
    with contextlib.suppress(OSError):  # gone or closed since it was listed: its reader tells
        return reading_key(site, source, today=today)
    return ""


def _state(site: Site, read: Page | Document) -> tuple[str, ...]:
    with contextlib.suppress(OSError):
        return state_of(site, read.asked if isinstance(read, Page) else ())
    return ("unknown",)
