"""A small typed client of the HTTP API, of nothing but the standard library."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from assistant.errors import ServerRefused

Language = Literal["auto", "zh", "en"]
Reason = Literal["", "wrong", "incomplete", "outdated", "not-what-i-asked", "other"]


@dataclass(frozen=True)
class Source:
    """A numbered source of a reply, with a verbatim quote."""

    number: int
    title: str
    heading_path: tuple[str, ...]
    source: str  # path below the corpus folder
    line: int
    url: str  # with anchor; "" where the page has none
    quote: str
    passage: str  # the id that Client.passage takes


@dataclass(frozen=True)
class Row:
    """One row of a list."""

    fields: Mapping[str, str]
    citation: int


@dataclass(frozen=True)
class Reply:
    """What the assistant says; ``answered`` is False where the documents do not say it."""

    id: str
    question: str
    language: str
    answered: bool
    kind: str
    answer: str
    items: tuple[Row, ...]
    citations: tuple[Source, ...]
    suggestions: tuple[str, ...]
    confidence: float  # 0…1
    method: str
    index: str
    took_ms: float


@dataclass(frozen=True)
class Excerpt:
    """A passage between the text that surrounds it in its document."""

    title: str
    source: str
    line: int
    url: str
    before: str
    text: str
    after: str


class Client:
    """Talks to one server; holds no connection, so it may be shared between threads.

    Every method raises ServerRefused where the server refuses or cannot be reached.
    """

    def __init__(self, url: str = "http://127.0.0.1:8000", *, timeout_s: float = 30) -> None:
        self._base = f"{url.rstrip('/')}/v1/"
        self._timeout_s = timeout_s

    def ask(self, question: str, *, history: Sequence[str] = (), language: Language = "auto") -> Reply:
        """Ask; ``history`` are earlier questions, oldest first."""
        body = {"question": question, "history": list(history), "language": language}
        return _reply(self._json("ask", body))

    def stream(
        self, question: str, *, history: Sequence[str] = (), language: Language = "auto"
    ) -> Iterator[str | Reply]:
        """Yield the answer's text in pieces as it arrives, and at the end the whole Reply.

        Where a language model words the answer and fails half-way, the pieces begin again with the
        quoted answer: what counts is the Reply.
        """
        body = {"question": question, "history": list(history), "language": language}
        with self._open("ask", body, accept="text/event-stream") as response:
            for name, data in _events(response):
                if name == "delta":
                    yield data["text"]
                elif name == "done":
                    yield _reply(data)
                    return
                elif name == "error":
                    raise ServerRefused(data["error"]["message"], code=data["error"]["code"])
        raise self._unreachable("the stream ended early")

    def suggestions(self, language: Language = "auto") -> tuple[str, ...]:
        """Return questions that the documents answer."""
        return tuple(self._json(f"suggestions?{urlencode({'language': language})}")["suggestions"])

    def passage(self, passage_id: str) -> Excerpt:
        """Return the passage that a source names, in its context."""
        body = self._json(f"sources/{quote(passage_id, safe='')}")
        return Excerpt(**{name: body[name] for name in Excerpt.__dataclass_fields__})

    def judge(self, reply: Reply, *, helpful: bool, reason: Reason = "", note: str = "") -> None:
        """Tell the lab whether a reply helped."""
        self._json("feedback", {"answer": reply.id, "helpful": helpful, "reason": reason, "note": note})

    def is_ready(self) -> bool:
        """Tell whether questions can be answered now."""
        return bool(self._json("health")["ready"])

    def _json(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        with self._open(path, body, accept="application/json") as response:
            try:
                return json.load(response)
            except (HTTPException, OSError, ValueError) as error:
                raise self._unreachable(str(error)) from error

    def _open(self, path: str, body: Mapping[str, Any] | None, *, accept: str) -> HTTPResponse:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Accept": accept, **({"Content-Type": "application/json"} if content else {})}
        try:
            # The address is the programmer's own, not a visitor's.
            return urlopen(Request(self._base + path, content, headers), timeout=self._timeout_s)  # nosec B310
        except HTTPError as error:
            raise self._refusal(error) from error
        except (HTTPException, OSError, ValueError) as error:
            raise self._unreachable(str(error)) from error

    def _refusal(self, error: HTTPError) -> ServerRefused:
        wait = error.headers.get("Retry-After", "")
        with error:
            try:
                told = json.load(error)["error"]
                code, message = str(told["code"]), str(told["message"])
            # Something between us and the server answered in its place.
            except (HTTPException, OSError, ValueError, KeyError, TypeError):
                return self._unreachable(f"status {error.code}")
        return ServerRefused(message, code=code, retry_after_s=float(wait) if wait.isdecimal() else 0)

    def _unreachable(self, why: str) -> ServerRefused:
        message = f"{self._base}: the assistant does not answer ({why}); check the address and that it runs."
        return ServerRefused(message, code="unreachable")


def _events(response: HTTPResponse) -> Iterator[tuple[str, Any]]:
    """Yield the (name, data) of a stream's events; comments, which keep it alive, are passed over."""
    name = ""
    try:
        for line in response:
            field, _, value = line.decode().rstrip("\r\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)
    except (HTTPException, OSError, ValueError) as error:
        message = f"the stream broke off ({error}); ask again."
        raise ServerRefused(message, code="unreachable") from error


def _reply(body: Mapping[str, Any]) -> Reply:
    plain = {name: body[name] for name in Reply.__dataclass_fields__}
    rows = tuple(Row(item["fields"], item["citation"]) for item in body["items"])
    return Reply(
        **{
            **plain,
            "items": rows,
            "citations": tuple(map(_source, body["citations"])),
            "suggestions": tuple(body["suggestions"]),
        }
    )


def _source(body: Mapping[str, Any]) -> Source:
    plain = {name: body[name] for name in Source.__dataclass_fields__}
    return Source(**{**plain, "heading_path": tuple(body["heading_path"])})
