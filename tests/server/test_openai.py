"""The assistant as a model, spoken to with the real openai package and in raw HTTP."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from serving import QUOTE, Client, FakeAssistant, serving

from assistant.errors import IndexMissing, LanguageModelFailed
from assistant.schema import Answer

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(FakeAssistant) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(client: Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{client.url}v1", api_key="any", max_retries=0) as made:
        yield made


def user(*texts: str) -> list[Any]:
    return [{"role": "user", "content": text} for text in texts]


def test_the_lines_of_the_readme_print_an_answer(assistant):
    [code] = re.findall(r"^```python\n(from openai .+?)^```$", README, re.MULTILINE | re.DOTALL)
    with serving(lambda: assistant) as client:
        code = code.replace("http://127.0.0.1:8000/", client.url)
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Fisheye-GS" in result.stdout


def test_the_only_model_is_listed_and_found(sdk):
    assert [model.id for model in sdk.models.list()] == ["lab-assistant"]
    assert sdk.models.retrieve("lab-assistant").owned_by == "lab"
    with pytest.raises(openai.NotFoundError) as caught:
        sdk.models.retrieve("gpt")
    assert caught.value.code == "model_not_found"


def test_an_answer_carries_its_citations_as_footnotes_and_whole(sdk):
    reply = sdk.chat.completions.create(model="lab-assistant", messages=user("which papers?"))
    [choice] = reply.choices
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    text, _, notes = choice.message.content.partition("\n\n")
    assert text.startswith(QUOTE)
    assert notes.startswith("[1] 高性能计算 › 成员 — https://lab.example/doc/team/hpc.html#id2")
    assert reply.lab_assistant["citations"][0]["quote"] == QUOTE
    assert reply.lab_assistant["items"][0]["fields"]["论文"] == "Fisheye-GS"
    assert reply.id == f"chatcmpl-{reply.lab_assistant['id']}"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


def test_a_stream_says_the_same_in_chunks(sdk):
    whole = sdk.chat.completions.create(model="lab-assistant", messages=user("which papers?"))
    options = {"include_usage": True}
    chunks = list(
        sdk.chat.completions.create(
            model="lab-assistant", messages=user("which papers?"), stream=True, stream_options=options
        )
    )
    assert chunks[0].choices[0].delta.role == "assistant"
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == whole.choices[0].message.content
    [last] = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert last.choices[0].finish_reason == "stop"
    assert {**last.lab_assistant, "took_ms": 0} == {**whole.lab_assistant, "took_ms": 0}
    assert chunks[-1].usage == whole.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_raw_stream_ends_with_done(client):
    body = {"model": "lab-assistant", "messages": user("hi"), "stream": True}
    reply = client.post("/v1/chat/completions", body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.body.endswith(b"data: [DONE]\n\n")
    assert b'"usage"' not in reply.body


def test_earlier_questions_are_the_history_and_other_messages_are_nothing():
    assistant = FakeAssistant()
    messages = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "first?"},
        {"role": "assistant", "content": "an answer"},
        {"role": "user", "content": [{"type": "text", "text": "second?"}, {"type": "image_url", "image_url": {"url": "x"}}]},
        {"role": "tool", "content": "ignored", "tool_call_id": "1"},
        {"role": "user", "content": "third?"},
    ]
    with serving(lambda: assistant) as client:
        assert client.post("/v1/chat/completions", {"model": "any", "messages": messages, "temperature": 0.2}).status == 200
    assert assistant.asked == [("third?", ("first?", "second?"), "auto")]


def test_a_long_conversation_is_taken(client):
    messages = [message for n in range(60) for message in (*user(f"question {n}?"), {"role": "assistant", "content": "x" * 900})]
    body = {"model": "lab-assistant", "messages": [*messages, *user("hi")]}
    assert len(json.dumps(body)) > 50_000
    assert client.post("/v1/chat/completions", body).status == 200


def test_a_conversation_without_end_is_refused(client):
    body = {"model": "lab-assistant", "messages": [*user("x" * 1_100_000), *user("hi")]}
    reply = client.post("/v1/chat/completions", body)
    assert (reply.status, reply.json["error"]["code"], reply.json["error"]["param"]) == (413, "too-long", "body")
    assert "1 MB" in reply.json["error"]["message"]


REFUSED = {
    "no messages": ({"model": "m"}, "messages"),
    "an empty list": ({"messages": []}, "messages"),
    "no user": ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
    "an assistant at the end": ({"messages": [*user("hi"), {"role": "assistant", "content": "x"}]}, "messages"),
    "a number as content": ({"messages": [{"role": "user", "content": 7}]}, "messages.0.content"),
    "no role": ({"messages": [{"content": "x"}]}, "messages.0"),
    "two answers": ({"messages": user("hi"), "n": 2}, "n"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_cannot_be_used_is_told_in_their_shape(name, client):
    body, param = REFUSED[name]
    reply = client.post("/v1/chat/completions", body)
    assert reply.status == 400
    error = reply.json["error"]
    assert set(error) == {"code", "message", "type", "param"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)


def test_errors_are_raised_by_the_package_as_its_own(sdk):
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.chat.completions.create(model="m", messages=user("please refuse this"))
    assert caught.value.code == "bad-question"
    assert caught.value.type == "invalid_request_error"
    with pytest.raises(openai.InternalServerError) as failed:
        sdk.chat.completions.create(model="m", messages=user("boom"))
    assert "secret detail" not in str(failed.value)


def test_a_failure_in_a_stream_is_raised_too(sdk):
    stream = sdk.chat.completions.create(model="m", messages=user("boom"), stream=True)
    with pytest.raises(openai.APIError) as caught:
        list(stream)
    assert "secret detail" not in str(caught.value)


def test_without_an_index_it_is_not_available_yet():
    def missing() -> FakeAssistant:
        raise IndexMissing("no index")

    with serving(missing) as client:
        reply = client.post("/v1/chat/completions", {"messages": user("hi")})
    assert (reply.status, reply.json["error"]["code"], reply.json["error"]["type"]) == (503, "no-index", "server_error")


def test_questions_count_as_those_of_ask_do():
    with serving(FakeAssistant, rate_limit="2/minute") as client:
        assert client.get("/ask?q=hi").status == 200
        assert client.post("/v1/chat/completions", {"messages": user("hi")}).status == 200
        reply = client.post("/v1/chat/completions", {"messages": user("hi")})
        assert client.get("/v1/models").status == 200
    assert (reply.status, reply.json["error"]["type"]) == (429, "rate_limit_error")
    assert int(reply.headers["retry-after"]) > 0


def test_it_can_be_turned_off():
    with serving(FakeAssistant, openai_api=False) as client:
        assert client.get("/v1/models").status == 404
        assert client.get("/v1/ask?q=hi").status == 200


class PlantedAssistant(FakeAssistant):
    """Quotes a page in which somebody planted Markdown."""

    def ask(self, question: str, **options: Any) -> Answer:
        from dataclasses import replace

        text = "![x](https://evil.example/p.png) <img src=x> [form](https://evil.example) vector<int> a < b"
        return replace(super().ask(question, **options), text=text)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_a_document_planted_is_shown_and_not_rendered(is_streamed):
    with serving(PlantedAssistant) as client:
        body = client.post("/v1/chat/completions", {"messages": user("hi"), "stream": is_streamed}).body.decode()
    contents = body.split('"lab_assistant"')[0]
    assert "![x]" not in contents
    assert "](https" not in contents
    assert "<img" not in contents.replace("\\\\<img", "")
    assert "a < b" in contents


class DraftingAssistant(FakeAssistant):
    """Drafts two sentences, then says them, or something else where the reply fails."""

    def ask(self, question: str, *, on_draft: Any, **options: Any) -> Answer:
        from dataclasses import replace

        answer = super().ask(question, **options)
        for text in ("First[1].", "First[1]. Second[1]."):
            on_draft(replace(answer, text=text, method="generated"))
        if "fail" in question:
            return answer
        return replace(answer, text="First[1]. Second[1].\n\nquotes", method="generated")


def test_drafts_reach_the_chunks_before_the_answer_is_whole():
    with serving(DraftingAssistant) as client:
        whole = said(client, "go on")
        failed = said(client, "fail")
    assert whole[:4] == ["", "First[1].", " Second[1].", "\n\nquotes"]
    assert "".join(failed).startswith(f"First[1]. Second[1].\n\n{QUOTE}")


def said(client: Client, question: str) -> list[str]:
    reply = client.post("/v1/chat/completions", {"messages": user(question), "stream": True})
    events = [json.loads(line[6:]) for line in reply.body.decode().splitlines() if line.startswith("data: {")]
    return [event["choices"][0]["delta"].get("content", "") for event in events if event["choices"]]


def test_a_reader_who_leaves_ends_the_draft():
    from assistant.server.asking import Underway

    underway = Underway()
    underway.leave()
    with pytest.raises(LanguageModelFailed):
        underway.drafted({})
