"""Writing behind the visitors' backs: a database that refuses costs no answer, and as little else as can be."""

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from patience import soon
from serving import FakeAssistant, serving
from sqlalchemy.exc import DataError, OperationalError
from test_journal import ask, rows

from assistant.journal import Feedback, Journal
from assistant.journal.nouns import Entry
from assistant.journal.writing import BackgroundWriter


def entry(question: str, *, language: str = "en") -> Entry:
    return Entry(datetime.now(UTC), question[:16], question, language, "fact", True, 1.0, 1.0, "g", ())


class Database:
    """Refuses with ``error`` while it is set; never stores the question "poison"."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.tries = 0
        self.kept: list[str] = []

    def write(self, entries: Sequence[Entry]) -> None:
        self.tries += 1
        if self.error:
            raise self.error
        if any(one.question == "poison" for one in entries):
            raise DataError("insert poison", {}, ValueError("too long\nDETAIL: poison"))
        self.kept += [one.question for one in entries]


def locked() -> OperationalError:
    return OperationalError("insert", {"question": "a secret"}, sqlite3.OperationalError("database is locked"))


def test_what_a_locked_database_refuses_is_written_when_it_opens(caplog):
    database = Database(locked())
    writer = BackgroundWriter(database.write, lambda: None)
    writer.start()
    for number in range(3):
        writer.add(entry(f"q{number}"))
    assert soon(lambda: database.tries >= 2)
    assert writer.holds("q2") and writer.waiting == 3 and not database.kept
    database.error = None
    assert soon(lambda: not writer.waiting)
    writer.close(timeout_s=5)
    assert (database.kept, writer.lost, writer.holds("q2")) == (["q0", "q1", "q2"], 0, False)
    assert "3 questions wait" in caplog.text or "1 questions wait" in caplog.text
    assert "database is locked" in caplog.text and "a secret" not in caplog.text


def test_a_full_queue_loses_the_newest_and_counts_them(caplog):
    database = Database(locked())
    writer = BackgroundWriter(database.write, lambda: None, room=5)
    for number in range(15):
        writer.add(entry(f"q{number}"))
    assert (writer.waiting, writer.lost) == (5, 10)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2  # the first and the tenth
    database.error = None
    writer.start()
    assert soon(lambda: not writer.waiting)
    writer.close(timeout_s=5)
    assert database.kept == ["q0", "q1", "q2", "q3", "q4"]


def test_an_entry_that_can_never_be_stored_costs_only_itself(caplog):
    database = Database()
    writer = BackgroundWriter(database.write, lambda: None)
    for question in ("before", "poison", "after"):
        writer.add(entry(question))
    writer.start()
    assert soon(lambda: not writer.waiting)
    writer.close(timeout_s=5)
    assert (database.kept, writer.lost) == (["before", "after"], 1)
    assert "too long" in caplog.text and "poison" not in caplog.text


def test_what_a_database_never_took_is_counted_at_the_end(caplog):
    writer = BackgroundWriter(Database(locked()).write, lambda: None)
    writer.add(entry("q"))
    writer.start()
    writer.close(timeout_s=0.5)
    assert writer.lost == 1
    assert "lost so far" in caplog.text


def test_a_failed_deletion_ends_nothing(caplog):
    def prune() -> None:
        raise locked()

    database = Database()
    writer = BackgroundWriter(database.write, prune)
    writer.start()
    writer.add(entry("q"))
    assert soon(lambda: database.kept == ["q"])
    writer.close(timeout_s=5)
    assert "past its retention could not be deleted" in caplog.text


def test_visitors_are_answered_while_another_program_holds_the_database(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    with serving(FakeAssistant, journal_url=url) as client:
        holder = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        replies = [client.get(f"/ask?q=held{number}") for number in range(30)]
        assert {reply.status for reply in replies} == {200}
        metrics = client.get("/metrics").body.decode()
        assert "assistant_journal_waiting 30.0" in metrics and "assistant_journal_lost_total 0.0" in metrics
        holder.execute("ROLLBACK")
        holder.close()
    assert rows(url, "select count(*) from questions where question like 'held%'") == [(30,)]


def test_feedback_finds_an_answer_that_waits_to_be_written(tmp_path):
    journal = Journal.open(f"sqlite:///{tmp_path}/journal.db")
    holder = sqlite3.connect(tmp_path / "journal.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    ask(journal, "hi", answer_id="e" * 16)
    assert journal.knows("e" * 16)
    holder.execute("ROLLBACK")
    holder.close()
    journal.judged(Feedback("e" * 16, True, "", ""))
    journal.close()


def test_feedback_finds_an_answer_that_another_process_has_just_given(tmp_path):
    one, other = (Journal.open(f"sqlite:///{tmp_path}/journal.db") for _ in range(2))
    ask(one, "hi", answer_id="f" * 16)
    assert other.knows("f" * 16)
    assert not other.knows("0" * 16)
    one.close()
    other.close()


def test_a_full_disk_costs_no_answer_and_nothing_once_there_is_room(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    journal = Journal.open(url)
    # Every connection gets its own limit; SQLite then says what it says of a full disk.
    import sqlalchemy as sa

    limit = {"pages": 20}

    def set_limit(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    sa.event.listen(journal._engine, "checkout", set_limit)
    for number in range(300):
        ask(journal, f"{number} " + "long " * 90)
    assert soon(lambda: rows(url, "pragma page_count")[0][0] <= 20 and journal.waiting > 0)
    time.sleep(0.5)
    assert journal.waiting > 0 and journal.lost == 0
    limit["pages"] = 10_000
    assert soon(lambda: not journal.waiting)
    journal.close()
    assert rows(url, "select count(distinct question) from questions") == [(300,)]


@pytest.mark.slow
def test_a_database_server_that_restarts_loses_no_question(postgres):
    url = postgres.new_database()
    journal = Journal.open(url)
    ask(journal, "before")
    assert soon(lambda: not journal.waiting)
    postgres.stop()
    asking = threading.Thread(target=lambda: [ask(journal, f"while it was away {n}") for n in range(50)])
    asking.start()
    asking.join(timeout=10)
    assert not asking.is_alive() and journal.waiting == 50
    postgres.start()
    assert soon(lambda: not journal.waiting, seconds=60)
    journal.close()
    assert journal.lost == 0
    assert rows(url, "select count(distinct question) from questions") == [(51,)]


@pytest.mark.slow
def test_a_value_that_a_database_refuses_costs_only_its_own_row(postgres):
    url = postgres.new_database()
    journal = Journal.open(url)
    for generation in ("g", "x" * 65, "g"):
        journal.asked(FakeAssistant().ask("hi"), answer_id="a", generation=generation, took_ms=1)
    journal.close()
    assert journal.lost == 1
    assert rows(url, "select count(*) from questions") == [(2,)]
