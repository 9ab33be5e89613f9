"""Word frequencies: rarity between 0 and 1, and a damaged table."""

from pathlib import Path

import pytest

from assistant.errors import ModelError
from assistant.index.frequency import WordFrequency


def written(folder: Path, text: str) -> Path:
    path = folder / "frequencies.txt"
    path.write_bytes(text.encode("utf-8"))
    return path


def test_rarity_is_0_for_every_text_and_1_for_none(tmp_path: Path):
    table = WordFrequency.load(written(tmp_path, "\t99\npaper\t99\n论文\t9\n"))
    assert table.rarity("paper") == pytest.approx(0.0)
    assert table.rarity("论文") == pytest.approx(0.5)
    assert table.rarity("芝林") == pytest.approx(1.0)
    assert "论文" in table and "芝林" not in table


def test_the_shipped_table_knows_common_words_as_common():
    table = WordFrequency.load()
    assert table.rarity("time") < table.rarity("compil") < table.rarity("packmamba") == 1.0
    assert table.rarity("时间") < table.rarity("编译器") <= 1.0


@pytest.mark.parametrize("text", ["", "many\n", "\tmany\n", "paper\t9\n", "\t9\npaper\t3"])
def test_a_damaged_table_is_one_sentence(text: str, tmp_path: Path):
    with pytest.raises(ModelError, match=r"not a word frequency table; restore the file\.$"):
        WordFrequency.load(written(tmp_path, text))


def test_a_missing_table_is_one_sentence(tmp_path: Path):
    with pytest.raises(ModelError, match="restore the file"):
        WordFrequency.load(tmp_path / "absent.txt")
