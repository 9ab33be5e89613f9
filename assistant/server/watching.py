"""Looks how long answers take, and ends a worker process that one of them holds: another takes its place."""

import faulthandler
import itertools
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.settings import Settings

_LOOK_EVERY_S = 1.0
_CLOSING_S = 10.0  # beyond the grace: threads, journal

_log = logging.getLogger(__name__)


class AnswerWatch:
    """Knows since when each answer is being found; safe to share between threads.

    Python cannot end a thread, so an answer that takes too long can only be ended with its
    process. ``end`` does so in good order: what others asked is finished and the journal written.
    Where that does not help, because a thread that never returns holds up the end or one call into
    a library lets no other thread run, the process is ended at once; only the traceback is told.
    """

    def __init__(self, *, longest_s: float, grace_s: float) -> None:
        """An answer may take ``longest_s``, and a process ``grace_s`` to end."""
        self._longest_s, self._grace_s = longest_s, grace_s
        self._keys = itertools.count()
        self._running: dict[int, tuple[float, int]] = {}  # key → since when, in which thread
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def finding(self) -> Iterator[None]:
        """Watch the answer that is found within the block."""
        key = next(self._keys)
        self._running[key] = time.monotonic(), threading.get_ident()
        try:
            yield
        finally:
            del self._running[key]

    def start(self, end: Callable[[], None]) -> None:
        """Look now and then; call ``end`` once, where an answer has taken too long."""
        self._thread = threading.Thread(target=self._look, args=(end,), name="watch answers", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more. The process still ends in time, where an answer was found to hold it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, end: Callable[[], None]) -> None:
        while True:
            # A thread of faulthandler's own, in C, counts down: it runs also while no Python does.
            faulthandler.dump_traceback_later(self._longest_s + _LOOK_EVERY_S, exit=True)
            if self._stopping.wait(min(_LOOK_EVERY_S, self._longest_s / 2)):
                faulthandler.cancel_dump_traceback_later()
                return
            began = time.monotonic() - self._longest_s
            late = next((thread for since, thread in list(self._running.values()) if since < began), None)
            if late is not None:
                told = "an answer takes longer than %.0f s; this process ends, another takes its place:\n%s"
                _log.error(told, self._longest_s, _where(late))
                faulthandler.dump_traceback_later(self._grace_s + _CLOSING_S, exit=True)
                end()
                return


def answer_watch(settings: Settings) -> AnswerWatch:
    """Return a watch as the settings want it; it does not look yet."""
    model = settings.answer.language_model
    longest_s = settings.server.longest_answer_s + (model.timeout_s if model else 0)
    return AnswerWatch(longest_s=longest_s, grace_s=settings.server.grace_s)


def _where(thread: int) -> str:
    """Return the code that a thread is running, without what it is running on."""
    frame = sys._current_frames().get(thread)
    return "".join(traceback.format_stack(frame)) if frame else "(just done)"
