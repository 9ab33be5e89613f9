"""Generations on disk: what is saved is loaded, and what was altered is told."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generations import MODEL, small_documents, small_generation

from assistant.errors import IndexDamaged, IndexMissing, SettingsError
from assistant.index import store
from assistant.schema import Example

FILES = (
    "manifest.json", "pages.jsonl", "passages.jsonl", "records.jsonl", "examples.jsonl", "vectors.faiss",
    "lexical/vocabulary.json", "lexical/data.npy", "lexical/indices.npy", "lexical/indptr.npy",
    "words/tokens.npy", "words/starts.npy", "outline.npy", "outline.json", "pages.npy", "passages.npy",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the saved small generation."""
    store.save(tmp_path / "index", small_generation("one"))
    return tmp_path / "index"


def home(folder: Path) -> Path:
    return folder / (folder / "current").read_text().strip()


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def complaint(folder: Path) -> str:
    """Return the sentence that loading a damaged index gives."""
    with pytest.raises(IndexDamaged) as caught:
        store.load(folder, model=MODEL)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".") and "build" in message
    return message


def change_manifest(folder: Path, **values: object) -> None:
    path = home(folder) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def test_what_is_saved_is_loaded(folder: Path):
    saved, loaded = small_generation("one"), store.load(folder, model=MODEL)
    assert tuple(loaded.pages) == saved.pages
    assert tuple(loaded.passages) == loaded.passages[:] == saved.passages
    assert loaded.records == saved.records
    assert loaded.manifest == store.current_manifest(folder)
    query = [("编译器", 1.0), ("fisheye-gs", 0.5)]
    assert np.array_equal(loaded.lexical.scores(query), saved.lexical.scores(query))
    everything = np.arange(saved.vectors.count)
    assert np.array_equal(loaded.vectors.vectors(everything), saved.vectors.vectors(everything))


def test_examples_are_saved_too(tmp_path: Path):
    examples = (Example("有哪些论文？", "zh", "doc/papers.md"), Example("Who leads?", "en", "index.rst"))
    store.save(tmp_path, replace(small_generation("one"), examples=examples))
    assert store.load(tmp_path, model=MODEL).examples == examples


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path):
    store.save(tmp_path / "other", small_generation("one"))
    assert contents(tmp_path / "other") == contents(folder)


def test_the_manifest_names_every_file(folder: Path):
    assert sorted(store.current_manifest(folder).files) == sorted(set(FILES) - {"manifest.json"})
    assert sorted(contents(home(folder))) == sorted(FILES)


def test_no_index_is_told_as_missing(tmp_path: Path):
    with pytest.raises(IndexMissing, match="no index yet; run 'python -m assistant build'"):
        store.load(tmp_path, model=MODEL)


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_noticed(name: str, folder: Path):
    path = home(folder) / name
    content = path.read_bytes()
    for position in sorted({0, len(content) // 2, len(content) - 1}) if content else ():
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        complaint(folder)
    path.write_bytes(content)
    store.load(folder, model=MODEL)


def test_any_flipped_byte_of_the_manifest_is_noticed(folder: Path):
    path = home(folder) / "manifest.json"
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        complaint(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_cut_file_is_noticed(name: str, folder: Path):
    path = home(folder) / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] if content else b"x")
    complaint(folder)
    path.unlink()
    complaint(folder)


def test_a_pointer_to_nowhere_is_noticed(folder: Path):
    for content in (b"nothing\n", b"\xff\xfe", b"", b"../..\n", b"a\x00b"):
        (folder / "current").write_bytes(content)
        complaint(folder)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"format": 99}, "made in format 99"),
        ({"tokenizer": "other-1"}, "made with tokenizer other-1, not "),
        ({"model": "other"}, "made with model other, the settings name model-of-tests"),
        ({"dimension": 3}, "does not describe the files"),
        ({"passages": 99}, "does not describe the files"),
        ({"records": 99}, "does not describe the files"),
        ({"files": {}}, "altered"),
        ({"files": []}, "altered"),
        ({"files": {"absent": "0"}}, "missing or altered"),
        ({"corpus_digest": "two"}, "altered"),
        ({"unknown": 1}, "not a manifest"),
    ],
)
def test_a_manifest_that_does_not_fit_is_one_sentence(values: dict[str, object], words: str, folder: Path):
    change_manifest(folder, **values)
    assert words in complaint(folder)


def test_another_model_is_one_sentence(folder: Path):
    with pytest.raises(IndexDamaged, match="made with model model-of-tests, the settings name another"):
        store.load(folder, model="another")


def test_a_new_generation_is_switched_to_and_one_before_is_kept(folder: Path):
    first = home(folder).name
    second = store.save(folder, small_generation("two")).generation
    assert store.load(folder, model=MODEL).manifest.generation == second
    assert (folder / first).is_dir()
    third = store.save(folder, small_generation("three")).generation
    assert sorted(path.name for path in folder.iterdir()) == sorted([second, third, "current", "previous"])


def test_a_damaged_generation_is_replaced_by_a_new_build(folder: Path):
    before = contents(folder)
    (home(folder) / "pages.jsonl").write_text("damaged")
    store.save(folder, small_generation("one"))
    assert contents(folder) == before


def test_saving_the_same_again_leaves_the_files_alone(folder: Path):
    inode = home(folder).stat().st_ino
    store.save(folder, small_generation("one"))
    assert home(folder).stat().st_ino == inode
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("blocked", ["index", "index/deeper"])
def test_a_folder_that_cannot_be_written_is_one_sentence(blocked: str, tmp_path: Path):
    (tmp_path / "index").write_text("a file")
    with pytest.raises(SettingsError, match=r"the index cannot be written \(.*\).*index\.path\.$"):
        store.save(tmp_path / blocked, small_generation("one"))


def test_an_index_moves_with_its_folder(folder: Path, tmp_path: Path):
    shutil.move(folder, tmp_path / "moved")
    assert len(store.load(tmp_path / "moved", model=MODEL).pages) == len(small_documents())
