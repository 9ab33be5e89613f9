"""How many questions and judgements one visitor, and all of them together, may send."""

import limits
from flask import Flask, request
from flask_limiter import ApplicationLimit, Limiter
from flask_limiter.util import get_remote_address
from limits.errors import ConfigurationError

from assistant.errors import OptionalPackageMissing, SettingsError
from assistant.server.shared_counts import SCHEME as _SHARED
from assistant.settings import ServerSettings

_LIMITED_ENDPOINTS = ("questions.ask", "questions.ask_by_address", "feedback.give", "openai.complete", "admin.login")


def limit_questions(app: Flask, chosen: ServerSettings, *, counts_file: str = "") -> None:
    """Allow each address ``rate_limit`` questions and judgements, and all ``total_rate_limit``.

    The counts are kept in this process, in ``counts_file`` for several on this machine, or in
    Redis for several machines; while Redis cannot be reached, each process counts for itself.
    Raises SettingsError where a limit is none such as "30/minute".
    """
    kept = [ApplicationLimit(_checked("rate_limit", chosen.rate_limit), key_function=get_remote_address)]
    if chosen.total_rate_limit:
        total = _checked("total_rate_limit", chosen.total_rate_limit)
        kept.append(ApplicationLimit(total, key_function=lambda: "everybody", scope="total"))
    own = f"{_SHARED}://{counts_file}" if counts_file else "memory://"
    is_local = chosen.rate_limit_storage == "memory://"
    try:
        limiter = Limiter(
            get_remote_address,
            app=app,
            application_limits=kept,
            storage_uri=own if is_local else chosen.rate_limit_storage,
            storage_options={} if is_local else {"socket_connect_timeout": 1, "socket_timeout": 1},
            # Two counters a visitor, whatever the limit: no list of every question's time.
            strategy="sliding-window-counter",
            headers_enabled=True,
            in_memory_fallback=None if is_local else [chosen.rate_limit],
        )
    except ConfigurationError as error:
        message = "server.rate_limit_storage: Redis needs the package redis; run 'pip install redis'."
        raise OptionalPackageMissing(message) from error

    @limiter.request_filter
    def is_no_question() -> bool:
        asks = (request.endpoint or "").endswith(_LIMITED_ENDPOINTS) or _calls_tool()
        return not asks or request.method == "OPTIONS"


def _calls_tool() -> bool:
    """Tell whether an MCP message asks for something: a session's beginning and its lists are free."""
    if request.endpoint != "mcp.call":
        return False
    message = request.get_json(force=True, silent=True)
    return not isinstance(message, dict) or message.get("method") in ("tools/call", "resources/read")


def _checked(key: str, limit: str) -> str:
    try:
        limits.parse_many(limit)
    except ValueError as error:
        message = f"server.{key}: '{limit}' is no limit; write it like '30/minute'."
        raise SettingsError(message) from error
    return limit
