"""How many questions and judgements one address may send."""

import limits
from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from assistant.errors import SettingsError

_LIMITED_ENDPOINTS = ("questions.ask", "questions.ask_by_address", "feedback.give")


def limit_questions(app: Flask, *, rate_limit: str) -> None:
    """Allow each address ``rate_limit`` questions and judgements, counted together.

    Raises SettingsError where ``rate_limit`` is no limit such as "30/minute".
    """
    try:
        limits.parse_many(rate_limit)
    except ValueError as error:
        message = f"server.rate_limit: '{rate_limit}' is no limit; write it like '30/minute'."
        raise SettingsError(message) from error
    limiter = Limiter(
        get_remote_address,
        app=app,
        application_limits=[rate_limit],
        storage_uri="memory://",
        strategy="moving-window",
        headers_enabled=True,
    )

    @limiter.request_filter
    def is_no_question() -> bool:
        asks = (request.endpoint or "").endswith(_LIMITED_ENDPOINTS)
        return not asks or request.method == "OPTIONS"
