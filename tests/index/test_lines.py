"""Things read line by line as they are asked for."""

import threading
from pathlib import Path

import pytest

from assistant.errors import IndexDamaged
from assistant.index import lines
from assistant.index.lines import Lines
from assistant.schema import Field

FIELDS = tuple(Field(f"列{number}", "值\n" * number) for number in range(40))


@pytest.fixture
def loaded(tmp_path: Path) -> Lines[Field]:
    path = tmp_path / "fields.jsonl"
    assert sorted(lines.save(path, FIELDS)) == ["fields.jsonl", "fields.npy"]
    return Lines.load(path, lambda values: Field(**values), kept=3)


def test_every_thing_is_found_in_any_order(loaded: Lines[Field]):
    assert len(loaded) == 40 and tuple(loaded) == FIELDS
    assert [loaded[number] for number in (7, 0, 39, -1, 7)] == [FIELDS[number] for number in (7, 0, 39, -1, 7)]
    assert loaded[3:9:2] == FIELDS[3:9:2] and loaded[50:] == ()
    for number in (40, -41):
        with pytest.raises(IndexError):
            loaded[number]


def test_only_a_few_are_kept_in_memory(loaded: Lines[Field]):
    first = loaded[0]
    assert loaded[0] is first
    assert loaded[1:5] and loaded[0] is not first


def test_nothing_is_a_file_too(tmp_path: Path):
    lines.save(tmp_path / "none.jsonl", ())
    assert tuple(Lines.load(tmp_path / "none.jsonl", lambda values: values, kept=1)) == ()


def test_threads_read_what_they_ask_for(loaded: Lines[Field]):
    wrong: list[int] = []
    def read(first: int) -> None:
        wrong.extend(n for n in (*range(first, 40), *range(first)) if loaded[n] != FIELDS[n])
    threads = [threading.Thread(target=read, args=(first,)) for first in range(0, 40, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_line_that_was_altered_since_is_told(loaded: Lines[Field], tmp_path: Path):
    path = tmp_path / "fields.jsonl"
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(IndexDamaged, match="altered since it was loaded"):
        loaded[2]
