"""How a language model's sentences reach a visitor: as they are verified, and anew where the reply fails."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from serving import QUOTE, Client, FakeAssistant, serving

from assistant.client import Client as PythonClient
from assistant.client import Reply
from assistant.schema import Answer


class DraftingAssistant(FakeAssistant):
    """Drafts two sentences; to "fail" it answers with the quote alone after all."""

    def ask(self, question: str, *, on_draft: Any, **options: Any) -> Answer:
        answer = super().ask(question, **options)
        for text in ("First [1].", "First [1]. Second [1]."):
            on_draft(replace(answer, text=text, method="generated"))
        return answer if "fail" in question else replace(answer, text="First [1]. Second [1].\n\nq", method="generated")

    def wording_counts(self) -> dict[tuple[str, str], int]:
        return {
            ("answers", "generated"): 3, ("answers", "timeout"): 1, ("sentences_dropped", "name"): 2,
            ("sentences_kept", ""): 5, ("tokens", "input"): 700,
        }  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(DraftingAssistant) as running:
        yield running


def events(client: Client, question: str) -> list[tuple[str, Any]]:
    reply = client.post("/ask", {"question": question}, accept="text/event-stream")
    found = [block.split("\n") for block in reply.body.decode().split("\n\n") if block.startswith("event: ")]
    return [(name[7:], json.loads(data[6:])) for name, data in found]


def test_sentences_come_as_they_are_verified(client):
    told = events(client, "go on")
    assert list(dict.fromkeys(name for name, _ in told)) == ["meta", "delta", "citation", "done"]
    assert [data["text"] for name, data in told if name == "delta"][:2] == ["First [1].", " Second [1]."]
    assert told[0][1]["method"] == "generated"
    assert "".join(data["text"] for name, data in told if name == "delta") == told[-1][1]["answer"]


def test_a_second_meta_begins_anew_where_the_reply_fails(client):
    told = events(client, "fail")
    names = [name for name, _ in told]
    assert names.count("meta") == 2
    again = len(names) - 1 - names[::-1].index("meta")
    assert told[again][1]["method"] == "extractive"
    text = "".join(data["text"] for name, data in told[again:] if name == "delta")
    assert text == told[-1][1]["answer"] == f"{QUOTE} [1]\n第二行。"


def test_the_python_client_ends_with_the_whole_reply(client):
    *pieces, reply = PythonClient(client.url).stream("fail")
    assert isinstance(reply, Reply)
    assert "".join(map(str, pieces)).endswith(reply.answer)


def test_a_body_without_a_stream_is_the_final_one(client):
    assert client.get("/ask?q=fail").json["method"] == "extractive"
    assert client.get("/ask?q=go").json["method"] == "generated"


def test_prometheus_is_told_what_became_of_the_words(client):
    text = client.get("/metrics").body.decode()
    assert 'assistant_language_model_replies_total{outcome="generated"} 3.0' in text
    assert 'assistant_language_model_replies_total{outcome="timeout"} 1.0' in text
    assert 'assistant_language_model_sentences_dropped_total{reason="name"} 2.0' in text
    assert "assistant_language_model_sentences_kept_total 5.0" in text
    assert 'assistant_language_model_tokens_total{direction="input"} 700.0' in text


def test_without_a_language_model_prometheus_hears_nothing_of_one():
    with serving(FakeAssistant) as client:
        assert b"language_model" not in client.get("/metrics").body
