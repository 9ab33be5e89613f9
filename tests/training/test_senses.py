"""A dictionary's senses, on a dictionary of a few lines."""

import gzip
import json
from pathlib import Path

import pytest

from training.senses import Senses, read_senses

ENTRIES = (
    ("to match (a pattern)", "匹配"),
    ("match", "比赛"),
    ("match", "火柴"),
    ("army group", "集团军"),
    ("army", "军队"),
    ("a very long explanation of what a thing is", "东西"),
    ("match", "PK赛"),
)


@pytest.fixture
def senses(tmp_path: Path) -> tuple[Senses, Senses]:
    with gzip.open(tmp_path / "dict.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"en": en, "zh": zh}) + "\n" for en, zh in ENTRIES)
    return read_senses(tmp_path)


def test_the_commoner_word_comes_first(senses: tuple[Senses, Senses]):
    words = [word for word, _ in senses[0]["match"]]
    assert words[0] == "比赛"
    assert set(words) == {"比赛", "匹配", "火柴"}


def test_a_word_of_a_longer_entry_weighs_less(senses: tuple[Senses, Senses]):
    army = dict(senses[0]["armi"])
    assert army["军队"] == 1
    assert army["集团军"] == pytest.approx(0.4)


def test_a_chinese_word_has_its_english_words_in_the_dictionary_order(senses: tuple[Senses, Senses]):
    assert senses[1]["集团军"] == [("armi", 0.4), ("group", 0.4)]
    assert senses[1]["匹配"] == [("match", 1.0)]


def test_explanations_are_no_senses(senses: tuple[Senses, Senses]):
    assert "东西" not in senses[1]
    assert "explan" not in senses[0]
