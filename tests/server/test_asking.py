"""POST and GET /ask through a real server."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from serving import QUOTE, Client, FakeAssistant, serving

from assistant.errors import IndexDamaged, IndexMissing
from assistant.schema import Answer
from assistant.server import streaming


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(FakeAssistant) as running:
        yield running


def raise_error(error: Exception):
    def source():
        raise error

    return source


def test_an_answer_has_every_field_of_the_contract(client):
    reply = client.post("/ask", {"question": "which papers?"})
    assert reply.status == 200
    assert list(reply.json) == [
        "id", "question", "language", "answered", "kind", "answer", "items", "citations",
        "suggestions", "confidence", "method", "index", "took_ms",
    ]  # fmt: skip
    assert reply.json["items"] == [{"fields": {"论文": "Fisheye-GS", "会议/期刊": "ECCV"}, "citation": 1}]
    [citation] = reply.json["citations"]
    assert citation["number"] == 1
    assert citation["quote"] == QUOTE
    assert (citation["source"], citation["line"]) == ("doc/team/hpc.md", 3)
    assert citation["url"].startswith("https://lab.example/doc/team/hpc.html#id2:~:text=")
    assert reply.json["index"] == "g-test"


def test_chinese_is_sent_as_it_is(client):
    assert "孙鹏负责联合培养" in client.get("/ask?q=hi").body.decode()


def test_the_address_asks_the_same_as_the_body(client):
    by_address = client.get("/ask?q=which+papers%3F").json
    by_body = client.post("/ask", {"question": "which papers?"}).json
    assert {**by_address, "took_ms": 0} == {**by_body, "took_ms": 0}


def test_every_path_also_exists_below_v1(client):
    for path in ("/ask?q=hi", "/health", "/ready", "/suggestions", "/sources/p1"):
        assert client.get(f"/v1{path}").status == 200


def test_history_and_language_reach_the_assistant():
    assistant = FakeAssistant()
    with serving(lambda: assistant) as client:
        client.post("/ask", {"question": "b", "history": ["a"], "language": "zh"})
    assert assistant.asked == [("b", ("a",), "zh")]


def test_an_abstention_is_a_200(client):
    reply = client.post("/ask", {"question": "nothing"})
    assert (reply.status, reply.json["answered"]) == (200, False)


class WaitingAssistant(FakeAssistant):
    """Finds nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.found = threading.Event()

    def ask(self, question: str, **options: Any) -> Answer:
        assert self.found.wait(20)
        return super().ask(question, **options)


def open_stream(client: Client) -> tuple[HTTPConnection, HTTPResponse]:
    """Ask, and return as soon as the headers are there."""
    connection = HTTPConnection("127.0.0.1", client.port, timeout=20)
    connection.request("GET", "/ask?q=hi", headers={"Accept": "text/event-stream"})
    return connection, connection.getresponse()


def events(reply) -> list[tuple[str, dict]]:
    blocks = [block for block in reply.body.decode().strip().split("\n\n") if not block.startswith(":")]
    pairs = [block.split("\n") for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


def test_a_stream_tells_the_same_as_the_body(client):
    reply = client.post("/ask", {"question": "hi"}, accept="text/event-stream")
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply)
    assert [name for name, _ in told] == ["meta", "delta", "delta", "delta", "citation", "done"]
    done = told[-1][1]
    assert "".join(data["text"] for name, data in told if name == "delta") == done["answer"]
    assert [data for name, data in told if name == "citation"] == done["citations"]
    assert {**done, "took_ms": 0} == {**client.get("/ask?q=hi").json, "took_ms": 0}


def test_a_stream_is_also_had_by_address(client):
    assert events(client.get("/ask?q=hi", accept="text/event-stream"))[-1][0] == "done"


def test_a_stream_begins_before_the_answer_is_found_and_is_kept_alive(monkeypatch):
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.02)
    assistant = WaitingAssistant()
    with serving(lambda: assistant) as client:
        connection, response = open_stream(client)
        assert [response.readline() for _ in range(3)] == [b": looking\n", b"\n", b": still looking\n"]
        assistant.found.set()
        assert b"event: done\n" in response.read()
        connection.close()


def test_a_visitor_who_leaves_holds_no_thread(monkeypatch):
    monkeypatch.setattr(streaming, "HEARTBEAT_S", 0.02)
    assistant = WaitingAssistant()
    with serving(lambda: assistant, workers=1) as client:
        connection, response = open_stream(client)
        response.readline()
        response.close()
        connection.close()
        assert client.get("/health").status == 200
        assistant.found.set()


def test_a_failure_in_a_stream_is_an_event_that_tells_nothing_of_the_inside(client):
    for question, code in (("boom", "internal"), ("refuse", "bad-question")):
        reply = client.post("/ask", {"question": question}, accept="text/event-stream")
        [(name, data)] = events(reply)
        assert (reply.status, name, data["error"]["code"]) == (200, "error", code)
        assert b"secret" not in reply.body


def test_a_refusal_of_a_stream_is_json(client):
    reply = client.post("/ask", {"question": ""}, accept="text/event-stream")
    assert (reply.status, reply.json["error"]["code"]) == (400, "bad-field")


BAD_BODIES = {
    "empty": (b"", "body"),
    "not JSON": (b"{question", "body"),
    "not UTF-8": (b'{"question": "\xff"}', "body"),
    "nested beyond the parser": (b"[" * 9000, "body"),
    "a list": (b"[1]", "body"),
    "a string": (b'"hello"', "body"),
    "null": (b"null", "body"),
    "no question": (b"{}", "question"),
    "an empty question": (b'{"question": ""}', "question"),
    "a blank question": ('{"question": " \\n\u3000"}'.encode(), "question"),
    "a number": (b'{"question": 5}', "question"),
    "a null question": (b'{"question": null}', "question"),
    "a NUL": (b'{"question": "a\\u0000b"}', "question"),
    "a lone surrogate": (b'{"question": "\\ud800"}', "question"),
    "a long question": (json.dumps({"question": "长" * 501}).encode(), "question"),
    "history that is text": (b'{"question": "a", "history": "b"}', "history"),
    "history of numbers": (b'{"question": "a", "history": [1]}', "history.0"),
    "history without end": (json.dumps({"question": "a", "history": ["b"] * 21}).encode(), "history"),
    "another language": (b'{"question": "a", "language": "fr"}', "language"),
    "a language that is a list": (b'{"question": "a", "language": ["en"]}', "language"),
    "an unknown field": (b'{"question": "a", "stream": true}', "stream"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_told_by_field_and_remedy(client, name):
    body, field = BAD_BODIES[name]
    reply = client.post("/ask", body)
    assert reply.status == 400
    assert list(reply.json) == ["error"]
    message = reply.json["error"]["message"]
    assert message.startswith(f"{field}: ")
    assert "Traceback" not in message
    assert len(message) < 120


def test_another_content_type_is_told_which_one_to_send(client):
    reply = client.post("/ask", {"question": "a"}, content_type="application/x-www-form-urlencoded")
    assert reply.status == 400
    assert "Content-Type: application/json" in reply.json["error"]["message"]


def test_a_bad_address_names_its_field(client):
    assert client.get("/ask").json["error"]["message"] == "q: is missing; write a question."
    assert client.get("/ask?q=%00").status == 400
    assert client.get("/ask?q=hi&language=fr").json["error"]["message"].startswith("language: ")


@pytest.mark.parametrize("size", [17 * 1024, 100 * 1000, 3 * 1024 * 1024])
def test_a_long_body_is_413_in_the_same_shape(client, size):
    reply = client.post("/ask", {"question": "a" * size})
    assert (reply.status, reply.json["error"]["code"]) == (413, "too-long")


def test_a_question_the_assistant_refuses_is_a_400(client):
    reply = client.post("/ask", {"question": "refuse"})
    assert (reply.status, reply.json["error"]["code"]) == (400, "bad-question")


def test_a_failure_tells_nothing_of_the_inside(client):
    reply = client.post("/ask", {"question": "boom"})
    assert (reply.status, reply.json["error"]["code"]) == (500, "internal")
    assert b"secret" not in reply.body
    assert b"Traceback" not in reply.body


def test_paths_and_methods_that_are_not_there_answer_in_json(client):
    assert client.get("/nothing").json["error"]["code"] == "not-found"
    assert client.get("/modules/../../pyproject.toml").status == 404
    reply = client.send("PUT", "/ask")
    assert reply.json["error"]["code"] == "method-not-allowed"
    assert "POST" in reply.headers["allow"]


def test_without_an_index_every_question_is_a_503_that_says_what_to_do():
    with serving(raise_error(IndexMissing("/private/path: no index"))) as client:
        for path in ("/ask?q=hi", "/ready", "/suggestions", "/sources/p1"):
            reply = client.get(path)
            assert (reply.status, reply.json["error"]["code"]) == (503, "no-index")
            assert "python -m assistant build" in reply.json["error"]["message"]
            assert b"/private" not in reply.body
        assert client.get("/health").json["ready"] is False
        assert "index" in client.get("/health").json["missing"]


def test_a_damaged_index_is_a_503_without_details():
    with serving(raise_error(IndexDamaged("/private/path: altered"))) as client:
        reply = client.get("/ask?q=hi")
        assert (reply.status, reply.json["error"]["code"]) == (503, "not-ready")
        assert b"/private" not in reply.body


def test_a_torn_request_is_refused_in_json(client):
    reply = client.send("POST", "/ask", b"", content_length="x")
    assert reply.status == 400
    assert reply.json["error"]["code"] == "bad-request"
