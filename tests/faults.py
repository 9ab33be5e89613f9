"""Makes the n-th call that writes to the disk fail, or kills the process there."""

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

OPERATIONS = ("open", "write", "fsync", "replace", "mkdir", "chmod")
_WRITES = os.O_WRONLY | os.O_RDWR


class Disk:
    """Counts the calls that change the disk, and lets one of them go wrong.

    ``log`` holds (operation, path) of each; ``fault`` is called with the real call at number ``at``
    (from 0) and takes its place.
    """

    def __init__(self, at: int = -1, fault: Callable[..., Any] | None = None) -> None:
        self.log: list[tuple[str, str]] = []
        self._at, self._fault = at, fault
        self._paths: dict[int, str] = {}

    def call(self, name: str, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
        if name == "open" and not args[1] & _WRITES:
            opened = real(*args, **options)
            self._paths[opened] = str(args[0])
            return opened
        number = len(self.log)
        path = self._paths.get(args[0], "") if isinstance(args[0], int) else str(args[-1] if name == "replace" else args[0])
        self.log.append((name, path))
        act = self._fault if number == self._at and self._fault else _really
        result = act(name, real, *args, **options)
        if name == "open":
            self._paths[result] = str(args[0])
        return result


def _really(_name: str, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return real(*args, **options)


def failing(number: int) -> Callable[..., Any]:
    """Return a fault that is an OSError; of a write, a part is written first."""

    def fail(name: str, real: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        if name == "write":
            real(args[0], args[1][: len(args[1]) // 2])
        raise OSError(number, os.strerror(number))

    return fail


def short_write(name: str, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A fault that is none: the disk takes half of a write, as it may."""
    if name == "write" and len(args[1]) > 1:
        return real(args[0], args[1][: len(args[1]) // 2])
    return real(*args, **options)


def killed_before(name: str, real: Callable[..., Any], *args: Any, **options: Any) -> None:
    """A fault that is the end: before the call, or in the middle of a write."""
    if name == "write":
        real(args[0], args[1][: len(args[1]) // 2])
    os.kill(os.getpid(), signal.SIGKILL)


def killed_after(_name: str, real: Callable[..., Any], *args: Any, **options: Any) -> None:
    """A fault that is the end: just after the call."""
    try:
        real(*args, **options)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


FAULTS: dict[str, Callable[..., Any]] = {
    "full disk": failing(errno.ENOSPC),
    "input/output error": failing(errno.EIO),
    "short write": short_write,
    "killed before": killed_before,
    "killed after": killed_after,
}


@contextmanager
def on(disk: Disk) -> Iterator[Disk]:
    """Let every call of this process that changes the disk pass through ``disk``."""
    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            real = getattr(os, name)
            patch.setattr(os, name, lambda *args, _n=name, _r=real, **options: disk.call(_n, _r, *args, **options))
        yield disk


def in_child(work: Callable[[], None]) -> int:
    """Run ``work`` in a forked child; returns its exit status, -9 where it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
