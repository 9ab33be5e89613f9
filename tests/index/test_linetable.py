"""The sorted text file that is looked up where it lies."""

from pathlib import Path

import pytest

from assistant.index.linetable import LineTable, table_lines

WORDS = [f"w{number}" for number in range(300)] + ["中", "中国", "中国人", "国", "", "Z", "é"]


@pytest.fixture
def table(tmp_path: Path) -> LineTable:
    path = tmp_path / "words.txt"
    path.write_bytes(table_lines({word: f"{word} {len(word)}" for word in WORDS}))
    return LineTable.load(path)


def test_every_key_has_its_value_and_no_other_word_one(table: LineTable):
    assert len(table) == len(WORDS)
    assert [table.get(word) for word in WORDS] == [f"{word} {len(word)}" for word in WORDS]
    for absent in ("w", "w300", "w1 ", "中国人民", "人", "a", "￿", "\x01"):
        assert absent not in table and table.get(absent) is None and table.number(absent) is None


def test_numbers_follow_the_order_of_the_bytes(table: LineTable):
    ordered = sorted(WORDS, key=str.encode)
    assert [table.number(word) for word in ordered] == list(range(len(WORDS)))
    assert [table.key(number) for number in range(len(WORDS))] == ordered


def test_the_keys_a_text_begins_with_come_shortest_first(table: LineTable):
    assert list(table.beginnings("中国人民")) == [("中", "中 1"), ("中国", "中国 2"), ("中国人", "中国人 3")]
    assert [key for key, _ in table.beginnings("w299x")] == ["w2", "w29", "w299"]
    assert list(table.beginnings("人民")) == list(table.beginnings("")) == []


def test_all_keys_that_start_alike_are_found_across_blocks(table: LineTable):
    assert [key for key, _ in table.starting_with("w")] == sorted(word for word in WORDS if word.startswith("w"))
    assert dict(table.starting_with("中国")) == {"中国": "中国 2", "中国人": "中国人 3"}
    assert list(table.starting_with("x")) == list(table.starting_with("￿")) == []
    assert len(list(table.starting_with(""))) == len(WORDS)


def test_a_longer_key_is_found_where_its_beginning_stands_in_no_line(tmp_path: Path):
    # The first key of a block is longer than what is asked for, which ends the block before it.
    words = ["a" * 3 + f"{number:03}" for number in range(64)] + ["b" * 9 + f"{number:03}" for number in range(64)]
    path = tmp_path / "words.txt"
    path.write_bytes(table_lines(dict.fromkeys(words, "")))
    assert [key for key, _ in LineTable.load(path).beginnings("bbbbbbbbb000!")] == ["bbbbbbbbb000"]


def test_keys_need_no_values(tmp_path: Path):
    path = tmp_path / "words.txt"
    path.write_bytes(table_lines(dict.fromkeys(["b", "a", "ab"], "")))
    table = LineTable.load(path)
    assert [table.get(key) for key in ("a", "ab", "b", "c")] == ["", "", "", None]
    assert [table.key(number) for number in range(3)] == ["a", "ab", "b"]


@pytest.mark.parametrize("content", [b"", b"a\t1\nb\t2", b"a\n" * 65 + b"a\n"])
def test_a_file_that_is_cut_short_or_not_in_order_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cut short|not in order|empty"):
        LineTable.load(path)
