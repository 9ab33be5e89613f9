"""A worker process: serves on the listening socket that its supervisor gave it."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence

from assistant.children import settings_from_parent
from assistant.errors import AssistantError
from assistant.logs import start_logging
from assistant.server.listening import HttpServer
from assistant.server.running import run
from assistant.settings import Settings

_log = logging.getLogger(__name__)
READY = b"ready\n"


def main(arguments: Sequence[str]) -> int:
    """Serve; ``arguments`` are the socket's descriptor and the file of the shared counts."""
    descriptor, counts_file = arguments
    settings = settings_from_parent(sys.stdin.buffer)
    start_logging(settings.log)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches all; the supervisor passes it on
    try:
        _serve(settings, socket.socket(fileno=int(descriptor)), counts_file)
    except AssistantError as error:
        _log.error("%s", error)
        return 1
    return 0


def _serve(settings: Settings, listener: socket.socket, counts_file: str) -> None:
    stopping = threading.Event()

    def ready(server: HttpServer) -> None:
        def stop() -> None:
            stopping.set()
            server.pull_trigger()

        signal.signal(signal.SIGTERM, lambda *_: stop())
        threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
        sys.stdout.buffer.write(READY)
        sys.stdout.buffer.flush()

    run(settings, listener=listener, stopping=stopping, on_ready=ready, counts_file=counts_file, is_replaced=True)


def _end_with_parent(stop: Callable[[], None]) -> None:
    """A supervisor that was killed leaves nobody behind on its port."""
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin itself, which the end of the process would wait for
        pass
    stop()
