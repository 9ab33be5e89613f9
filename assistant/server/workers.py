"""The supervisor of several worker processes that serve on one port."""

import logging
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from assistant.children import start_child
from assistant.errors import SettingsError
from assistant.server.worker import READY
from assistant.settings import Settings

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.2
_SHORTEST_LIFE_S = 10.0  # who ends sooner will end again
_MOST_FAILURES = 3  # one after the other


class Workers:
    """Worker processes on one listening socket; one that dies is replaced."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        if not hasattr(socket, "AF_UNIX"):
            raise SettingsError("server.workers: more than one needs Linux or macOS; set it to 1.")
        self._settings = settings
        self._listener = listener
        self._folder = tempfile.TemporaryDirectory(prefix="lab-assistant-")
        self._metrics = Path(self._folder.name) / "metrics"
        self._metrics.mkdir()
        self._running: dict[subprocess.Popen[bytes], float] = {}  # process → when it was started
        self._failures = 0

    def start(self) -> None:
        """Start all; returns when each can answer. Raises SettingsError where one cannot."""
        for _ in range(self._settings.server.workers):
            self._start_one()
        for worker in self._running:
            assert worker.stdout is not None
            if worker.stdout.readline() != READY:
                self.stop()
                raise SettingsError("server: a worker could not start; what it logged above says why.")

    def watch(self, stopping: threading.Event) -> None:
        """Replace workers that die, until ``stopping``. Raises SettingsError where they keep dying."""
        while not stopping.wait(_LOOK_EVERY_S):
            for worker, started in list(self._running.items()):
                if worker.poll() is not None:
                    self._replace(worker, started)

    def stop(self) -> None:
        """Tell all to finish what they began; returns when they have."""
        for worker in self._running:
            worker.terminate()
        end = time.monotonic() + self._settings.server.grace_s + 5
        for worker in self._running:
            try:
                worker.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            _close_pipes(worker)
        self._running.clear()
        self._folder.cleanup()

    def _start_one(self) -> None:
        arguments = (str(self._listener.fileno()), str(Path(self._folder.name) / "counts.db"))
        worker = start_child(
            "assistant.server.worker",
            self._settings,
            pass_fds=(self._listener.fileno(),),
            arguments=arguments,
            environment={"PROMETHEUS_MULTIPROC_DIR": str(self._metrics)},
        )
        self._running[worker] = time.monotonic()

    def _replace(self, worker: subprocess.Popen[bytes], started: float) -> None:
        del self._running[worker]
        _close_pipes(worker)
        lived_s = time.monotonic() - started
        self._failures = self._failures + 1 if lived_s < _SHORTEST_LIFE_S else 1
        ended = "worker %d ended with %d after %.0f s; another takes its place"
        _log.error(ended, worker.pid, worker.returncode, lived_s)
        mark_process_dead(worker.pid, path=str(self._metrics))
        if self._failures > _MOST_FAILURES:
            self.stop()
            raise SettingsError("server: the workers keep ending; what they logged above says why.")
        self._start_one()


def _close_pipes(worker: subprocess.Popen[bytes]) -> None:
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            stream.close()
