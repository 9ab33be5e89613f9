"""An answer that never ends costs its own visitor an answer, and nobody else anything."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_serving import Served, eventually, posix, served

from assistant.server.watching import AnswerWatch

# Python runs this at the start of every process whose path holds it.
HOOK = """
import re
from assistant.answering.answerer import Answerer
answer = Answerer.answer
def hooked(self, question):
    while "loop" in question.text:
        pass
    if "regex" in question.text:
        re.match("(a|a)+$", "a" * 60 + "b")  # takes ages, in C, and lets no other thread run
    return answer(self, question)
Answerer.answer = hooked
"""


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server of two workers in which some questions never end."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hook"))
    monkeypatch.setenv("ASSISTANT_SERVER__LONGEST_ANSWER_S", "2")
    monkeypatch.setenv("ASSISTANT_SERVER__GRACE_S", "1")
    with served(tmp_path, "--workers", "2") as server:
        yield server


@pytest.mark.slow
@posix
@pytest.mark.parametrize("stuck", ["loop", "regex"])
def test_a_worker_that_an_answer_holds_is_replaced(stuck: str, running: Served):
    before = running.workers()

    def ask() -> None:
        with pytest.raises(OSError):
            running.client.get(f"/ask?q={stuck}")

    asking = threading.Thread(target=ask)
    asking.start()
    eventually(lambda: len(set(before) - set(running.workers())) == 1)  # one of them, not both
    asking.join(30)
    assert not asking.is_alive()
    eventually(lambda: len(running.workers()) == 2)
    assert all("Mondays" in running.day() for _ in range(6))


def test_an_answer_that_takes_too_long_is_told_once_without_its_question(caplog: pytest.LogCaptureFixture):
    watch = AnswerWatch(longest_s=0.2, grace_s=60)
    ended = threading.Event()
    try:
        with watch.finding():
            watch.start(ended.set)
            assert ended.wait(20)
        [told] = [record.getMessage() for record in caplog.records]
        assert "longer than 0 s; this process ends" in told and os.path.basename(__file__) in told
    finally:
        import faulthandler

        faulthandler.cancel_dump_traceback_later()
        watch.close()


def test_answers_in_time_end_nothing(caplog: pytest.LogCaptureFixture):
    watch = AnswerWatch(longest_s=5, grace_s=60)
    watch.start(lambda: pytest.fail("nothing took long"))
    for _ in range(100):
        with watch.finding():
            pass
    watch.close()
    assert not caplog.records
