"""One suite for every place where an index may be kept: built, asked, changed, gone back, broken, shared."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backends import BACKENDS, Keeper, kept_by
from changing import QUESTION, change, small_lab

from assistant.errors import IndexBusy, IndexDamaged, IndexMissing
from assistant.evaluation import evaluate
from assistant.index.store import Generation
from assistant.live import LiveAssistant
from assistant.pipeline import Assistant, build, load_assistant
from assistant.settings import CorpusSettings, Settings

ROOT = Path(__file__).resolve().parent.parent.parent


pytestmark = pytest.mark.usefixtures("quick_builds")


@pytest.fixture(params=BACKENDS)
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Keeper]:
    """Three pages, not indexed yet."""
    keeper = Keeper(kept_by(request.param, small_lab(tmp_path), tmp_path))
    yield keeper
    keeper.store.close()


def assistant(keeper: Keeper) -> Assistant:
    return load_assistant(keeper.settings, kept=keeper.store)


def built(keeper: Keeper, day: str = "Mondays") -> str:
    change(keeper.settings, day)
    return build(keeper.settings, kept=keeper.store).generation


def said(keeper: Keeper) -> str:
    return assistant(keeper).ask(QUESTION).text


def test_without_an_index_that_is_said(keeper: Keeper):
    with pytest.raises(IndexMissing, match="no index yet; run 'python -m assistant build'"):
        assistant(keeper)
    with pytest.raises(IndexMissing, match="no generation before this one is kept"):
        keeper.store.roll_back()


def test_what_is_built_answers_with_its_citation(keeper: Keeper):
    name = built(keeper)
    asked = assistant(keeper)
    answer = asked.ask("编译器团队的邮箱是什么？")
    assert answer.answered and "wang@lab.example" in answer.text
    assert answer.citations[0].place.source == "team.md" and answer.citations[0].place.line == 3
    assert asked.generation == name == keeper.store.current_manifest().generation
    assert asked.document_text("visit.md") is not None
    passage = asked.passage(answer.citations[0].passage)
    assert passage is not None and answer.citations[0].quote in passage.text


def test_a_changed_document_is_answered_anew_and_a_deleted_one_no_more(keeper: Keeper):
    built(keeper)
    assert "Mondays" in said(keeper)
    built(keeper, "Fridays")
    assert "Fridays" in said(keeper) and "Mondays" not in said(keeper)
    (keeper.settings.corpus.path / "visit.md").unlink()
    build(keeper.settings, kept=keeper.store)
    assert "Fridays" not in said(keeper)
    assert assistant(keeper).document_text("visit.md") is None


def test_a_step_back_and_forth_again(keeper: Keeper):
    first, second = built(keeper), built(keeper, "Fridays")
    assert keeper.store.rolled_back_from() == ""
    assert keeper.store.roll_back() == first and "Mondays" in said(keeper)
    assert keeper.store.rolled_back_from() == second
    assert keeper.store.roll_back() == second and "Fridays" in said(keeper)


def test_going_back_is_over_with_the_next_build(keeper: Keeper):
    first, second = built(keeper), built(keeper, "Fridays")
    assert keeper.store.roll_back() == first
    keeper.reopen()
    assert keeper.store.rolled_back_from() == second
    assert built(keeper, "Fridays") == second and "Fridays" in said(keeper)
    assert keeper.store.rolled_back_from() == ""


def test_it_is_there_after_a_restart(keeper: Keeper):
    built(keeper)
    built(keeper, "Fridays")
    before = assistant(keeper).ask("编译器团队由谁负责？")
    keeper.reopen()
    assert "Fridays" in said(keeper)
    assert assistant(keeper).ask("编译器团队由谁负责？") == before
    keeper.store.roll_back()
    assert "Mondays" in said(keeper)


def test_no_more_than_two_generations_are_kept(keeper: Keeper):
    for day in ("Mondays", "Tuesdays", "Wednesdays", "Thursdays"):
        built(keeper, day)
    assert keeper.kept() == 2


def test_the_same_documents_give_the_same_generation_once(keeper: Keeper):
    name = built(keeper)
    before = assistant(keeper)
    assert built(keeper) == name and keeper.kept() == 1
    assert before.ask(QUESTION).text == said(keeper)


def test_two_builds_at_once_leave_one_whole_index(keeper: Keeper):
    built(keeper)
    change(keeper.settings, "Fridays")
    with ThreadPoolExecutor(2) as pool:
        names = [pool.submit(build, keeper.settings, kept=keeper.store) for _ in range(2)]
        assert len({name.result().generation for name in names}) == 1
    assert "Fridays" in said(keeper)


def test_who_will_not_wait_for_another_build_is_told(keeper: Keeper):
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with keeper.store.building(wait_s=0, on_wait=lambda: None):
            entered.set()
            leave.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    entered.wait(20)
    with pytest.raises(IndexBusy, match="another build is running"):
        build(keeper.settings, kept=keeper.store, wait_s=0)
    leave.set()
    other.join(20)


def test_what_does_not_answer_as_it_should_is_not_switched_to(keeper: Keeper):
    built(keeper)
    state, count = keeper.store.state(), keeper.kept()
    fresh = keeper.store.load(model=keeper.store.current_manifest().model)

    def refuse(made: Generation) -> None:
        raise IndexDamaged(f"{made.manifest.generation}: no.")

    change(keeper.settings, "Fridays")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.pipeline._verify", lambda made, *others: refuse(made))
        with pytest.raises(IndexDamaged, match="no."):
            build(keeper.settings, kept=keeper.store)
    assert (keeper.store.state(), keeper.kept()) == (state, count)
    assert "Mondays" in said(keeper) and len(fresh.passages) > 0


def test_a_damaged_index_is_told_and_the_one_before_answers(keeper: Keeper, caplog: pytest.LogCaptureFixture):
    built(keeper)
    built(keeper, "Fridays")
    keeper.damage()
    assert "Mondays" in said(keeper)
    assert "Until then the generation before it" in caplog.text
    built(keeper, "Fridays")
    assert "Fridays" in said(keeper)


def test_a_damaged_index_with_none_before_it_is_told(keeper: Keeper):
    built(keeper)
    keeper.damage()
    with pytest.raises(IndexDamaged, match="run 'python -m assistant build' again"):
        assistant(keeper)


def test_a_server_takes_up_what_was_built(keeper: Keeper, caplog: pytest.LogCaptureFixture):
    built(keeper)
    live = LiveAssistant(keeper.settings, every_s=3600, kept=keeper.store)
    before = live()
    live.refresh()
    assert live() is before
    built(keeper, "Fridays")
    live.refresh()
    assert "Fridays" in live().ask(QUESTION).text and "Mondays" in before.ask(QUESTION).text
    built(keeper, "Sundays")
    keeper.damage()
    live.refresh()
    live.refresh()
    assert "Fridays" in live().ask(QUESTION).text
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) >= 1


def test_only_what_is_new_is_embedded(keeper: Keeper):
    built(keeper)
    known = keeper.store.known_vectors(["never seen"], model=keeper.store.current_manifest().model)
    assert "never seen" not in known
    loaded = keeper.store.load(model=keeper.store.current_manifest().model)
    texts = [f"{passage.context}\n{passage.text}" for passage in loaded.passages]
    known = keeper.store.known_vectors(texts, model=loaded.manifest.model)
    assert set(texts) <= set(known)
    assert keeper.store.known_vectors(texts, model="another") == {}


@pytest.mark.parametrize("lab", sorted((ROOT / "tests/data/labs").iterdir()), ids=lambda lab: lab.name)
def test_every_question_about_a_lab_is_answered(keeper: Keeper, lab: Path):
    settings = keeper.settings.model_copy(update={"corpus": CorpusSettings(path=lab / "docs")})
    build(settings, kept=keeper.store)
    report = evaluate(load_assistant(settings, kept=keeper.store), lab / "questions.yaml")
    assert [f"{miss.case.id}: {miss.answer.text}" for miss in report.misses] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ("seed", "bnu-sys", "jia-liu-team", "deeplink-docs", "deeplink-docs-html"))
def test_milvus_answers_as_well_as_files(name: str, shared: Path, tmp_path: Path):
    """Within a point, on question sets that neither was made for."""
    folder, questions = shared / "corpora" / name, shared / "eval" / "dev" / f"{name}.yaml"
    if not questions.is_file():
        pytest.skip("no such question set")
    corpus = Settings(corpus=CorpusSettings(path=folder / "docs" if (folder / "docs").is_dir() else folder))
    right: dict[str, float] = {}
    for backend in BACKENDS:
        keeper = Keeper(kept_by(backend, corpus, tmp_path / backend))
        try:
            build(keeper.settings, kept=keeper.store)
            report = evaluate(assistant(keeper), questions)
            right[backend] = 1 - len(report.misses) / len(report.outcomes)
        finally:
            keeper.store.close()
    assert right["milvus"] >= right["faiss"] - 0.01
