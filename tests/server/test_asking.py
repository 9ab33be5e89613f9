"""POST and GET /ask through a real server."""

import json
from collections.abc import Iterator

import pytest
from serving import QUOTE, Client, FakeAssistant, serving

from assistant.errors import IndexDamaged, IndexMissing


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


def events(reply) -> list[tuple[str, dict]]:
    blocks = reply.body.decode().strip().split("\n\n")
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
