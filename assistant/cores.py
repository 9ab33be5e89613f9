"""The same work on many things, done by a process on each core."""

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from assistant.errors import CorpusError

if TYPE_CHECKING:
    from concurrent.futures import Future

_Thing = TypeVar("_Thing")
_Result = TypeVar("_Result")
_AHEAD = 2  # batches a process, done or to be done: bounds memory


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_every_core(work: Callable[[_Thing], _Result], things: Iterable[_Thing]) -> Iterator[_Result]:
    """Yield ``work(thing)`` for each of ``things``, in their order.

    ``work`` is a function of a module, and what it takes and gives can be sent to a process.
    Raises what it raises, and CorpusError where a process is killed.
    """
    # Here, since a question needs none of it.

    # Here, since a question needs none of it.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    count = core_count()
    # Spawned: a fork would take over locks that threads of this process hold.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin) as pool:
        waiting: deque[Future[_Result]] = deque()
        try:
            for thing in things:
                waiting.append(pool.submit(work, thing))
                if len(waiting) > _AHEAD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise CorpusError(
                "a process that helped to build was killed, maybe for its memory; make room and build again."
            ) from error
        finally:
            for future in waiting:
                future.cancel()


@contextmanager
def no_cycles_collected() -> Iterator[None]:
    """Leave out Python's search for cycles: among millions of passages it takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _begin() -> None:
    gc.disable()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # each process has one core
