"""A build that is spread over Dask's workers gives the same index, whoever is killed meanwhile."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from changing import change, small_lab

from assistant import spreading
from assistant.errors import OptionalPackageMissing, SettingsError
from assistant.index.parts import PartFiles, Prepared, decode_prepared, encode_prepared, work_name
from assistant.pipeline import build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings
from assistant.spreading import DaskCrew

_PAGES = 24
# distributed leaves a socket that it never bound to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed <socket.*'0.0.0.0', 0:ResourceWarning"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, each a process of its own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as made:
        yield str(made.scheduler_address)


@pytest.fixture
def crews(monkeypatch: pytest.MonkeyPatch) -> list[DaskCrew]:
    """Every crew that builds make, with tasks of one page each."""
    made: list[DaskCrew] = []
    real = DaskCrew.open.__func__

    def opened(cls: type[DaskCrew], settings: Settings, *, dimension: int) -> DaskCrew:
        crew = real(cls, settings, dimension=dimension)
        crew._at_once = 1
        made.append(crew)
        return crew

    monkeypatch.setattr(DaskCrew, "open", classmethod(opened))
    return made


@pytest.fixture
def lab(tmp_path: Path) -> Settings:
    """A lab of some pages."""
    settings = small_lab(tmp_path)
    for number in range(_PAGES):
        text = f"# 项目{number}\n\n项目{number}研究第{number}种编译器。\n\n" + f"编译器{number}在上海开发。\n" * 20
        (settings.corpus.path / f"p{number}.md").write_text(text, "utf-8")
    return settings


def spread(settings: Settings, where: str, name: str) -> Settings:
    index = IndexSettings(path=settings.index.path.parent / name, dask=where)
    return settings.model_copy(update={"index": index})


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if "/." not in str(path)}


@pytest.mark.slow
def test_it_is_the_same_index_byte_by_byte(lab: Settings, cluster: str):
    build(lab)
    spreaded = spread(lab, cluster, "spread")
    build(spreaded)
    assert contents(spreaded.index.path) == contents(lab.index.path)


@pytest.mark.slow
def test_a_cluster_of_this_machine_is_made_where_none_is_named(lab: Settings):
    settings = spread(lab, spreading.LOCAL, "local")
    build(settings)
    assert load_assistant(settings).ask("visitors").text


@pytest.mark.slow
def test_workers_of_this_machine_are_reached_with_keys_alone(lab: Settings):
    """Whoever reaches a scheduler can run code."""
    crew = DaskCrew.open(spread(lab, spreading.LOCAL, "keys"), dimension=4)
    assert crew._cluster is not None and str(crew._cluster.scheduler_address).startswith("tls://127.0.0.1:")
    crew.close()


@pytest.mark.slow
def test_what_did_not_change_is_not_done_again(
    lab: Settings, cluster: str, crews: list[DaskCrew], monkeypatch: pytest.MonkeyPatch
):
    settings = spread(lab, cluster, "again")
    kept: list[str] = []
    real = PartFiles.keep
    monkeypatch.setattr(PartFiles, "keep", lambda self, name, content: (kept.append(name), real(self, name, content)))
    build(settings)
    pages = _PAGES + 3
    assert len(kept) == len(set(kept)) == 2 * pages  # each is chunked and prepared once
    build(settings)
    assert len(kept) == 2 * pages
    change(settings, "Fridays")
    build(settings)
    assert len(kept) == 2 * pages + 2
    assert "Fridays" in load_assistant(settings).ask("visitors").text


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_its_task(lab: Settings, crews: list[DaskCrew]):
    settings = spread(lab, spreading.LOCAL, "killed")
    killed: list[int] = []

    def tell(stage: str, done: int, _total: int) -> None:
        if stage == "chunking" and done > 3 and not killed:
            assert crews[0]._cluster is not None
            nanny = next(iter(crews[0]._cluster.workers.values()))
            killed.append(int(nanny.pid))  # type: ignore[union-attr]
            os.kill(killed[0], signal.SIGKILL)

    build(settings, on_progress=tell)
    assert killed
    build(lab)
    assert contents(settings.index.path) == contents(lab.index.path)


@pytest.mark.slow
def test_a_build_that_was_killed_goes_on_from_there(
    lab: Settings, cluster: str, crews: list[DaskCrew], monkeypatch: pytest.MonkeyPatch
):
    settings = spread(lab, cluster, "resumed")

    class Killed(BaseException):
        pass

    def tell(stage: str, done: int, _total: int) -> None:
        if stage == "indexing" and done == 10:
            raise Killed

    with pytest.raises(Killed):
        build(settings, on_progress=tell)
    kept: list[str] = []
    real = PartFiles.keep
    monkeypatch.setattr(PartFiles, "keep", lambda self, name, content: (kept.append(name), real(self, name, content)))
    build(settings)
    assert 0 < len(kept) <= _PAGES + 3 - 10
    build(lab)
    assert contents(settings.index.path) == contents(lab.index.path)


@pytest.mark.slow
def test_nobody_at_the_address_is_told(lab: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spreading, "_CONNECT_S", 0.5)
    with pytest.raises(SettingsError, match="index.dask: no Dask scheduler works at tcp://127.0.0.1:9"):
        build(spread(lab, "tcp://127.0.0.1:9", "nobody"))


def test_without_dask_the_remedy_is_told(lab: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(OptionalPackageMissing, match="pip install -r requirements-dask.txt"):
        build(spread(lab, spreading.LOCAL, "none"))


def test_prepared_passages_survive_being_bytes():
    import numpy as np

    made = Prepared([["编译器", "a"], []], np.eye(2, 3, dtype=np.float32), [np.array([4, 5], np.int32), np.zeros(0, np.int32)])
    again = decode_prepared(encode_prepared(made))
    assert again.tokens == made.tokens and again.vectors.tolist() == made.vectors.tolist()
    assert [words.tolist() for words in again.words] == [[4, 5], []]
    with pytest.raises(ValueError, match="not prepared passages"):
        decode_prepared(b"nothing")


def test_parts_that_are_damaged_are_not_recalled(tmp_path: Path):
    parts = PartFiles(tmp_path)
    name = work_name("chunk", "text")
    assert parts.recall(name) is None
    parts.keep(name, b"content")
    assert parts.recall(name) == b"content" and work_name("chunkt", "ext") != name
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:-1])
    assert parts.recall(name) is None
    parts.keep_only([])
    assert not list(tmp_path.rglob(name))


def test_the_corpus_of_a_worker_is_the_same_folder(corpus: Path, tmp_path: Path):
    settings = Settings(corpus=CorpusSettings(path=corpus))
    from assistant.readers.site import describe_site

    site = describe_site(settings.corpus.path, ("index.rst",), site_url="")
    from dataclasses import replace

    from assistant.errors import CorpusError

    with pytest.raises(CorpusError, match="let every machine see it under this path"):
        spreading._read_batch(replace(site, root=tmp_path / "gone"), ["index.rst"])
