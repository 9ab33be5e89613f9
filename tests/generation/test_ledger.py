"""The limits of a language model's use, shared by threads and processes."""

import math
import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.generation.ledger import Ledger, Limits

FREE = Limits(questions_per_minute=1_000_000, spend_per_day=math.inf)


class Clock:
    """A time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_questions_a_minute_are_granted_and_come_back(tmp_path):
    clock = Clock()
    ledger, limits = Ledger.open(tmp_path / "l.db", clock=clock), Limits(2, math.inf)
    assert [ledger.ask(0, limits).is_granted for _ in range(3)] == [True, True, False]
    clock.now += 61
    assert ledger.ask(0, limits).is_granted


def test_the_most_a_call_may_cost_is_set_aside_and_settled(tmp_path):
    ledger, limits = Ledger.open(tmp_path / "l.db", clock=Clock()), Limits(100, 1.0)
    first = ledger.ask(0.8, limits)
    assert not ledger.ask(0.8, limits).is_granted
    ledger.settle(first.call, 0.1)
    assert ledger.ask(0.8, limits).is_granted


def test_a_new_day_has_its_own_budget(tmp_path):
    clock = Clock()
    ledger, limits = Ledger.open(tmp_path / "l.db", clock=clock), Limits(100, 1.0)
    assert ledger.ask(1.0, limits).is_granted
    clock.now += 3600
    assert not ledger.ask(0.1, limits).is_granted
    clock.now += 24 * 3600
    assert ledger.ask(1.0, limits).is_granted


def test_what_was_spent_is_known_after_a_restart(tmp_path):
    clock = Clock()
    assert Ledger.open(tmp_path / "l.db", clock=clock).ask(1.0, Limits(100, 1.0)).is_granted
    assert not Ledger.open(tmp_path / "l.db", clock=clock).ask(0.1, Limits(100, 1.0)).is_granted


def test_threads_together_get_no_more_than_the_limit(tmp_path):
    ledger, limits = Ledger.open(tmp_path / "l.db"), Limits(7, math.inf)
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: ledger.ask(0, limits).is_granted, range(40)))
    assert sum(granted) == 7


def count_ten(path: Path) -> None:
    ledger = Ledger.open(path)
    for _ in range(10):
        ledger.add({("answers", "generated"): 1})


def test_processes_lose_no_count(tmp_path):
    workers = [multiprocessing.get_context("spawn").Process(target=count_ten, args=(tmp_path / "l.db",)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert Ledger.open(tmp_path / "l.db").counts() == {("answers", "generated"): 30}


def test_a_damaged_ledger_grants_nothing(tmp_path):
    ledger = Ledger.open(tmp_path / "l.db")
    (tmp_path / "l.db").write_bytes(b"no database" * 100)
    assert not ledger.ask(0, FREE).is_granted
    ledger.add({("answers", "generated"): 1})
    assert ledger.counts() == {}


def test_a_locked_ledger_grants_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("assistant.generation.ledger._BUSY_S", 0.05)
    ledger = Ledger.open(tmp_path / "l.db")
    holder = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert not ledger.ask(0, FREE).is_granted
    holder.close()
    assert ledger.ask(0, FREE).is_granted


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="name a file that can"):
        Ledger.open(tmp_path / "file" / "l.db")
