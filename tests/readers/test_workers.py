"""Files are read in children that can be stopped, and come back as if read here."""

from pathlib import Path

import pytest

from assistant.readers import workers
from assistant.readers.choosing import reader_name
from assistant.readers.listing import list_files
from assistant.readers.site import Site, describe_site

SITE = Path(__file__).parent.parent / "data" / "readers" / "sites" / "sphinx"


def described(root: Path) -> tuple[Site, list[str]]:
    site = describe_site(root, list_files(root).files)
    return site, [source for source in site.files if reader_name(site, source)]


@pytest.fixture
def many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the smallest corpus count as many files."""
    monkeypatch.setattr(workers, "_FEW_FILES", 0)


def test_children_read_what_is_read_here(many_files: None):
    site, sources = described(SITE)
    assert list(workers.read_files(site, sources)) == [workers.read_one(site, source) for source in sources]


def test_a_file_that_takes_too_long_is_given_up(many_files: None):
    site, sources = described(SITE)
    outcomes = list(workers.read_files(site, sources[:2], max_seconds=0))
    assert [outcome.source for outcome in outcomes] == sources[:2]
    assert all(outcome.read is None and "takes longer" in outcome.reason for outcome in outcomes)


def test_a_reader_that_fails_costs_one_file(many_files: None, tmp_path: Path):
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    site, sources = described(tmp_path)
    # No file has such a name: the child fails as it would on a mistake of ours.
    outcomes = list(workers.read_files(site, [*sources, "\0.md"]))
    assert outcomes[0].read is not None
    assert outcomes[1].read is None and "cannot be" in outcomes[1].reason


def test_few_small_files_start_no_child(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "_Worker", None)
    site, sources = described(SITE)
    assert len(list(workers.read_files(site, sources))) == len(sources)


def test_pdf_and_office_files_always_go_to_a_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(workers, "read_one", None)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    (tmp_path / "b.docx").write_bytes(b"PK broken")
    site, sources = described(tmp_path)
    outcomes = list(workers.read_files(site, sources))
    assert [bool(outcome.reason) for outcome in outcomes] == [True, True]
