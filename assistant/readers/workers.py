"""Reads files in child processes that are stopped when a file takes too long or too much.

Parsers of foreign formats hang or exhaust memory on crafted files (pypdf alone had ten such
advisories in 2026), and no exception tells.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from assistant.errors import NotPublished, ReadError
from assistant.readers.choosing import read_file
from assistant.readers.listing import LEFT_OUT
from assistant.readers.page import Page
from assistant.readers.site import Site
from assistant.schema import Document

MAX_SECONDS = 120.0  # for one file
MAX_MEMORY_BYTES = 4 << 30
_WORKERS = 2
_FEW_FILES = 20
_SMALL_BYTES = 1_000_000
_SLOW = (".pdf", ".xlsx", ".docx")


@dataclass(frozen=True)
class Outcome:
    """What became of one file: ``read``, or None and the reason."""

    source: str
    read: Page | Document | None
    reason: str = ""
    code: str = "unreadable"  # of the reason, as in `Skipped`


def read_files(site: Site, sources: Sequence[str], *, max_seconds: float = MAX_SECONDS) -> Iterator[Outcome]:
    """Yield the outcome of each file, in the order of ``sources``."""
    if os.name != "posix":  # no limit on memory and no socket to hand over there
        for source in sources:
            yield read_one(site, source)
        return
    pool = _Pool(site, sources, max_seconds, _worker_count(site, sources))
    try:
        yield from pool.outcomes()
    finally:
        pool.close()


def read_one(site: Site, source: str) -> Outcome:
    """Read one file here and now."""
    try:
        return Outcome(source, read_file(site, source))
    except NotPublished as error:
        return Outcome(source, None, str(error), LEFT_OUT)
    except ReadError as error:
        return Outcome(source, None, str(error))
    except MemoryError:
        return Outcome(source, None, f"{source}: needs too much memory to be read", "too-large")


def _worker_count(site: Site, sources: Sequence[str]) -> int:
    """Return how many children are worth starting: a few small files are read faster than a second one starts."""
    if len(sources) > _FEW_FILES or any(source.lower().endswith(_SLOW) for source in sources):
        return _WORKERS
    size = 0
    for source in sources:
        with contextlib.suppress(OSError):  # gone since it was listed: its reader tells
            size += (site.root / source).stat().st_size
    return _WORKERS if size > _SMALL_BYTES else 1


class _Worker:
    """One child process and the file it reads."""

    def __init__(self, site: Site) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:  # both closed whatever fails; what the connection takes over is no longer theirs
            # A plain child, not multiprocessing's: it must not run the caller's __main__ again.
            code = "import sys; from assistant.readers.worker import serve; serve(*map(int, sys.argv[1:]))"
            self._process = subprocess.Popen(
                [sys.executable, "-c", code, str(theirs.fileno()), str(MAX_MEMORY_BYTES)],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.connection = Connection(ours.detach())
        self.connection.send(site)
        self.source = ""
        self.started = 0.0

    def give(self, source: str) -> None:
        self.source = source
        self.started = time.monotonic()
        self.connection.send(source)

    def stop(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.wait()


class _Pool:
    """A few workers that share the files of one corpus."""

    def __init__(self, site: Site, sources: Sequence[str], max_seconds: float, size: int) -> None:
        self._site = site
        self._sources = sources
        self._waiting = list(reversed(sources))
        self._max_seconds = max_seconds
        self._size = size
        self._workers: list[_Worker] = []
        self._done: dict[str, Outcome] = {}

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes in the order of the sources, each as soon as those before it are there."""
        for source in self._sources:
            while source not in self._done:
                self._step()
            yield self._done.pop(source)

    def close(self) -> None:
        """Stop every worker."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()

    def _step(self) -> None:
        """Give files to idle workers, then take what comes back or give up on what does not."""
        while self._waiting and len(self._workers) < self._size:
            worker = _Worker(self._site)
            worker.give(self._waiting.pop())
            self._workers.append(worker)
        first = min(worker.started for worker in self._workers)
        left = max(0.0, first + self._max_seconds - time.monotonic())
        ready = wait([worker.connection for worker in self._workers], timeout=left)
        for worker in list(self._workers):
            if worker.connection in ready:
                self._take(worker)
            elif time.monotonic() - worker.started >= self._max_seconds:
                self._give_up(worker, f"takes longer than {self._max_seconds:.0f} seconds to read", "too-slow")

    def _take(self, worker: _Worker) -> None:
        try:
            self._done[worker.source] = worker.connection.recv()
        except (EOFError, OSError):
            self._give_up(worker, "cannot be read, its reader ran out of memory or failed", "reader-failed")
            return
        if self._waiting:
            worker.give(self._waiting.pop())
        else:
            self._workers.remove(worker)
            worker.stop()

    def _give_up(self, worker: _Worker, reason: str, code: str) -> None:
        self._done[worker.source] = Outcome(worker.source, None, f"{worker.source}: {reason}", code)
        self._workers.remove(worker)
        worker.stop()
