"""What was read of a file comes back whole, or not at all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from assistant.index.readings import ReadingFiles
from assistant.readers.corpus import Corpus, read_corpus
from assistant.readers.site import Site
from assistant.readers.workers import Outcome, read_one

SITES = Path(__file__).parent.parent / "data" / "readers" / "sites"


@pytest.fixture
def memory(tmp_path: Path) -> ReadingFiles:
    return ReadingFiles(tmp_path / "readings")


class Reader:
    """Reads files here, and knows which."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        for source in sources:
            self.names.append(source)
            yield read_one(site, source)


@pytest.fixture
def read() -> Reader:
    return Reader()


def again(root: Path, memory: ReadingFiles, read: Reader) -> list[str]:
    """Read the corpus once more and return the files that were not remembered."""
    read.names.clear()
    assert read_corpus(root, memory=memory, read=read) == read_corpus(root)
    return list(read.names)


def site(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_rst", ".rst").replace("_md", ".md").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root


@pytest.mark.parametrize("folder", sorted(path.name for path in SITES.iterdir() if path.is_dir()))
def test_a_site_is_remembered_as_it_was_read(folder: str, memory: ReadingFiles, read: Reader):
    first = read_corpus(SITES / folder, memory=memory, read=read)
    refused = {item.source for item in first.skipped}
    assert again(SITES / folder, memory, read) == sorted(set(read.names) & refused)
    assert isinstance(first, Corpus)


def test_only_what_changed_is_read_again(tmp_path: Path, memory: ReadingFiles, read: Reader):
    root = site(tmp_path / "c", index_rst="A\n=\n\nText.\n", b_md="# B\n\nText.\n", c_md="# C\n\nText.\n")
    assert again(root, memory, read) == ["b.md", "c.md", "index.rst"]
    assert again(root, memory, read) == []
    site(root, b_md="# B\n\nOther text.\n")
    assert again(root, memory, read) == ["b.md"]
    site(root, d_md="# D\n\nText.\n")
    assert again(root, memory, read) == ["d.md"]


def test_a_page_is_read_again_with_the_file_it_includes(tmp_path: Path, memory: ReadingFiles, read: Reader):
    page = "A\n=\n\n.. include:: part.inc\n"
    root = site(tmp_path / "c", index_rst=page, b_md="# B\n\nText.\n")
    assert again(root, memory, read) == ["b.md", "index.rst"]
    (root / "part.inc").write_text("First.\n")
    assert again(root, memory, read) == ["index.rst"]
    (root / "part.inc").write_text("Second.\n")
    assert again(root, memory, read) == ["index.rst"]
    assert again(root, memory, read) == []


def test_a_toctree_with_a_glob_is_read_again_with_a_new_page(tmp_path: Path, memory: ReadingFiles, read: Reader):
    page = "A\n=\n\n.. toctree::\n   :glob:\n\n   sub/*\n"
    root = site(tmp_path / "c", index_rst=page, sub__b_md="# B\n\nText.\n")
    again(root, memory, read)
    site(root, sub__c_md="# C\n\nText.\n")
    assert again(root, memory, read) == ["index.rst", "sub/c.md"]


def test_pages_are_read_again_with_other_settings_of_their_site(
    tmp_path: Path, memory: ReadingFiles, read: Reader
):
    root = site(tmp_path / "c", conf_py="release = '1'\n", index_rst="A\n=\n\nVersion |release|.\n")
    again(root, memory, read)
    site(root, conf_py="release = '2'\n")
    assert again(root, memory, read) == ["index.rst"]


def test_members_are_read_again_with_the_words_for_their_keys(tmp_path: Path, memory: ReadingFiles, read: Reader):
    member = "---\nname: 王明\nrole: phd\n---\n"
    root = site(tmp_path / "c", _members__w_md=member, index_md="# A\n\nText.\n")
    for word in ("博士生", "博士"):
        (root / "_data").mkdir(exist_ok=True)
        (root / "_data" / "types.yaml").write_text(f"phd:\n  description: {word}\n", "utf-8")
        assert "_members/w.md" in again(root, memory, read)
    assert "_members/w.md" not in again(root, memory, read)


def test_a_deleted_file_is_forgotten(tmp_path: Path, memory: ReadingFiles, read: Reader):
    root = site(tmp_path / "c", a_md="# A\n\nText.\n", b_md="# B\n\nText.\n")
    again(root, memory, read)
    (root / "b.md").unlink()
    again(root, memory, read)
    assert memory.recall("a.md") and memory.recall("b.md") is None
    assert len(list((tmp_path / "readings").iterdir())) == 1


@pytest.mark.parametrize("damage", [b"", b"x", b"{}\n{}", None])
def test_a_damaged_memory_costs_one_reading(damage: bytes | None, tmp_path: Path, memory: ReadingFiles, read: Reader):
    root = site(tmp_path / "c", a_md="# A\n\nText.\n", b_md="# B\n\nText.\n")
    again(root, memory, read)
    path = sorted((tmp_path / "readings").iterdir())[0]
    path.write_bytes(path.read_bytes().replace(b"Text", b"Lies") if damage is None else damage)
    assert len(again(root, memory, read)) == 1
    assert again(root, memory, read) == []


def test_a_folder_that_cannot_be_written_costs_no_build(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    root = site(tmp_path / "c", a_md="# A\n\nText.\n")
    assert read_corpus(root, memory=ReadingFiles(tmp_path / "file")) == read_corpus(root)


def test_what_could_not_be_read_is_tried_again(tmp_path: Path, memory: ReadingFiles):
    root = site(tmp_path / "c", a_md="# A\n\nText.\n", b_md="# B\n\nText.\n")

    def slow(site: Site, sources: Sequence[str]) -> Iterator[Outcome]:
        for source in sources:
            yield Outcome(source, None, "too slow", "too-slow") if source == "b.md" else read_one(site, source)

    assert [item.source for item in read_corpus(root, memory=memory, read=slow).skipped] == ["b.md"]
    assert read_corpus(root, memory=memory).skipped == ()
