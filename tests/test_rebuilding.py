"""Builds apart: started once at a time, when the documents changed and not when they did not."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from changing import QUESTION, change, small_lab

from assistant import rebuilding
from assistant.errors import SettingsError
from assistant.pipeline import build, is_current, load_assistant
from assistant.rebuilding import Rebuilder, Watcher, build_apart
from assistant.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over three pages, not indexed yet."""
    return small_lab(tmp_path)


class Counting(Rebuilder):
    """Builds here, and counts."""

    def __init__(self, settings: Settings, *, fails: bool = False) -> None:
        super().__init__(settings)
        self.settings, self.fails, self.count = settings, fails, 0

    def start(self) -> bool:
        self.count += 1
        if not self.fails:
            build(self.settings)
        return True


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_watcher_builds_once_for_each_change(settings: Settings):
    builder = Counting(settings)
    watcher = Watcher(settings, builder, every_s=0.05)
    watcher.start()
    eventually(lambda: builder.count == 1 and is_current(settings))
    change(settings, "Fridays")
    eventually(lambda: builder.count == 2 and is_current(settings))
    (settings.corpus.path / "visit.md").unlink()
    eventually(lambda: builder.count == 3 and is_current(settings))
    time.sleep(0.5)
    watcher.close()
    assert builder.count == 3


def test_what_cannot_be_built_is_tried_again_only_when_it_changes(settings: Settings):
    builder = Counting(settings, fails=True)
    watcher = Watcher(settings, builder, every_s=0.05)
    watcher.start()
    eventually(lambda: builder.count == 1)
    time.sleep(0.5)
    assert builder.count == 1
    change(settings, "Fridays")
    eventually(lambda: builder.count == 2)
    watcher.close()


def test_documents_that_do_not_change_are_not_read(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    build(settings)
    looked: list[str] = []
    real = rebuilding._stamp
    monkeypatch.setattr(rebuilding, "_stamp", lambda folder: looked.append("stamp") or real(folder))
    monkeypatch.setattr("assistant.pipeline.is_current", lambda settings: looked.append("read") or True)
    watcher = Watcher(settings, Counting(settings), every_s=0.02)
    watcher.start()
    eventually(lambda: looked.count("stamp") > 10)
    watcher.close()
    assert looked.count("read") == 1


@pytest.mark.slow
def test_a_build_apart_is_a_build(settings: Settings):
    assert " passages of 3 files in " in build_apart(settings)
    assert is_current(settings) and "Mondays" in load_assistant(settings).ask(QUESTION).text


@pytest.mark.slow
def test_a_build_apart_that_fails_says_why_and_leaves_the_index(settings: Settings, caplog: pytest.LogCaptureFixture):
    build(settings)
    for path in settings.corpus.path.iterdir():
        path.unlink()
    with pytest.raises(SettingsError, match="corpus"):
        build_apart(settings)
    rebuilder = Rebuilder(settings)
    with caplog.at_level(logging.ERROR):
        assert rebuilder.start()
        assert not rebuilder.start()
        eventually(lambda: "the rebuild failed, the index stays as it is: " in caplog.text)
    assert "Mondays" in load_assistant(settings).ask(QUESTION).text
