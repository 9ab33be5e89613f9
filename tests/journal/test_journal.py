"""The journal on each database: what it keeps, what it never keeps, and that no writer loses a word."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from patience import soon
from serving import FakeAssistant

from assistant.errors import JournalError, SettingsError
from assistant.journal import Feedback, Journal

TESTS = Path(__file__).resolve().parents[1]
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def rows(url: str, statement: str) -> list[tuple]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(statement)]
    engine.dispose()
    return found


def ask(journal: Journal, question: str, *, answer_id: str = "a" * 16) -> None:
    journal.asked(FakeAssistant().ask(question), answer_id=answer_id, generation="g1", took_ms=2.5)


def run_writers(url: str, *, writers: int, count: int) -> list[int]:
    """Return the exit codes of processes that open the journal at once and write."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    program = str(TESTS / "journal" / "writer_process.py")
    processes = [
        subprocess.Popen([sys.executable, program, url, f"w{number}", str(count)], env=environment)
        for number in range(writers)
    ]
    return [process.wait(timeout=300) for process in processes]


def test_a_question_is_kept_with_its_outcome_and_sources(url):
    journal = Journal.open(url)
    ask(journal, "孙鹏 是谁？我的邮箱是 me@example.org")
    assert journal.knows("a" * 16) and not journal.knows("b" * 16)
    journal.judged(Feedback("a" * 16, False, "wrong", "call 13800138000"))
    journal.close()
    assert rows(url, "select answer, question, language, kind, answered, took_ms, generation from questions") == [
        ("a" * 16, "孙鹏 是谁？我的邮箱是 [email]", "zh", "fact", True, 2.5, "g1")
    ]
    assert rows(url, "select number, passage, source from citations") == [(1, "p1", "doc/team/hpc.md")]
    assert rows(url, "select answer, helpful, reason, note from feedback") == [
        ("a" * 16, False, "wrong", "call [phone]")
    ]


def test_what_was_kept_is_there_when_it_is_opened_again(url):
    for _ in range(2):
        journal = Journal.open(url)
        ask(journal, "hi")
        journal.close()
    assert rows(url, "select count(*) from questions") == [(2,)]


@pytest.mark.slow
def test_processes_that_start_on_an_empty_database_lose_nothing(url):
    assert run_writers(url, writers=5, count=200) == [0] * 5
    assert rows(url, "select count(*), count(distinct question), count(distinct answer) from questions") == [
        (1000, 1000, 1000)
    ]
    assert rows(url, "select count(*) from citations") == [(1000,)]
    assert rows(url, "select count(distinct answer) from feedback") == [(1000,)]


def test_usage_is_what_was_asked_and_said_since(url):
    started = datetime.now(UTC)
    journal = Journal.open(url)
    for question in ("nothing here?", "nothing  Here", "papers", "papers", "papers?"):
        ask(journal, question, answer_id=question.ljust(16, "0")[:16])
    assert soon(lambda: not journal.waiting)
    journal.judged(Feedback("nothing here?000", False, "missing", "please"))
    journal.judged(Feedback("papers0000000000", True, "", ""))
    journal.judged(Feedback("f" * 16, False, "", ""))
    usage = journal.usage(since=started)
    assert [(one.text, one.times, one.answered) for one in usage.questions] == [
        ("papers?", 3, 3), ("nothing  Here", 2, 0)
    ]  # fmt: skip
    assert [one.answered for one in usage.askings] == [False, False, True, True, True]
    assert all(started <= one.asked_at <= datetime.now(UTC) and one.took_ms == 2.5 for one in usage.askings)
    assert [(one.question, one.reason, one.note) for one in usage.complaints] == [
        ("", "", ""), ("nothing here?", "missing", "please")
    ]  # fmt: skip
    assert usage.helpful == 1
    assert not journal.usage(since=datetime.now(UTC) + timedelta(minutes=1)).askings
    journal.close()


@pytest.mark.parametrize("hours", [-11, 0, 8])
def test_usage_is_counted_from_an_instant_whatever_its_time_zone(tmp_path, hours):
    journal = Journal.open(f"sqlite:///{tmp_path}/journal.db")
    ask(journal, "hi")
    assert soon(lambda: not journal.waiting)
    journal.judged(Feedback("a" * 16, True, "", ""))
    now = datetime.now(timezone(timedelta(hours=hours)))
    for minutes, count in ((-5, 1), (5, 0)):
        usage = journal.usage(since=now + timedelta(minutes=minutes))
        assert (len(usage.askings), len(usage.questions), usage.helpful) == (count, count, count)
    journal.close()


def test_what_is_past_its_retention_is_deleted_when_a_server_starts(url):
    journal = Journal.open(url)
    for question in ("an old one", "a new one"):
        ask(journal, question)
    journal.judged(Feedback("a" * 16, False, "", "an old note"))
    journal.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        aged = {"then": datetime.now(UTC) - timedelta(days=31)}
        connection.execute(sa.text("update questions set asked_at = :then where question like 'an old%'"), aged)
        connection.execute(sa.text("update feedback set given_at = :then"), aged)
    engine.dispose()
    journal = Journal.open(url, retention_days=30)
    assert soon(lambda: rows(url, "select question from questions") == [("a new one",)])
    journal.close()
    assert rows(url, "select count(*) from citations") == [(1,)]
    assert rows(url, "select count(*) from feedback") == [(0,)]


def test_deleted_words_are_gone_from_the_file(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    journal = Journal.open(url)
    ask(journal, "a secret that was asked")
    journal.close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("update questions set asked_at = '2001-01-01 00:00:00.000000'"))
    engine.dispose()
    journal = Journal.open(url, retention_days=1)
    assert soon(lambda: rows(url, "select count(*) from questions") == [(0,)])
    journal.close()
    assert not any(b"a secret" in path.read_bytes() for path in tmp_path.iterdir())


def test_sqlite_is_opened_for_readers_beside_a_writer(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    Journal.open(url).close()
    assert rows(url, "pragma journal_mode") == [("wal",)]


@pytest.mark.parametrize("url", ["", "journal.db", "nosuch://host/db"])
def test_a_url_that_is_none_names_the_key(url):
    with pytest.raises(SettingsError, match=r"journal\.url: .*sqlite:///journal\.db"):
        Journal.open(url)


def test_a_database_that_is_none_is_told(tmp_path):
    (tmp_path / "journal.db").write_bytes(b"not a database" * 100)
    with pytest.raises(JournalError, match=r"journal\.db cannot be opened"):
        Journal.open(f"sqlite:///{tmp_path}/journal.db")


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path):
    with pytest.raises(JournalError, match=r"journal\.url: .* cannot be opened") as told:
        Journal.open(f"postgresql+psycopg://lab:hunter2@/journal?host={tmp_path}")
    assert "hunter2" not in str(told.value)
