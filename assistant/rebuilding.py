"""Builds the index in a process of its own, so that those who are asking do not wait for it."""

import contextlib
import hashlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from assistant.children import settings_from_parent, start_child
from assistant.errors import AssistantError, SettingsError
from assistant.settings import Settings

_log = logging.getLogger(__name__)
_NICENESS = 10  # answers come first
_LONGEST_BUILD_S = 3600.0


def build_apart(settings: Settings) -> str:
    """Build in a child process, whose memory goes with it; returns what came of it in words.

    Raises SettingsError with what the child said where it failed.
    """
    child = start_child("assistant.rebuilding", settings)
    said, status = _outcome(child)
    if status:
        raise SettingsError(said or f"the build ended with exit status {status}; see above.")
    return said


class Rebuilder:
    """Starts at most one build at a time; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Start a build; False where one that was started here still runs."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                return False
            self._child = start_child("assistant.rebuilding", self._settings)
        threading.Thread(target=self._report, args=(self._child,), daemon=True).start()
        return True

    def wait(self, timeout_s: float) -> None:
        """Wait until the build that was started last is done."""
        if self._child is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout_s)

    def close(self) -> None:
        """End a build that still runs: what is served is not touched, and the next one starts anew."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    def _report(self, child: subprocess.Popen[bytes]) -> None:
        said, status = _outcome(child)
        if status == 0:
            _log.info("rebuilt: %s", said)
        else:
            _log.error("the rebuild failed, the index stays as it is: %s", said or f"exit status {status}")


class Watcher:
    """Looks at the documents now and then, and has the index rebuilt where they changed."""

    def __init__(self, settings: Settings, rebuilder: Rebuilder, *, every_s: float = 2.0) -> None:
        self._settings = settings
        self._rebuilder = rebuilder
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._seen = ""  # the stamp of the documents that were looked at last

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking, and end a build that runs."""
        self._stopping.set()
        self._thread.join()
        self._rebuilder.close()

    def _watch(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._look()
            except (AssistantError, OSError) as error:  # a folder that is being replaced, perhaps
                _log.warning("the documents cannot be looked at now: %s", error)

    def _look(self) -> None:
        from assistant.pipeline import is_current

        stamp = _stamp(self._settings.corpus.path)
        if stamp == self._seen:  # nothing happened, or nothing since a build that failed
            return
        # Whoever writes many files is given the time to write all of them.
        if self._stopping.wait(self._every_s / 4) or _stamp(self._settings.corpus.path) != stamp:
            return
        if is_current(self._settings) or self._rebuilder.start():
            self._rebuilder.wait(_LONGEST_BUILD_S)
            self._seen = stamp


def _stamp(folder: Path) -> str:
    """Return what changes with any file below ``folder``, without reading one."""
    stamp = hashlib.sha256()
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            with contextlib.suppress(OSError):  # gone since it was listed: its absence is the change
                status = os.stat(os.path.join(place, name))
                told = f"{place}\n{name}\n{status.st_ino} {status.st_size} {status.st_mtime_ns}\n"
                stamp.update(told.encode("utf-8", "surrogateescape"))
    return stamp.hexdigest()


def _outcome(child: subprocess.Popen[bytes]) -> tuple[str, int]:
    """Wait for a build; returns what it said and its exit status."""
    said = child.stdout.read().decode(errors="replace").strip() if child.stdout else ""
    status = child.wait()
    for stream in (child.stdin, child.stdout):
        if stream:
            stream.close()
    return said, status


def main(_arguments: Sequence[str]) -> int:
    """Build; the child of ``Rebuilder``. Prints one line that says what came of it."""
    from assistant.pipeline import build

    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    logging.basicConfig(level=logging.WARNING)
    try:
        summary = build(settings_from_parent(sys.stdin.buffer))
    except AssistantError as error:
        sys.stdout.write(str(error))
        return 1
    sys.stdout.write(f"{summary.passages} passages of {summary.files} files in {summary.seconds:.1f} s")
    return 0
