"""What every response carries: request id, security headers, CORS and compression."""

import gzip
import logging
import re
import time
import uuid
from collections.abc import Sequence

import brotli
from flask import Flask, Response, g, request

from assistant.logs import REQUEST_ID
from assistant.server.metrics import Metrics

_log = logging.getLogger(__name__)
_SAFE_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_COMPRESSED = {"application/json", "text/css", "text/html", "text/javascript", "image/svg+xml"}
_MIN_COMPRESSED_BYTES = 1000  # below it one packet carries the body anyway

_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)


def register_headers(app: Flask, *, allowed_origins: Sequence[str], metrics: Metrics) -> None:
    """Set the headers of every response of ``app`` and count it."""
    ancestors = " ".join(("'self'", *allowed_origins))
    policy = _CONTENT_SECURITY_POLICY.format(ancestors=ancestors)
    origins = frozenset(allowed_origins)

    @app.before_request
    def name_request() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        REQUEST_ID.set(g.request_id)
        g.started = time.perf_counter()

    @app.teardown_request
    def forget_request(_failure: BaseException | None) -> None:
        REQUEST_ID.set("")  # what this thread logs later belongs to another request, or to none

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        _secure(response, policy)
        _allow_origin(response, origins)
        _compress(response)
        route = request.url_rule.rule if request.url_rule else "none"
        metrics.responded(route, response.status_code)
        _tell(request.method, route, response.status_code, 1000 * (time.perf_counter() - g.started))
        return response


def _tell(method: str, route: str, status: int, took_ms: float) -> None:
    """Log a request by its route: neither who asked nor what."""
    fields = {"method": method, "route": route, "status": status, "took_ms": round(took_ms, 1)}
    _log.info("%s %s %d %.1f ms", method, route, status, took_ms, extra={"fields": fields})


def _secure(response: Response, policy: str) -> None:
    response.headers.setdefault("Content-Security-Policy", policy)  # the desk's own is stricter
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    # The widget's files are meant for other sites' pages, also for those isolated by COEP.
    response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")


def _allow_origin(response: Response, origins: frozenset[str]) -> None:
    """Let exactly the listed origins read responses; no patterns, which have all been fooled."""
    if not origins:
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-ID"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, X-Request-ID"
        response.headers["Access-Control-Max-Age"] = "3600"


def _compress(response: Response) -> None:
    if response.mimetype not in _COMPRESSED or response.is_streamed or response.status_code == 304:
        return
    response.vary.add("Accept-Encoding")
    content = response.get_data()
    accepted = request.accept_encodings
    coding = "br" if accepted["br"] > 0 and accepted["br"] >= accepted["gzip"] else "gzip"
    if len(content) < _MIN_COMPRESSED_BYTES or accepted[coding] <= 0:
        return
    # At these levels both take about as long as sending what they save.
    response.set_data(
        brotli.compress(content, quality=5) if coding == "br" else gzip.compress(content, compresslevel=6, mtime=0)
    )
    response.headers["Content-Encoding"] = coding
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same page in other bytes
