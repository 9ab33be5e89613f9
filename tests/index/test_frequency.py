"""Word frequencies: rarity between 0 and 1, and a damaged table."""

import gzip
from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.index.frequency import WordFrequency


def written(folder: Path, text: str) -> Path:
    path = folder / "frequencies.txt.gz"
    path.write_bytes(gzip.compress(text.encode("utf-8")))
    return path


def test_rarity_is_0_for_every_text_and_1_for_none(tmp_path: Path):
    table = WordFrequency.load(written(tmp_path, "99\npaper\t99\n论文\t9\n"))
    assert table.rarity("paper") == pytest.approx(0.0)
    assert table.rarity("论文") == pytest.approx(0.5)
    assert table.rarity("芝林") == pytest.approx(1.0)
    assert "论文" in table and "芝林" not in table


def test_the_shipped_table_knows_common_words_as_common():
    table = WordFrequency.load()
    assert table.rarity("time") < table.rarity("compil") < table.rarity("packmamba") == 1.0
    assert table.rarity("时间") < table.rarity("编译器") <= 1.0


@pytest.mark.parametrize("text", ["", "many\n", "9\npaper\n", "9\npaper\tmany\n", "9\na\t1\t2\n"])
def test_a_damaged_table_is_one_sentence(text: str, tmp_path: Path):
    with pytest.raises(ModelError, match=r"not a word frequency table; restore the file\.$"):
        WordFrequency.load(written(tmp_path, text))


CUT = gzip.compress(b"9\npaper\t3\n")[:-6]
ALTERED = gzip.compress(b"9\n" * 99)[:10] + b"\xff" * 9


@pytest.mark.parametrize("content", [b"", b"not gzip", CUT, ALTERED])
def test_a_file_that_is_not_gzip_is_one_sentence(content: bytes, tmp_path: Path):
    path = tmp_path / "frequencies.txt.gz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a word frequency table"):
        WordFrequency.load(path)


def test_a_missing_table_is_one_sentence(tmp_path: Path):
    with pytest.raises(ModelError, match="restore the file"):
        WordFrequency.load(tmp_path / "absent.gz")
