"""An answer as server-sent events: meta, citation, delta, done."""

import json
import re
from collections.abc import Iterator

from assistant.server.serialise import Body

# A piece ends after a sentence or a line, so that a screen never shows half a word.
_PIECE = re.compile(r"[^\n。！？；.!?;]*(?:[\n。！？；.!?;]+\s*|$)")


def answer_events(body: Body) -> Iterator[str]:
    """Yield the events of a finished answer.

    The ``delta`` texts joined are ``answer``; ``done`` carries the whole body, so that a client
    may ignore everything else.
    """
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
