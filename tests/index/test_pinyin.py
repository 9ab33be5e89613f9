"""Chinese words in Latin letters: as pypinyin spells them, mostly without it."""

import random
import re
import subprocess
import sys
from pathlib import Path

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from assistant.index.pinyin import syllables
from training.spellings import spellings

ROOT = Path(__file__).resolve().parents[2]


def own(word: str) -> list[str]:
    return [syllable.replace("ü", "v") for syllable in lazy_pinyin(word)]


def test_every_phrase_is_spelt_as_pypinyin_spells_it():
    assert [word for word in PHRASES_DICT if syllables(word) != own(word)] == []


def test_words_of_a_corpus_and_made_up_names_are_spelt_as_pypinyin_spells_them():
    text = "".join(path.read_text("utf-8") for path in sorted((ROOT / "corpus").rglob("*.rst")))
    words = {run[start : start + size] for run in re.findall("[\u4e00-\u9fff]+", text)
             for size in (2, 3, 4) for start in range(len(run) - size + 1)}  # fmt: skip
    chance = random.Random(1)
    phrases = [word for word in spellings() if 1 < len(word) < 4]
    surnames = "王李张刘陈单仇区解曾查"
    words |= {chance.choice(surnames) + chance.choice(phrases) for _ in range(2000)}
    words |= {"龘", "㐀中", "中A", "𠀀", ""}
    assert {word: syllables(word) for word in words} == {word: own(word) for word in words}


def test_a_name_needs_no_pypinyin():
    program = "import sys; from assistant.index.pinyin import syllables as s; print(*s('裴芝林'), 'pypinyin' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.split() == ["pei", "zhi", "lin", "False"]
