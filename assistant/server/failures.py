"""Errors as responses: every failure of the API is one JSON shape with a code and a remedy."""

import logging
from collections.abc import Mapping

from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, request
from flask_limiter import RateLimitExceeded

from assistant.errors import AssistantError, IndexMissing, JournalError, QuestionError
from assistant.server.serialise import Body, error_body

_log = logging.getLogger(__name__)

_MESSAGES: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request is not valid HTTP or JSON; see /docs for the format."),
    404: ("not-found", "Nothing is here; see /docs for the paths of this server."),
    405: ("method-not-allowed", "This path does not take that method; see /docs."),
    413: ("too-long", "body: longer than 16 kB; shorten the question or the history."),
    415: ("bad-body", "body: send it as JSON with the header Content-Type: application/json."),
    429: ("rate-limited", "Too many questions; wait for the time in Retry-After and ask again."),
    500: ("internal", "The server failed to answer; try again, and tell its operator the X-Request-ID."),
}


class RequestRefused(HTTPError):
    """A request that cannot be read, told in one sentence."""

    def __init__(self, message: str, *, status: int = 400, code: str = "bad-body") -> None:
        super().__init__(status, message, extra_data={"code": code})


def register_failures(app: APIFlask) -> None:
    """Make every error of ``app`` a JSON body; details for the operator go to the log."""

    @app.error_processor
    def http_failure(error: HTTPError) -> Response:
        code, message = _MESSAGES.get(error.status_code, ("refused", str(error.message)))
        if isinstance(error, RequestRefused):
            code, message = error.extra_data["code"], error.message
        elif isinstance(error.detail, dict) and error.detail:
            code, message = "bad-field", _first_problem(error.detail)
        return _respond(error.status_code, code, message, headers=error.headers)

    @app.errorhandler(RateLimitExceeded)
    def rate_failure(error: RateLimitExceeded) -> Response:
        _log.info("rate limit reached: %s", error.limit.limit)
        return _respond(429, *_MESSAGES[429])

    @app.errorhandler(AssistantError)
    def assistant_failure(error: AssistantError) -> Response:
        if not isinstance(error, QuestionError):
            _log.error("%s %s: %s", request.method, request.path, error)
        return _respond(*_explained(error))


def stream_failure(error: BaseException) -> Body:
    """Return the data of the ``error`` event for what kept an answer from being found."""
    if isinstance(error, AssistantError):
        _, code, message = _explained(error)
        return error_body(code, message)
    return error_body(*_MESSAGES[500])


def _explained(error: AssistantError) -> tuple[int, str, str]:
    """Return status, code and message: what is missing may name folders, which only the log tells."""
    if isinstance(error, QuestionError):
        return 400, "bad-question", str(error)
    if isinstance(error, IndexMissing):
        return 503, "no-index", "There is no index yet; run 'python -m assistant build'."
    if isinstance(error, JournalError):
        return 503, "no-journal", "This cannot be kept now; its operator finds why in the log."
    return 503, "not-ready", "The assistant cannot answer now; its operator finds why in the log."


def _first_problem(detail: Mapping[str, object]) -> str:
    """Return 'field: problem.' from marshmallow's nested messages ``{place: {field: …}}``."""
    (place, problems), *_ = detail.items()
    path: list[str] = []
    while isinstance(problems, Mapping) and problems:
        (name, problems), *_ = problems.items()
        path.append(str(name))
    text = str(problems[0]) if isinstance(problems, list) and problems else "is not valid"
    return f"{'.'.join(path) or place}: {text.rstrip('.')}."


def _respond(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Response:
    response = jsonify(error_body(code, message))
    response.status_code = status
    for name, value in (headers or {}).items():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response
