"""Writes entries behind the visitors' backs, so that no answer waits for a disk or a lock."""

import contextlib
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from assistant.journal.nouns import Entry

_log = logging.getLogger(__name__)
ROOM = 10_000  # entries, about 10 MB: minutes of a locked database under full load
_BATCH = 200
GATHER_S = 0.1  # a transaction for each question took 0.8 ms of processor time, one for 20 takes 0.2 ms each
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 30.0
_PRUNE_EVERY_S = 6 * 3600


class BackgroundWriter:
    """A queue and the one thread that empties it; ``write`` stores a batch whole or not at all.

    While the database refuses (locked, full, gone) entries wait and are tried again; when the
    queue is full the newest are lost, counted and told in the log. What waits when the process is
    killed (SIGKILL, not SIGTERM) is lost as well: where the database takes what it is given, the
    questions of the last tenth of a second and of the write that ran.
    """

    def __init__(
        self, write: Callable[[Sequence[Entry]], None], prune: Callable[[], None], *, room: int = ROOM
    ) -> None:
        self._write = write
        self._prune = prune
        self._queue: queue.Queue[Entry | None] = queue.Queue(room)  # None: wake up
        self._known = threading.Lock()
        self._ids: Counter[str] = Counter()
        self._lost = 0
        self._closing = threading.Event()
        self._give_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Take an entry; never waits, never raises."""
        with self._known:
            self._ids[entry.answer] += 1
        try:
            self._queue.put_nowait(entry)
        except queue.Full:
            self._done(entry)
            self._lose(1, "its queue is full")

    def holds(self, answer_id: str) -> bool:
        """Tell whether an entry of this answer waits."""
        with self._known:
            return answer_id in self._ids

    @property
    def waiting(self) -> int:
        """How many entries are not written yet."""
        with self._known:
            return self._ids.total()

    @property
    def lost(self) -> int:
        """How many entries could not be kept since the start."""
        with self._known:
            return self._lost

    def close(self, *, timeout_s: float) -> None:
        """Write what waits, for at most about ``timeout_s``, and end."""
        self._give_up_at = time.monotonic() + timeout_s
        self._closing.set()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(timeout_s + 1)
        if left := self.waiting:
            self._lose(left, "it ended before its database took them")

    def _run(self) -> None:
        prune_at = time.monotonic()
        while not (self._closing.is_set() and self._queue.empty()) and time.monotonic() < self._give_up_at:
            if time.monotonic() >= prune_at and not self._closing.is_set():
                prune_at = time.monotonic() + _PRUNE_EVERY_S
                self._try_to_prune()
            if batch := self._next_batch(wait_s=prune_at - time.monotonic()):
                self._write_until_done(batch)

    def _next_batch(self, *, wait_s: float) -> list[Entry]:
        """Return what waits, at most a batch; none after ``wait_s`` or when the journal is closed."""
        taken: list[Entry | None] = []
        with contextlib.suppress(queue.Empty):
            taken.append(self._queue.get(timeout=max(0.0, wait_s)))
            self._closing.wait(GATHER_S)
            while len(taken) < _BATCH:
                taken.append(self._queue.get_nowait())
        return [entry for entry in taken if entry is not None]

    def _write_until_done(self, batch: Sequence[Entry]) -> None:
        pause_s = _FIRST_PAUSE_S
        while time.monotonic() < self._give_up_at:
            try:
                self._write(batch)
            except (SQLAlchemyError, ValueError) as error:
                if _may_pass(error):
                    told = "journal: %d questions wait, the database refuses them: %s"
                    _log.warning(told, self.waiting, _brief(error))
                    self._pause(pause_s)
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                    continue
                self._write_one_by_one(batch)
            for entry in batch:
                self._done(entry)
            return

    def _pause(self, seconds: float) -> None:
        """Wait, but not long once the journal is being closed."""
        if not self._closing.wait(seconds):
            return
        time.sleep(_FIRST_PAUSE_S)

    def _write_one_by_one(self, batch: Sequence[Entry]) -> None:
        """Write a batch of which something cannot be stored ever, and lose only that."""
        for entry in batch:
            try:
                self._write([entry])
            except (SQLAlchemyError, ValueError) as error:
                self._lose(1, _brief(error))

    def _try_to_prune(self) -> None:
        try:
            self._prune()
        except SQLAlchemyError as error:
            _log.warning("journal: what is past its retention could not be deleted: %s", _brief(error))

    def _done(self, entry: Entry) -> None:
        with self._known:
            self._ids[entry.answer] -= 1
            if self._ids[entry.answer] <= 0:
                del self._ids[entry.answer]

    def _lose(self, count: int, reason: str) -> None:
        with self._known:
            self._lost += count
            total = self._lost
        # Each tenfold is told: a flood of questions must not become a flood of lines.
        if count > 1 or str(total).strip("0") == "1":
            _log.error("journal: %d questions lost so far: %s", total, reason)


def _may_pass(error: SQLAlchemyError | ValueError) -> bool:
    """Tell whether the same write may succeed later: a lock, a full disk, a server that restarts."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _brief(error: SQLAlchemyError | ValueError) -> str:
    """Return the driver's own first line: SQLAlchemy's text would quote the question."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split("\n")[0].split())
