"""POST /feedback: what a visitor thought of an answer."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import soon
from serving import Client, FakeAssistant, serving


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("journal") / "journal.db")


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[Client]:
    with serving(FakeAssistant, journal_url=f"sqlite:///{database}") as running:
        yield running


def rows(database: str, statement: str) -> list[tuple]:
    connection = sqlite3.connect(database)
    found = connection.execute(statement).fetchall()
    connection.close()
    return found


def change(path: Path, statements: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(statements)
    connection.close()


def test_a_judgement_is_kept_beside_its_question(client, database):
    answer = client.get("/ask?q=who%3F").json["id"]
    body = {"answer": answer, "helpful": False, "reason": "outdated", "note": " ask li@example.org "}
    reply = client.post("/v1/feedback", body)
    assert (reply.status, reply.json) == (201, {"kept": True})
    client.post("/feedback", {"answer": answer, "helpful": True})
    joined = "select distinct question, helpful, reason, note from feedback join questions using (answer) order by 2"
    assert soon(lambda: len(rows(database, joined)) == 2)
    assert rows(database, joined) == [("who?", 0, "outdated", "ask [email]"), ("who?", 1, "", "")]


def test_questions_are_kept_however_they_are_asked(client, database):
    client.post("/ask", {"question": "by body"})
    client.post("/ask", {"question": "by stream"}, accept="text/event-stream")
    assert soon(
        lambda: {("by body",), ("by stream",)} <= set(rows(database, "select question from questions"))
    )


def test_no_address_of_a_visitor_is_kept(client, database):
    client.get("/ask?q=secretly", x_forwarded_for="203.0.113.77")
    assert soon(lambda: ("secretly",) in rows(database, "select question from questions"))
    connection = sqlite3.connect(database)
    assert "203.0.113.77" not in "\n".join(connection.iterdump())
    connection.close()


def test_an_answer_that_was_never_given_is_not_judged(client):
    reply = client.post("/feedback", {"answer": "0" * 16, "helpful": True})
    assert (reply.status, reply.json["error"]["code"]) == (404, "no-such-answer")


BAD = {
    "no answer": ({"helpful": True}, "answer"),
    "an answer that is no id": ({"answer": "x", "helpful": True}, "answer"),
    "no judgement": ({"answer": "0" * 16}, "helpful"),
    "a judgement in words": ({"answer": "0" * 16, "helpful": "yes"}, "helpful"),
    "another reason": ({"answer": "0" * 16, "helpful": False, "reason": "rude"}, "reason"),
    "a long note": ({"answer": "0" * 16, "helpful": False, "note": "长" * 1001}, "note"),
    "a NUL in the note": ({"answer": "0" * 16, "helpful": False, "note": "a\0"}, "note"),
    "an unknown field": ({"answer": "0" * 16, "helpful": False, "stars": 5}, "stars"),
    "a list": ([], "body"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_judgement_is_told_by_field_and_remedy(client, name):
    body, field = BAD[name]
    reply = client.post("/feedback", body)
    assert reply.status == 400
    assert reply.json["error"]["message"].startswith(f"{field}: ")


def test_a_journal_that_fails_costs_no_answer(tmp_path):
    path = tmp_path / "journal.db"
    with serving(FakeAssistant, journal_url=f"sqlite:///{path}") as client:
        answer = client.get("/ask?q=hi").json["id"]
        assert soon(lambda: rows(str(path), "select count(*) from questions") == [(1,)])
        change(path, "alter table questions rename to hidden; alter table feedback rename to hidden_too")
        assert client.get("/ask?q=hi").status == 200
        reply = client.post("/feedback", {"answer": answer, "helpful": True})
        assert (reply.status, reply.json["error"]["code"]) == (503, "no-journal")
        assert str(tmp_path) not in reply.body.decode()
        change(path, "alter table hidden rename to questions; alter table hidden_too rename to feedback")
        assert soon(lambda: rows(str(path), "select count(*) from questions") == [(2,)])
