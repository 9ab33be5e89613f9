"""An answer as server-sent events: meta, delta, citation, done; error where there is none."""

import json
import logging
import re
from collections.abc import Iterator
from concurrent.futures import Future, wait

from assistant.server.failures import stream_failure
from assistant.server.serialise import Body

# A piece ends after a sentence or a line, so that a screen never shows half a word.
_PIECE = re.compile(r"[^\n。！？；.!?;]*(?:[\n。！？；.!?;]+\s*|$)")
# Below the 5 s after which visitors doubt; writing is also how a visitor who left is noticed.
HEARTBEAT_S = 2.0

_log = logging.getLogger(__name__)


def answer_events(pending: Future[Body], *, request_id: str) -> Iterator[str]:
    """Yield the events of an answer that is still being found.

    The ``delta`` texts joined are ``answer``; ``done`` carries the whole body, so that a client
    may ignore everything else. Until the answer is there, comments keep the connection alive.
    """
    try:
        yield ": looking\n\n"  # sends the headers, so that a client knows it is heard
        while not wait([pending], timeout=HEARTBEAT_S).done:
            yield ": still looking\n\n"
        failure = pending.exception()
    finally:
        pending.cancel()  # a visitor who left needs no answer; one that is found is past this
    if failure is not None:
        _log.error("%s stream: %s", request_id, failure, exc_info=failure)
        yield event("error", stream_failure(failure))
        return
    yield from _told(pending.result())


def _told(body: Body) -> Iterator[str]:
    whole = {"answer", "items", "citations", "suggestions", "took_ms"}
    yield event("meta", {name: value for name, value in body.items() if name not in whole})
    for piece in pieces(str(body["answer"])):
        yield event("delta", {"text": piece})
    for citation in body["citations"]:
        yield event("citation", citation)
    yield event("done", body)


def event(name: str, data: Body) -> str:
    """Return one server-sent event; JSON keeps its data on one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def pieces(text: str) -> Iterator[str]:
    """Yield consecutive slices of ``text``, one for each sentence or line."""
    return (match.group() for match in _PIECE.finditer(text) if match.group())
