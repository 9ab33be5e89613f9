"""What every route with a body asks of it before its schema looks at the fields."""

import json

from flask import request

from assistant.server.failures import RequestRefused


def require_json_object() -> None:
    """Refuse a POST whose body is no JSON object."""
    if request.method != "POST":
        return
    if not request.is_json:
        raise RequestRefused("body: send it as JSON with the header Content-Type: application/json.")
    try:
        body = json.loads(request.get_data().decode())
    # Deeply nested brackets exhaust the parser's stack within the 16 kB allowed.
    except (RecursionError, ValueError) as error:
        raise RequestRefused("body: not valid JSON; check quotes, brackets and UTF-8.") from error
    if not isinstance(body, dict):
        raise RequestRefused('body: must be an object such as {"question": "…"}.')
