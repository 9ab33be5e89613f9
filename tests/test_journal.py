"""The journal: what it keeps, what it never keeps, and that writers do not lose each other's words."""

import sqlite3
import threading
from pathlib import Path

import pytest
import yaml
from serving import FakeAssistant

from assistant.errors import JournalError, SettingsError
from assistant.journal import Feedback, Journal, masked

CASES = yaml.safe_load((Path(__file__).parent / "data" / "journal" / "masked.yaml").read_text("utf-8"))


def rows(path: Path, statement: str) -> list[tuple]:
    connection = sqlite3.connect(path)
    found = connection.execute(statement).fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:30])
def test_contacts_in_a_text_are_masked_and_nothing_else(case):
    assert masked(case["text"]) == case.get("kept", case["text"])


def test_a_question_is_kept_with_its_outcome_and_sources(tmp_path):
    path = tmp_path / "deep" / "journal.db"
    journal = Journal.open(f"sqlite:///{path}")
    answer = FakeAssistant().ask("孙鹏 是谁？我的邮箱是 me@example.org")
    journal.asked(answer, answer_id="a" * 16, generation="g1", took_ms=2.5)
    assert journal.knows("a" * 16) and not journal.knows("b" * 16)
    journal.judged(Feedback("a" * 16, False, "wrong", "call 13800138000"))
    journal.close()
    assert rows(path, "select answer, question, language, kind, answered, took_ms, generation from questions") == [
        ("a" * 16, "孙鹏 是谁？我的邮箱是 [email]", "zh", "fact", 1, 2.5, "g1")
    ]
    assert rows(path, "select number, passage, source from citations") == [(1, "p1", "doc/team/hpc.md")]
    assert rows(path, "select answer, helpful, reason, note from feedback") == [("a" * 16, 0, "wrong", "call [phone]")]
    assert rows(path, "pragma journal_mode") == [("wal",)]


def test_what_was_kept_is_there_when_it_is_opened_again(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    for _ in range(2):
        journal = Journal.open(url)
        journal.asked(FakeAssistant().ask("hi"), answer_id="c" * 16, generation="g", took_ms=1)
        journal.close()
    assert rows(tmp_path / "journal.db", "select count(*) from questions") == [(2,)]


def test_many_writers_lose_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    journals = [Journal.open(url), Journal.open(url)]
    answer = FakeAssistant().ask("hi")

    def write(journal: Journal) -> None:
        for _ in range(25):
            journal.asked(answer, answer_id="d" * 16, generation="g", took_ms=1)

    threads = [threading.Thread(target=write, args=(journals[number % 2],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for journal in journals:
        journal.close()
    assert rows(tmp_path / "journal.db", "select count(*) from questions") == [(150,)]


@pytest.mark.parametrize("url", ["", "journal.db", "nosuch://host/db"])
def test_a_url_that_is_none_names_the_key(url):
    with pytest.raises(SettingsError, match=r"journal\.url: .*sqlite:///journal\.db"):
        Journal.open(url)


def test_a_database_that_is_none_is_told_without_its_password(tmp_path):
    (tmp_path / "journal.db").write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match=r"journal\.db cannot be opened"):
        Journal.open(f"sqlite:///{tmp_path}/journal.db")
