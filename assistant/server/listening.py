"""Serving the application with waitress, a production WSGI server of plain Python."""

import json
import logging
import socket
from collections.abc import Callable

from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask

from assistant.errors import SettingsError
from assistant.server.serialise import error_body
from assistant.settings import Settings

# Up to here a long body is taken in (on disk) and refused by the application in its own words;
# beyond, waitress hangs up while the client still writes, which clients tell as a broken pipe.
_MAX_BUFFERED_BYTES = 16 * 1024 * 1024


class _JsonErrorTask(ErrorTask):
    """Waitress's own refusals (torn requests, endless headers) in the API's error shape."""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        code = "too-long" if error.code == 413 else "bad-request"
        body = json.dumps(error_body(code, f"{error.reason}: the request cannot be taken.")).encode()
        self.response_headers.append(("Content-Type", "application/json"))
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _JsonErrorTask


def open_server(app: Flask, settings: Settings) -> BaseWSGIServer:
    """Return a server that listens already; ``.run()`` serves, ``.close()`` ends it.

    Port 0 takes a free one, which is then ``effective_port``. Raises SettingsError where the
    address cannot be had.
    """
    server = create_server(
        app,
        sockets=[_listening_socket(settings.server.host, settings.server.port)],
        threads=settings.server.workers,
        max_request_body_size=_MAX_BUFFERED_BYTES,
        ident=None,
        # A proxy on this machine may name the visitor: limits are for visitors, not for it.
        trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-for", "x-forwarded-proto"},
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = _Channel
    # A queue is usual when a page loads its modules; waitress would warn of each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return server


def serve(app: Flask, settings: Settings, *, on_listening: Callable[[str], None]) -> None:
    """Serve until interrupted; ``on_listening`` is told the address of the chat page."""
    server = open_server(app, settings)
    host = settings.server.host if settings.server.host not in ("0.0.0.0", "::") else "localhost"
    on_listening(f"http://{f'[{host}]' if ':' in host else host}:{server.effective_port}/")
    server.run()


def _listening_socket(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> SettingsError:
    return SettingsError(f"server: cannot listen on {host}:{port} ({error.strerror}); choose another --host or --port.")
