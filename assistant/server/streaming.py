"""An answer as server-sent events: meta, delta, citation, done; error where there is none."""

import json
import logging
import re
from collections.abc import Iterator

from assistant.server.asking import Underway
from assistant.server.failures import stream_failure
from assistant.server.serialise import Body

# A piece ends after a sentence or a line, so that a screen never shows half a word.
_PIECE = re.compile(r"[^\n。！？；.!?;]*(?:[\n。！？；.!?;]+\s*|$)")
# Below the 5 s after which visitors doubt; writing is also how a visitor who left is noticed.
HEARTBEAT_S = 2.0

_log = logging.getLogger(__name__)


def answer_events(underway: Underway, *, request_id: str) -> Iterator[str]:
    """Yield the events of an answer that is still being found.

    The ``delta`` texts after the last ``meta`` joined are ``answer``; ``done`` carries the whole
    body, so that a client may ignore everything else. A second ``meta`` comes where a language
    model's reply fails after its first sentences: what is sent then is the extractive answer. Until
    the answer is there, comments keep the connection alive.
    """
    sent = ""
    try:
        yield ": looking\n\n"  # sends the headers, so that a client knows it is heard
        for draft in underway.drafts(heartbeat_s=HEARTBEAT_S):
            if draft is None:
                yield ": still looking\n\n"
            else:
                yield from _told(draft, sent)
                sent = str(draft["answer"])
        failure = underway.failure()
    finally:
        underway.leave()  # a visitor who left needs no answer; one that is found is past this
    if failure is not None:
        _log.error("%s stream: %s", request_id, failure, exc_info=failure)
        yield event("error", stream_failure(failure))
        return
    body = underway.body()
    yield from _told(body, sent)
    for citation in body["citations"]:
        yield event("citation", citation)
    yield event("done", body)


def _told(body: Body, sent: str) -> Iterator[str]:
    """Yield what brings a client that has got ``sent`` to the answer in ``body``."""
    text = str(body["answer"])
    if not sent or not text.startswith(sent):
        sent = ""
        whole = {"answer", "items", "citations", "suggestions", "took_ms"}
        yield event("meta", {name: value for name, value in body.items() if name not in whole})
    for piece in pieces(text[len(sent) :]):
        yield event("delta", {"text": piece})


def event(name: str, data: Body) -> str:
    """Return one server-sent event; JSON keeps its data on one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def pieces(text: str) -> Iterator[str]:
    """Yield consecutive slices of ``text``, one for each sentence or line."""
    return (match.group() for match in _PIECE.finditer(text) if match.group())
