"""One serving process, from loading the index to the last answer."""

import logging
import socket
import sys
import threading
from collections.abc import Callable

from assistant.errors import JournalError
from assistant.journal import Journal
from assistant.live import LiveAssistant
from assistant.rebuilding import Rebuilder
from assistant.server.app import create_app
from assistant.server.listening import HttpServer, open_server
from assistant.server.watching import answer_watch
from assistant.settings import Settings

_log = logging.getLogger(__name__)
# A new index is loaded beside the answers: with Python's 5 ms each of them would wait that long
# at every step that gives the interpreter away.
_SWITCH_INTERVAL_S = 0.001


def run(
    settings: Settings,
    *,
    listener: socket.socket,
    stopping: threading.Event,
    on_ready: Callable[[HttpServer], None],
    counts_file: str = "",
    is_replaced: bool = False,
) -> None:
    """Serve on ``listener`` until ``stopping``; ``on_ready`` is told when questions can be answered.

    Where somebody replaces this process (``is_replaced``), it ends once an answer holds it. Raises
    AssistantError where there is nothing to serve.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    assistant = LiveAssistant(settings)
    journal = Journal.open(settings.journal.url, retention_days=settings.journal.retention_days)
    rebuilder = Rebuilder(settings)
    watch = answer_watch(settings)
    app = create_app(settings, assistant, journal, rebuilder=rebuilder, counts_file=counts_file, watch=watch)
    server = open_server(app, settings, listener=listener, shares_listener=is_replaced)

    def end() -> None:
        stopping.set()
        server.pull_trigger()

    assistant.start()
    if is_replaced:
        watch.start(end)
    on_ready(server)
    try:
        server.serve(stopping, grace_s=settings.server.grace_s)
    finally:
        server.close_all()
        watch.close()
        assistant.close()
        rebuilder.close()
        try:
            journal.close()
        except JournalError as error:
            _log.error("%s", error)
