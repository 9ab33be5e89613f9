"""Documents change: the index follows without a gap, one build at a time, whatever goes wrong."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from changing import QUESTION, change, small_lab
from faults import FAULTS, Disk, on
from filelock import FileLock

from assistant import crew, pipeline
from assistant.chunking import chunk
from assistant.cli import main
from assistant.errors import IndexBusy, IndexDamaged, SettingsError
from assistant.index import store
from assistant.index.embedding import embedder_name
from assistant.pipeline import build, is_current, load_assistant, roll_back
from assistant.settings import CorpusSettings, IndexSettings, Settings
from assistant.text import tokenize

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over three pages, not indexed yet."""
    return small_lab(tmp_path)


def answer(settings: Settings) -> str:
    return load_assistant(settings).ask(QUESTION).text


def test_what_was_changed_or_deleted_is_answered_so(settings: Settings):
    build(settings)
    assert "Mondays" in answer(settings)
    change(settings, "Fridays")
    assert not is_current(settings)
    build(settings)
    assert is_current(settings)
    assert "Fridays" in answer(settings) and "Mondays" not in answer(settings)
    (settings.corpus.path / "visit.md").unlink()
    assert build(settings).files == 2
    gone = load_assistant(settings)
    assert "Fridays" not in gone.ask(QUESTION).text
    assert gone.document_text("visit.md") is None


def current_files(settings: Settings) -> dict[str, bytes]:
    folder = settings.index.path / (settings.index.path / "current").read_text("utf-8").strip()
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("is_damaged", [False, True])
def test_of_one_changed_page_a_build_does_only_that_page_and_gives_what_it_gives_from_nothing(
    is_damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
):
    shutil.copytree(ROOT / "corpus", tmp_path / "corpus")
    corpus = CorpusSettings(path=tmp_path / "corpus")
    settings, afresh = (Settings(corpus=corpus, index=IndexSettings(path=tmp_path / name)) for name in ("a", "b"))
    build(settings)
    page = tmp_path / "corpus" / "doc" / "team" / "hpc.md"
    page.write_text(page.read_text("utf-8") + "\n新的一行：组会改到周五。\n", "utf-8")
    parts = sorted(path for path in (settings.index.path / ".parts").rglob("*") if path.is_file())
    for part in parts if is_damaged else ():
        part.write_bytes(part.read_bytes()[:-1])
    done: list[str] = []
    monkeypatch.setattr(crew, "chunk", lambda document: done.append(document.source) or chunk(document))
    monkeypatch.setattr(crew, "tokenize", lambda text: done.append(text) or tokenize(text))
    build(settings)
    made = store.load(settings.index.path, model=embedder_name("default"))
    changed = [passage for passage in made.passages if passage.place.source == "doc/team/hpc.md"]
    if not is_damaged:
        assert done == ["doc/team/hpc.md", *(store.embedded_text(passage) for passage in changed)]
    done.clear()
    build(afresh)
    assert len(done) > 2 * len(changed)
    assert current_files(settings) == current_files(afresh)
    names = [{p.name for p in (one.index.path / ".parts").glob("*/*")} for one in (settings, afresh)]
    assert names[0] == names[1]  # what is no longer needed is removed


def test_one_step_back_is_possible(settings: Settings):
    build(settings)
    change(settings, "Fridays")
    build(settings)
    store.roll_back(settings.index.path)
    assert "Mondays" in answer(settings)


def test_a_step_back_stays_until_the_documents_change(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("ASSISTANT_CORPUS__PATH", str(settings.corpus.path))
    monkeypatch.setenv("ASSISTANT_INDEX__PATH", str(settings.index.path))

    def asked() -> str:
        assert main(["ask", QUESTION]) == 0  # builds where it finds the index out of date
        return capsys.readouterr().out

    assert "Mondays" in asked()
    change(settings, "Fridays")
    assert "Fridays" in asked()
    assert main(["build", "--rollback"]) == 0
    assert is_current(settings)
    assert "Mondays" in asked() and "Mondays" in asked()
    change(settings, "Sundays")
    assert not is_current(settings)
    assert "Sundays" in asked()
    change(settings, "Fridays")  # wanted once more, since somebody wrote it once more
    assert "Fridays" in asked()


def test_a_step_back_ends_with_a_build_on_purpose(settings: Settings):
    build(settings)
    change(settings, "Fridays")
    build(settings)
    roll_back(settings)
    assert "Mondays" in answer(settings)
    build(settings)
    assert "Fridays" in answer(settings) and is_current(settings)
    change(settings, "Mondays")
    build(settings)
    change(settings, "Fridays")
    assert not is_current(settings)  # the step back is not remembered past the build


def test_a_second_step_is_the_way_forth(settings: Settings):
    build(settings)
    change(settings, "Fridays")
    build(settings)
    roll_back(settings)
    roll_back(settings)
    assert "Fridays" in answer(settings) and is_current(settings)


def test_a_second_build_is_told_of_the_first(settings: Settings):
    settings.index.path.mkdir()
    stages: list[str] = []
    with FileLock(settings.index.path / ".lock"), pytest.raises(IndexBusy, match="another build is running"):
        build(settings, on_progress=lambda stage, done, total: stages.append(stage), wait_s=0)
    assert stages == ["waiting"]


def test_a_second_build_waits_for_the_first(settings: Settings):
    settings.index.path.mkdir()
    lock = FileLock(settings.index.path / ".lock", thread_local=False)
    lock.acquire()
    waiting = threading.Event()

    def tell(stage: str, _done: int, _total: int) -> None:
        if stage == "waiting":
            waiting.set()

    second = threading.Thread(target=build, args=(settings,), kwargs={"on_progress": tell})
    second.start()
    assert waiting.wait(20)
    assert not is_current(settings)
    lock.release()
    second.join(60)
    assert is_current(settings)


def test_what_killed_builds_left_is_cleared_away(settings: Settings):
    build(settings)
    left = settings.index.path / ".building-killed"
    (left / "lexical").mkdir(parents=True)
    (settings.index.path / ".current-4711").write_text("x")
    change(settings, "Fridays")
    build(settings)
    assert {p.name for p in settings.index.path.iterdir() if p.name.startswith(".")} <= {".lock", ".readings", ".parts"}


def test_an_index_that_answers_otherwise_once_it_is_on_the_disk_is_not_switched_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    build(settings)
    before = answer(settings)
    change(settings, "Fridays")
    real = store.read_passage
    monkeypatch.setattr(store, "read_passage", lambda values: replace(real(values), text="Noise."))
    with pytest.raises(IndexDamaged, match="otherwise than it should; check the disk"):
        build(settings)
    monkeypatch.undo()
    assert answer(settings) == before


@pytest.mark.slow
def test_a_whole_build_survives_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    embedder = pipeline.load_embedder("default")
    monkeypatch.setattr(pipeline, "load_embedder", lambda name: embedder)  # loading it writes nothing
    build(settings)
    change(settings, "Fridays")
    folder = settings.index.path
    template = folder.with_name("template")
    folder.rename(template)
    shutil.copytree(template, folder)
    with on(Disk()) as disk:
        build(settings)
    faulty = 0
    for at in range(0, len(disk.log), 4):  # index/test_faults.py walks all of those that save the index
        shutil.rmtree(folder)
        shutil.copytree(template, folder)
        try:
            with on(Disk(at, FAULTS["full disk"])):
                build(settings)
        except SettingsError:
            faulty += 1
        assert any(day in answer(settings) for day in ("Mondays", "Fridays"))
        build(settings)
        assert "Fridays" in answer(settings)
    assert faulty > 10
