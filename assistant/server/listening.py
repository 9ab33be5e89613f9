"""Serving the application with waitress, a production WSGI server of plain Python."""

import json
import logging
import socket
import threading
import time
from contextlib import suppress

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from assistant.errors import SettingsError
from assistant.server.serialise import error_body
from assistant.settings import ServerSettings, Settings

# Up to here a long body is taken in (on disk) and refused by the application in its own words;
# beyond, waitress hangs up while the client still writes, which clients tell as a broken pipe.
_MAX_BUFFERED_BYTES = 16 * 1024 * 1024
_MAX_HEADER_BYTES = 32 * 1024
_MAX_CONNECTIONS = 1000
_IDLE_S = 60  # a connection on which nothing happens
_RECEIVING_S = 20.0  # a request that comes in byte by byte
_LOOK_EVERY_S = 5  # for both of these
_LONGEST_WAIT_S = 10.0  # of a request for a free thread; visitors have left by then
_RETRY_AFTER_S = 2
# How long a worker leaves a new connection to the others, for each that it has, and at most.
_LEAVES_S, _LEAVES_MOST_S = 0.0005, 0.005
_OFFER_S = 0.02  # what was left for longer than this ago was another connection


class _Busy(Error):
    code = 503
    reason = "Service Unavailable"


class _JsonErrorTask(ErrorTask):
    """Waitress's own refusals (torn requests, endless headers) in the API's error shape."""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        if isinstance(error, _Busy):
            body = error_body("busy", "Too many are asking at once; ask again in a moment.")
            self.response_headers.append(("Retry-After", str(_RETRY_AFTER_S)))
        else:
            code = "too-long" if error.code == 413 else "bad-request"
            body = error_body(code, f"{error.reason}: the request cannot be taken.")
        content = json.dumps(body).encode()
        self.response_headers += [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
        self.content_length = len(content)
        self.set_close_on_finish()
        self.write(content)


class _Channel(HTTPChannel):
    """A connection that knows since when it waits: for the rest of a request, or for a thread."""

    error_task_class = _JsonErrorTask
    receiving_since = 0.0  # 0: no request is half received
    queued_at = 0.0

    def received(self, data: bytes) -> bool:
        result = super().received(data)
        if self.request is None:
            self.receiving_since = 0.0
        elif not self.receiving_since:
            self.receiving_since = time.monotonic()
        return result

    def service(self) -> None:
        if self.requests and self.queued_at and time.monotonic() - self.queued_at > _LONGEST_WAIT_S:
            self.requests[0].error = _Busy("busy")
        super().service()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being received, answered or sent."""
        return self.request is None and not self.requests and not self.total_outbufs_len


class _Dispatcher(ThreadedTaskDispatcher):
    """Threads with a bounded queue: whom it cannot serve soon it tells so at once."""

    def __init__(self, *, threads: int, most_waiting: int) -> None:
        super().__init__()
        self._most_waiting = most_waiting
        self.set_thread_count(threads)

    def add_task(self, task: _Channel) -> None:
        task.queued_at = time.monotonic()
        if len(self.queue) < self._most_waiting:
            super().add_task(task)
            return
        task.requests[0].error = _Busy("busy")
        with self.lock:  # a refusal takes no time: the next free thread tells it first of all
            self.queue.appendleft(task)
            self.queue_cv.notify()


class HttpServer(TcpWSGIServer):
    """Waitress with limits on slow and too many clients, and an end that finishes what was begun."""

    channel_class = _Channel
    shares_listener = False  # with other processes
    _left_until = 0.0

    def readable(self) -> bool:
        """Tell whether a new connection is to be taken now."""
        return super().readable() and time.monotonic() >= self._left_until

    def handle_accept(self) -> None:
        """Take a connection, unless another worker may have fewer: clients keep theirs for long.

        Of 20 that came at once, one of two workers had 13, and let those wait.
        """
        now, has = time.monotonic(), len(self.active_channels)
        if self.shares_listener and has and now - self._left_until > _OFFER_S:
            self._left_until = now + min(_LEAVES_S * has, _LEAVES_MOST_S)
            return
        self._left_until = 0.0  # the next one is left to the others again
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        """Close what is idle or dribbles: waitress alone lets a byte a minute hold a connection."""
        super().maintenance(now)
        late = time.monotonic() - _RECEIVING_S
        for channel in list(self.active_channels.values()):
            if channel.receiving_since and channel.receiving_since < late:
                channel.will_close = True

    def serve(self, stopping: threading.Event, *, grace_s: float) -> None:
        """Serve until ``stopping``; then take no more, finish what was begun, at most ``grace_s``.

        Whoever sets ``stopping`` calls ``pull_trigger``, which wakes the loop up.
        """
        while not stopping.is_set():
            leaves_s = self._left_until - time.monotonic()
            self._turn(max(0.001, leaves_s) if leaves_s > 0 else 1.0)
        self.accepting = False
        self.del_channel()  # of the listening socket: other workers may still listen on it
        self.socket.close()
        end = time.monotonic() + grace_s
        while self.active_channels and time.monotonic() < end:
            for channel in list(self.active_channels.values()):
                if channel.is_idle:
                    channel.handle_close()
            self._turn(0.05)

    def close_all(self) -> None:
        """End the threads and close every socket."""
        self.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _turn(self, timeout_s: float) -> None:
        wasyncore.loop(timeout=timeout_s, map=self._map, use_poll=True, count=1)


def open_server(
    app: Flask, settings: Settings, *, listener: socket.socket | None = None, shares_listener: bool = False
) -> HttpServer:
    """Return a server that listens already, on ``listener`` where one is given; ``.serve()`` serves.

    Port 0 takes a free one, which is then ``effective_port``. Raises SettingsError where the
    address cannot be had.
    """
    chosen = settings.server
    listener = listener or listening_socket(chosen.host, chosen.port)
    adjustments = Adjustments(
        sockets=[listener],
        max_request_body_size=_MAX_BUFFERED_BYTES,
        max_request_header_size=_MAX_HEADER_BYTES,
        connection_limit=_MAX_CONNECTIONS,
        channel_timeout=_IDLE_S,
        cleanup_interval=_LOOK_EVERY_S,
        backlog=1024,
        ident=None,
        **_proxy_options(chosen),
    )
    server = HttpServer(
        app,
        _sock=listener,
        adj=adjustments,
        dispatcher=_Dispatcher(threads=chosen.threads, most_waiting=chosen.most_waiting),
        sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        bind_socket=False,
    )
    server.shares_listener = shares_listener
    # A queue is usual when a page loads its modules; waitress would warn of each.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return server


def _proxy_options(chosen: ServerSettings) -> dict[str, object]:
    """A proxy on this machine may name the visitor: limits are for visitors, not for it.

    Other proxies are counted (``trusted_proxies``) and heard by the application.
    """
    if chosen.trusted_proxies:
        return {"clear_untrusted_proxy_headers": False}
    return {
        "trusted_proxy": "127.0.0.1",
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address. Raises SettingsError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> SettingsError:
    return SettingsError(f"server: cannot listen on {host}:{port} ({error.strerror}); choose another --host or --port.")
