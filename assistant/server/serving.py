"""The server as one program: its processes, the watching of the documents, and its orderly end."""

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from assistant.errors import SettingsError
from assistant.rebuilding import Rebuilder, Watcher
from assistant.server.listening import HttpServer, listening_socket
from assistant.settings import Settings


def serve(settings: Settings, *, watch: bool, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl+C, and finish what was begun.

    ``on_listening`` is told the address as soon as questions can be answered. Raises AssistantError
    where there is nothing to serve or the address cannot be had.
    """
    if settings.index.is_milvus_lite and (watch or settings.server.workers > 1):
        raise SettingsError(
            "index.milvus_uri: Milvus Lite serves one process, and --watch and several workers are more; name a "
            "Milvus server, or leave them out."
        )
    listener = listening_socket(settings.server.host, settings.server.port)
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    with contextlib.closing(listener), _watching(settings, watch=watch):
        if settings.server.workers == 1:
            _serve_here(settings, listener, lambda: on_listening(address))
        else:
            _serve_by_workers(settings, listener, lambda: on_listening(address))


def _serve_here(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    from assistant.server.running import run

    stopping = threading.Event()

    def ready(server: HttpServer) -> None:
        _stop_on_signals(stopping, server.pull_trigger)
        on_ready()

    run(settings, listener=listener, stopping=stopping, on_ready=ready)


def _serve_by_workers(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    from assistant.server.workers import Workers

    stopping = threading.Event()
    workers = Workers(settings, listener)
    try:
        workers.start()
        _stop_on_signals(stopping, lambda: None)
        on_ready()
        workers.watch(stopping)
    finally:
        workers.stop()


@contextlib.contextmanager
def _watching(settings: Settings, *, watch: bool) -> Iterator[None]:
    if not watch:
        yield
        return
    watcher = Watcher(settings, Rebuilder(settings))
    watcher.start()
    try:
        yield
    finally:
        watcher.close()


def _stop_on_signals(stopping: threading.Event, wake: Callable[[], None]) -> None:
    """Let SIGTERM and SIGINT set ``stopping``; the second one ends the process at once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()
        wake()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
