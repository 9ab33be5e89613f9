"""The Python client, against a real server."""

from collections.abc import Iterator

import pytest
from serving import QUOTE, FakeAssistant, serving
from serving import Client as Wire

from assistant.client import Client, Reply
from assistant.errors import IndexMissing, ServerRefused


@pytest.fixture(scope="module")
def server() -> Iterator[Wire]:
    with serving(FakeAssistant) as running:
        yield running


@pytest.fixture
def client(server: Wire) -> Client:
    return Client(server.url)


def test_a_question_is_answered_with_rows_and_sources(client):
    reply = client.ask("which papers?", history=["hi"], language="zh")
    assert (reply.answered, reply.kind, reply.language) == (True, "list", "zh")
    [row] = reply.items
    assert (row.fields["论文"], row.citation) == ("Fisheye-GS", 1)
    [source] = reply.citations
    assert (source.quote, source.heading_path) == (QUOTE, ("高性能计算", "成员"))
    assert client.passage(source.passage).after.startswith("联系邮箱")


def test_a_stream_tells_the_same_as_the_whole_reply(client):
    *pieces, reply = client.stream("hi")
    assert isinstance(reply, Reply)
    assert "".join(pieces) == reply.answer == client.ask("hi").answer
    assert len(pieces) > 1


def test_what_the_documents_do_not_say_is_no_error(client):
    assert client.ask("nothing").answered is False


def test_a_reply_is_judged(client):
    client.judge(client.ask("hi"), helpful=False, reason="wrong", note="…")


def test_suggestions_and_readiness(client):
    assert client.suggestions("en") == ("What papers are there?",)
    assert client.is_ready()


@pytest.mark.parametrize(("question", "code"), [("", "bad-field"), ("refuse", "bad-question"), ("boom", "internal")])
def test_a_refusal_carries_the_servers_code_and_words(client, question, code):
    with pytest.raises(ServerRefused) as refusal:
        client.ask(question)
    assert refusal.value.code == code
    with pytest.raises(ServerRefused) as refusal:
        list(client.stream(question))
    assert refusal.value.code == code


def test_a_limit_says_how_long_to_wait():
    with serving(FakeAssistant, rate_limit="1/minute") as server:
        client = Client(server.url)
        client.ask("hi")
        with pytest.raises(ServerRefused) as refusal:
            client.ask("hi")
    assert (refusal.value.code, 1 <= refusal.value.retry_after_s <= 60) == ("rate-limited", True)


def test_a_server_without_an_index_is_not_ready():
    def missing() -> FakeAssistant:
        raise IndexMissing("no index")

    with serving(missing) as server:
        assert not Client(server.url).is_ready()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://127.0.0.1:9/deep/"])
def test_a_server_that_is_not_there_is_one_sentence(url):
    with pytest.raises(ServerRefused, match="does not answer") as refusal:
        Client(url, timeout_s=2).ask("hi")
    assert refusal.value.code == "unreachable"
