"""A server follows its index: no gap, no failed answer, none of two generations."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from changing import QUESTION, change, small_lab

from assistant.cli import main
from assistant.errors import IndexMissing
from assistant.index import generations, store
from assistant.live import LiveAssistant
from assistant.pipeline import Assistant, build
from assistant.settings import Settings

DAYS = ("Mondays", "Fridays")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over three pages, not indexed yet."""
    return small_lab(tmp_path)


@pytest.fixture
def live(settings: Settings) -> LiveAssistant:
    """An assistant over three pages; it looks for news only when it is told to."""
    build(settings)
    return LiveAssistant(settings, every_s=3600)


def damage(settings: Settings) -> None:
    folder = settings.index.path
    path = folder / generations.current_name(folder) / "passages.jsonl"
    path.write_bytes(path.read_bytes()[:-2])


def test_a_new_index_is_answered_from_without_a_restart(live: LiveAssistant, settings: Settings):
    before = live()
    assert "Mondays" in before.ask(QUESTION).text
    change(settings, "Fridays")
    build(settings)
    assert "Mondays" in live().ask(QUESTION).text
    live.refresh()
    assert "Fridays" in live().ask(QUESTION).text
    assert "Mondays" in before.ask(QUESTION).text  # whoever has it keeps it whole


def test_what_did_not_change_is_not_loaded_again(live: LiveAssistant, settings: Settings):
    before = live()
    live.refresh()
    assert live() is before


def test_a_damaged_index_is_told_and_the_one_that_answers_stays(
    live: LiveAssistant, settings: Settings, caplog: pytest.LogCaptureFixture
):
    before = live()
    change(settings, "Fridays")
    build(settings)
    damage(settings)
    live.refresh()
    assert live() is before
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1 and "passages.jsonl: missing or altered" in told[0] and before.generation in told[0]
    live.refresh()
    assert len([r for r in caplog.records if r.levelno >= logging.ERROR]) == 1  # told once
    build(settings)
    live.refresh()
    assert "Fridays" in live().ask(QUESTION).text


def test_a_server_starts_on_the_last_good_index(settings: Settings, caplog: pytest.LogCaptureFixture):
    build(settings)
    change(settings, "Fridays")
    build(settings)
    damage(settings)
    assert "Mondays" in LiveAssistant(settings)().ask(QUESTION).text
    assert "Until then the generation before it" in caplog.text


def test_without_an_index_it_does_not_start(settings: Settings):
    with pytest.raises(IndexMissing):
        LiveAssistant(settings)


@pytest.mark.slow
def test_no_answer_fails_or_mixes_while_the_index_is_switched(live: LiveAssistant, settings: Settings):
    """Twenty switches under questions; each answer's words are those of the generation it names."""
    made: dict[str, str] = {live().generation: "Mondays"}
    change(settings, "Fridays")
    made[build(settings).generation] = "Fridays"
    kept = {name: store._load(settings.index.path / name, store.current_manifest(settings.index.path).model) for name in made}
    stopping = threading.Event()

    def ask() -> list[tuple[str, str]]:
        told = []
        while not stopping.is_set():
            assistant: Assistant = live()
            told.append((assistant.generation, assistant.ask(QUESTION).text))
        return told

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        for number in range(20):
            name = sorted(made)[number % 2]
            store.save(settings.index.path, kept[name])
            live.refresh()
            assert live().generation == name
        stopping.set()
        told = [pair for future in asking for pair in future.result()]
    assert {name for name, _ in told} == set(made)
    for name, text in told:
        assert made[name] in text
        assert not any(day in text for day in DAYS if day != made[name])


def test_a_step_back_is_taken_up_too(
    live: LiveAssistant, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    first = live().generation
    change(settings, "Fridays")
    build(settings)
    live.refresh()
    monkeypatch.setenv("ASSISTANT_CORPUS__PATH", str(settings.corpus.path))
    monkeypatch.setenv("ASSISTANT_INDEX__PATH", str(settings.index.path))
    assert main(["build", "--rollback"]) == 0
    assert f"generation {first} answers again" in capsys.readouterr().out
    live.refresh()
    assert "Mondays" in live().ask(QUESTION).text
