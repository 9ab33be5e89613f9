"""What only an index in Milvus has to hold: the same scores as locally, a server that goes away, one that is shared."""

import stat
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jieba
import numpy as np
import pytest
from backends import Keeper, kept_by
from changing import QUESTION, change, small_lab
from documents import Part, make_document
from generations import MODEL, small_generation
from patience import soon

from assistant.errors import IndexDamaged, IndexMissing, IndexUnavailable, OptionalPackageMissing, SettingsError
from assistant.index.backend import WeightedTerm
from assistant.index.keeping import open_store
from assistant.index.milvus import layout, rows
from assistant.index.milvus.keeping import MilvusStore
from assistant.index.store import Generation
from assistant.live import LiveAssistant
from assistant.pipeline import build, is_current, load_assistant
from assistant.server.serving import serve
from assistant.settings import IndexSettings, ServerSettings, Settings
from assistant.text import tokenize

ROOT = Path(__file__).resolve().parent.parent.parent


pytestmark = pytest.mark.usefixtures("quick_builds")


class LiteServer:
    """Milvus Lite as a server, which several clients may share; ``stop`` and ``start`` it as often as you like."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        from milvus_lite.adapter.grpc.server import start_server_in_thread

        self._server, self._database, self.port = start_server_in_thread(str(self._folder), port=self.port)

    def stop(self) -> None:
        self._server.stop(grace=0).wait()
        self._database.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiteServer]:
    made = LiteServer(tmp_path / "server.db")
    yield made
    made.stop()


@pytest.fixture
def lab(tmp_path: Path) -> Settings:
    return kept_by("milvus", small_lab(tmp_path), tmp_path)


@pytest.fixture
def shared_lab(tmp_path: Path, server: LiteServer) -> Settings:
    return kept_by("milvus", small_lab(tmp_path), tmp_path, uri=server.uri)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Generation, Generation]]:
    """One generation in memory, and the same read back from Milvus Lite."""
    folder = tmp_path_factory.mktemp("both")
    made = small_generation("digest")
    store = open_store(IndexSettings(path=folder / "index", backend="milvus", milvus_uri=str(folder / "m.db")))
    store.save(made, [tokenize(passage.text) for passage in made.passages], verify=lambda kept: None)
    yield made, store.load(model=MODEL)
    store.close()


def test_everything_is_read_back(both: tuple[Generation, Generation]):
    made, kept = both
    assert tuple(kept.passages) == tuple(made.passages) and kept.passages[-1] == made.passages[-1]
    assert tuple(kept.passages[1:3]) == tuple(made.passages[1:3]) and len(kept.passages) == len(made.passages)
    assert tuple(kept.pages) == tuple(made.pages) and kept.pages[0] == made.pages[0]
    assert kept.records == made.records
    assert kept.manifest.generation == made.manifest.generation and kept.manifest.files
    assert kept.outline.encoded() == made.outline.encoded()
    with pytest.raises(IndexError):
        kept.passages[len(made.passages)]
    with pytest.raises(IndexError):
        kept.pages[len(made.pages)]


def test_scores_are_those_of_the_local_index(both: tuple[Generation, Generation]):
    made, kept = both
    assert set(kept.lexical.vocabulary) == set(made.lexical.vocabulary)
    for token in made.lexical.vocabulary:
        assert kept.lexical.frequency(token) == made.lexical.frequency(token)
        assert kept.lexical.idf(token) == pytest.approx(made.lexical.idf(token))
        assert kept.lexical.passages_with(token) == made.lexical.passages_with(token)
    assert kept.lexical.passages_with("nowhere") == ()
    terms = (
        WeightedTerm(1.0, ("编译器", "编译"), (("compil", 0.8),)),
        WeightedTerm(0.35, ("eccv",), ()),
        WeightedTerm(0.25, ("nowhere",), (("2024", 0.5), ("研究", 0.1))),
    )
    for limit, also in ((10, ()), (1, (2,)), (0, (0, 1))):
        expected = made.lexical.scored(terms, limit=limit, also=also)
        found = kept.lexical.scored(terms, limit=limit, also=also)
        assert found == pytest.approx(expected, rel=1e-5)


def test_both_kinds_of_candidates_come_in_one_request(both: tuple[Generation, Generation]):
    made, kept = both
    terms = (WeightedTerm(1.0, ("编译器",), ()), WeightedTerm(1.0, ("eccv",), (("fisheye-g", 0.5),)))
    query = np.asarray(made.vectors.vectors(np.array([2])))[0]
    scores, cosines = made.lexical.with_nearest(terms, made.vectors, query, limit=3)
    asked: list[str] = []
    client = kept.lexical._connection.client
    names = ("search", "hybrid_search", "query")
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            real = getattr(client, name)
            patch.setattr(client, name, lambda *a, _n=name, _r=real, **k: (asked.append(_n), _r(*a, **k))[1])
        kept_scores, kept_cosines = kept.lexical.with_nearest(terms, kept.vectors, query, limit=3)
        assert asked == ["hybrid_search"]
    assert kept_scores == pytest.approx(scores, rel=1e-5) and kept_cosines == pytest.approx(cosines, rel=1e-5)
    assert kept.vectors.search(query, 3) == [(n, pytest.approx(c)) for n, c in made.vectors.search(query, 3)]
    unknown = kept.lexical.with_nearest((WeightedTerm(1.0, ("nowhere",), ()),), kept.vectors, query, limit=2)
    assert list(unknown[1]) == [number for number, _ in made.vectors.search(query, 2)]


def test_what_is_longer_than_a_field_is_kept_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "_PIECE", 1000)
    monkeypatch.setattr(rows, "fits", lambda text: False)
    monkeypatch.setattr(rows, "_PIECES_AT_ONCE", 3)
    documents = [
        make_document([Part((f"编译器{n}",), (("paragraph", f"第{n}段。" * 30),))], source=f"{n}.md", title=f"第{n}页")
        for n in range(20)
    ]
    made = small_generation("digest", documents)
    store = open_store(IndexSettings(path=tmp_path / "index", backend="milvus", milvus_uri=str(tmp_path / "m.db")))
    store.save(made, [tokenize(p.text) for p in made.passages], verify=lambda kept: None)
    kept = store.load(model=MODEL)
    assert tuple(kept.passages) == tuple(made.passages) and tuple(kept.pages) == tuple(made.pages)
    assert len(kept.outline.encoded()) > 1000 and kept.outline.encoded() == made.outline.encoded()
    store.close()


def test_tokens_that_do_not_fit_into_a_field_are_cut_between_two_of_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "_LONGEST_FIELD", 20)
    assert layout.shortened(["编译", "compil"]) == "编译 compil"
    assert layout.shortened(["编译器", "研究组", "compil"]) == "编译器 研究组"


def test_a_file_is_for_one_process_and_that_is_told(lab: Settings):
    keeper = Keeper(lab)
    with pytest.raises(IndexUnavailable, match=r"milvus.db: open in another process.*let index.milvus_uri name"):
        open_store(lab.index)
    keeper.store.close()
    keeper.reopen()
    keeper.store.close()


def test_nobody_else_on_the_machine_reaches_a_file_of_milvus_lite(
    lab: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Milvus Lite knows no password: its socket stands in a folder that only this user can enter."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    store = open_store(lab.index)
    (folder,) = (tmp_path / "temporary").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and (folder / "milvus").is_socket()
    assert jieba.dt.tmp_dir == str(folder)  # where Milvus Lite's jieba keeps its cache, read by marshal
    store.close()
    assert not folder.exists()


@pytest.mark.parametrize(("watch", "workers"), [(True, 1), (False, 2)])
def test_milvus_lite_is_not_served_by_several_processes(lab: Settings, watch: bool, workers: int):
    settings = lab.model_copy(update={"server": ServerSettings(port=0, workers=workers)})
    with pytest.raises(SettingsError, match="Milvus Lite serves one process"):
        serve(settings, watch=watch, on_listening=print)


def test_a_file_that_is_none_of_milvus_is_told(lab: Settings):
    Path(lab.index.milvus_uri).write_text("something else")
    with pytest.raises(IndexUnavailable, match="milvus.db: Milvus Lite cannot open it"):
        open_store(lab.index)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("http://127.0.0.1:9", "check index.milvus_uri and that the server runs"),
        ("gopher://milvus", "let index.milvus_uri begin with http"),
    ],
)
def test_nobody_at_the_address_is_told_without_the_password(
    lab: Settings, uri: str, said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("assistant.index.milvus.connection.ANSWER_TIMEOUT_S", 0.5)
    settings = lab.index.model_copy(update={"milvus_uri": uri.replace("://", "://root:secret@")})
    with pytest.raises(IndexUnavailable, match=said) as told:
        open_store(settings)
    assert "secret" not in str(told.value) and "\n" not in str(told.value)


def test_a_token_comes_from_the_environment(lab: Settings):
    settings = lab.index.model_copy(update={"milvus_uri": "http://127.0.0.1:9", "milvus_token_env": "NO_SUCH_TOKEN"})
    with pytest.raises(SettingsError, match="NO_SUCH_TOKEN is not set"):
        open_store(settings)


@pytest.mark.parametrize(("package", "needs"), [("pymilvus", "pymilvus"), ("milvus_lite", "milvus-lite")])
def test_without_its_package_the_remedy_is_told(
    package: str, needs: str, lab: Settings, monkeypatch: pytest.MonkeyPatch
):
    for name in [name for name in sys.modules if name.split(".")[0] == package] or [package]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(OptionalPackageMissing, match=f"needs {needs}: pip install -r requirements-milvus.txt"):
        open_store(lab.index)


def can_be_built(settings: Settings) -> bool:
    """Build; all clients of this process share a connection, which is back a second after the server."""
    try:
        build(settings)
    except IndexUnavailable:
        return False
    return True


def test_a_server_that_goes_away_costs_answers_only_while_it_is_away(
    shared_lab: Settings, server: LiteServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    for module in ("keeping", "rows", "searching"):
        monkeypatch.setattr(f"assistant.index.milvus.{module}.ANSWER_TIMEOUT_S", 0.5)
    build(shared_lab)
    live = LiveAssistant(shared_lab, every_s=3600)
    assert "Mondays" in live().ask(QUESTION).text
    server.stop()
    live.refresh()
    live.refresh()
    assert [r.getMessage() for r in caplog.records if "the index cannot be looked at" in r.getMessage()][1:] == []
    assert "Mondays" in live().ask(QUESTION).text  # what was asked before is remembered
    with pytest.raises(IndexUnavailable, match="check index.milvus_uri and that the server runs"):
        live().ask("Who leads the compiler team of this lab?")
    server.start()
    change(shared_lab, "Fridays")
    assert soon(lambda: can_be_built(shared_lab))

    def follows() -> bool:
        live.refresh()
        return "Fridays" in live().ask(QUESTION).text

    assert soon(follows)
    live.close()


def test_several_servers_share_one_milvus(shared_lab: Settings, tmp_path: Path):
    build(shared_lab)
    elsewhere = shared_lab.model_copy(
        update={"index": shared_lab.index.model_copy(update={"path": tmp_path / "another machine"})}
    )
    first, second = LiveAssistant(shared_lab, every_s=3600), LiveAssistant(elsewhere, every_s=3600)
    assert first().ask(QUESTION).text == second().ask(QUESTION).text
    assert not elsewhere.index.path.exists()  # a server needs no folder
    assert is_current(elsewhere)
    change(shared_lab, "Fridays")
    build(elsewhere)
    for live in (first, second):
        live.refresh()
        assert "Fridays" in live().ask(QUESTION).text
        live.close()


def test_two_machines_that_build_at_once_leave_one_whole_index(shared_lab: Settings, tmp_path: Path):
    build(shared_lab)
    change(shared_lab, "Fridays")
    elsewhere = shared_lab.model_copy(
        update={"index": shared_lab.index.model_copy(update={"path": tmp_path / "another machine"})}
    )
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(build, settings) for settings in (shared_lab, elsewhere)]
        assert len({building.result().generation for building in made}) == 1
    assert "Fridays" in load_assistant(shared_lab).ask(QUESTION).text


def test_two_labs_share_one_milvus_under_two_names(shared_lab: Settings, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = small_lab(tmp_path / "other")
    index = shared_lab.index.model_copy(update={"milvus_alias": "another_lab", "path": tmp_path / "other" / "index"})
    other = other.model_copy(update={"index": index})
    build(shared_lab)
    change(other, "Sundays")
    build(other)
    assert "Mondays" in load_assistant(shared_lab).ask(QUESTION).text
    assert "Sundays" in load_assistant(other).ask(QUESTION).text


def test_what_killed_builders_left_is_dropped_when_it_is_old(lab: Settings):
    keeper = Keeper(lab)
    store = keeper.store
    assert isinstance(store, MilvusStore)
    build(lab, kept=store)
    current = store.state()
    old, young = (f"{lab.index.milvus_alias}_0123456789ab_{made}_abcdef" for made in (1000, 9_999_999_999_999))
    for name in (old, young, "somebody_elses"):
        layout.create(store._connection, name, dimension=4, passages=1)
    change(lab, "Fridays")
    build(lab, kept=store)
    assert set(store._client.list_collections()) == {current, store.state(), young, "somebody_elses"}
    store.close()


def test_a_half_written_collection_is_told(lab: Settings):
    keeper = Keeper(lab)
    assert isinstance(keeper.store, MilvusStore)
    build(lab, kept=keeper.store)
    client, name = keeper.store._client, keeper.store.state()
    client.delete(name, filter="number == 0")
    with pytest.raises(IndexDamaged, match=r"of \d+ passages are there; run 'python -m assistant build' again"):
        load_assistant(lab, kept=keeper.store)
    client.drop_collection(name)
    with pytest.raises((IndexDamaged, IndexMissing), match="run 'python -m assistant build'"):
        load_assistant(lab, kept=keeper.store)
    build(lab, kept=keeper.store)
    assert "Mondays" in load_assistant(lab, kept=keeper.store).ask(QUESTION).text
    keeper.store.close()


def test_large_indexes_are_searched_by_a_graph(monkeypatch: pytest.MonkeyPatch):
    added: list[tuple[str, Any]] = []
    parameters = SimpleNamespace(add_index=lambda field, **options: added.append((field, options["index_type"])))
    client: Any = SimpleNamespace(prepare_index_params=lambda: parameters)
    layout._indexes(client, layout._MOST_EXACT)
    layout._indexes(client, layout._MOST_EXACT + 1)
    assert [kind for field, kind in added if field == "vector"] == ["FLAT", "HNSW"]


def test_a_graph_finds_what_looking_at_every_vector_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "_MOST_EXACT", 0)
    documents = [
        make_document([Part((f"第{n}页",), (("paragraph", f"第{n}段。"),))], source=f"{n}.md", title=f"第{n}页")
        for n in range(300)
    ]
    made = small_generation("digest", documents)
    store = open_store(IndexSettings(path=tmp_path / "index", backend="milvus", milvus_uri=str(tmp_path / "m.db")))
    store.save(made, [tokenize(passage.text) for passage in made.passages], verify=lambda kept: None)
    kept = store.load(model=MODEL)
    found = wanted = 0
    for query in np.asarray(made.vectors.vectors(np.arange(0, 300, 30))):
        exact = {number for number, _ in made.vectors.search(query, 10)}
        found += len(exact & {number for number, _ in kept.vectors.search(query, 10)})
        wanted += len(exact)
    assert found >= 0.98 * wanted
    store.close()
