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


def test_children_read_what_is_read_here():
    site, sources = described(SITE)
    assert list(workers.read_files(site, sources)) == [workers.read_one(site, source) for source in sources]


def test_a_file_that_takes_too_long_is_given_up():
    site, sources = described(SITE)
    outcomes = list(workers.read_files(site, sources[:2], max_seconds=0))
    assert [outcome.source for outcome in outcomes] == sources[:2]
    assert all(outcome.read is None and "takes longer" in outcome.reason for outcome in outcomes)


def test_a_reader_that_fails_costs_one_file(tmp_path: Path):
    for number in range(30):
        (tmp_path / f"{number:02}.md").write_text("# A\n\nText.\n")
    site, sources = described(tmp_path)
    # No file has such a name: the child fails as it would on a mistake of ours.
    *read, failed = workers.read_files(site, [*sources, "\0.md"])
    assert all(outcome.read for outcome in read)
    assert failed.read is None and "cannot be" in failed.reason


@pytest.mark.parametrize(("files", "children"), [(3, 1), (30, 2)])
def test_a_second_child_is_started_for_many_files(
    files: int, children: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    started = []

    class Counted(workers._Worker):
        def __init__(self, site: Site) -> None:
            started.append(site)
            super().__init__(site)

    monkeypatch.setattr(workers, "_Worker", Counted)
    for number in range(files):
        (tmp_path / f"{number:02}.md").write_text("# A\n\nText.\n")
    site, sources = described(tmp_path)
    assert all(outcome.read for outcome in workers.read_files(site, sources))
    assert len(started) == children


def test_every_file_goes_to_a_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(workers, "read_one", None)
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    (tmp_path / "b.docx").write_bytes(b"PK broken")
    site, sources = described(tmp_path)
    outcomes = list(workers.read_files(site, sources))
    assert [bool(outcome.reason) for outcome in outcomes] == [False, True, True]
