"""The segmenter: jieba's words from a dictionary of which little is read."""

import mmap
import random
import re
import tempfile
import threading
from pathlib import Path

import jieba
import pytest

from assistant import segmenting
from assistant.dictionary import MappedDictionary
from assistant.segmenting import Segmenter, segmenter

ROOT = Path(__file__).resolve().parent.parent
RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
LINES = "AT&T 3 nz\nB超 5 n\n大 20 a\n大学 7 n\n大学生 4 n\n学 9 v\n大气 2 n\n龠 1 g\n"


def mapped(folder: Path, lines: str, added: tuple[str, ...] = ()) -> MappedDictionary:
    path = folder / "words.txt"
    path.write_text(lines, "utf-8")
    with path.open("rb") as file:
        return MappedDictionary(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), added)


@pytest.fixture(scope="module")
def whole() -> jieba.Tokenizer:
    """jieba as it comes, our words added its own way."""
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = jieba.Tokenizer()
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    listed = (ROOT / "assistant/lexicon/segments.txt").read_text("utf-8")
    for word in (word for line in listed.splitlines() if not line.startswith("#") for word in line.split()):
        if not tokenizer.FREQ.get(word):
            tokenizer.add_word(word, 2000)
    return tokenizer


def test_words_of_one_first_character_are_read_from_wherever_they_stand(tmp_path: Path):
    dictionary = mapped(tmp_path, LINES)
    told = {word: dictionary.frequency(word) for word in ("大", "大学", "大学生", "大气", "B", "B超", "小", "大小", "气")}
    assert told == {"大": 20, "大学": 7, "大学生": 4, "大气": 2, "B": 0, "B超": 5, "小": None, "大小": None, "气": None}
    assert dictionary.total == 51


def test_a_word_is_listed_or_added_but_no_beginning_of_one(tmp_path: Path):
    dictionary = mapped(tmp_path, LINES, added=("学组", "大学"))
    known = [word for word in ("AT&T", "大学", "大学生", "学组", "龠", "大学组", "AT", "组", "") if dictionary.has(word)]
    assert known == ["AT&T", "大学", "大学生", "学组", "龠"]
    assert [dictionary.frequency(word) for word in ("学", "学组", "学生")] == [9, 2000, None]
    assert dictionary.total == 2051


def test_every_word_and_beginning_of_one_is_jiebas_own(whole: jieba.Tokenizer):
    dictionary = Segmenter.load()._dictionary
    some = random.Random(5).sample(sorted(whole.FREQ), 20_000)
    assert {word: dictionary.frequency(word) for word in some} == {word: whole.FREQ[word] for word in some}
    other = [word + "龘" for word in some]
    assert {dictionary.frequency(word) for word in other if word not in whole.FREQ} == {None}
    assert dictionary.total == whole.total


@pytest.mark.parametrize("guess", [True, False])
def test_text_is_cut_as_jieba_cuts_it(whole: jieba.Tokenizer, guess: bool):  # noqa: FBT001
    files = [path for folder in ("corpus", "tests/data") for path in sorted((ROOT / folder).rglob("*.*"))]
    texts = [path.read_text("utf-8", errors="replace") for path in files if path.suffix in (".rst", ".md", ".html")]
    runs = RUN.findall("\n".join(texts)) + ["保研生的导师", "龘龘龘", "豈更車賈", "㐀㐁", "一" * 40]
    assert len(runs) > 500
    cutter = Segmenter.load()
    assert [list(cutter.cut(run, guess=guess)) for run in runs] == [list(whole.cut(run, HMM=guess)) for run in runs]


@pytest.mark.parametrize("guess", [True, False])
def test_what_cuts_much_goes_on_with_the_same_words(monkeypatch: pytest.MonkeyPatch, guess: bool):  # noqa: FBT001
    chance = random.Random(3)
    listed = [w for w in Path(jieba.__file__).with_name("dict.txt").read_text("utf-8").split() if RUN.fullmatch(w)]
    common = [chr(code) for code in range(0x4E00, 0x9FD6)]
    rare = [chr(code) for code in (*range(0x3400, 0x3480), *range(0x9FD6, 0xA000), *range(0xF900, 0xF940))]
    runs = [
        "".join(chance.choice(chance.choices((listed, common, rare), (6, 5, 1))[0]) for _ in range(chance.randrange(12)))
        for _ in range(1500)
    ]
    little, much = Segmenter.load(), Segmenter.load()
    slow = [list(little.cut(run, guess=guess)) for run in runs]
    monkeypatch.setattr(segmenting, "_MUCH", 0)
    assert [list(much.cut(run, guess=guess)) for run in runs] == slow
    assert much.knows("保研") and not much.knows("裴芝林") and not much.knows("保研生的")


def test_a_word_is_known_whether_its_first_character_was_met_or_not():
    cutter = Segmenter.load()
    before = [cutter.knows(word) for word in ("组会", "组", "组会长", "裴芝林")]
    list(cutter.cut("组会", guess=True))
    assert before == [cutter.knows(word) for word in ("组会", "组", "组会长", "裴芝林")] == [True, True, False, False]


def test_threads_that_meet_the_same_characters_cut_alike():
    text = "高性能计算团队的联合培养博士生参加国际超级计算大会并获得优秀论文奖"
    expected, cutter = list(segmenter().cut(text, guess=True)), Segmenter.load()
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(list(cutter.cut(text, guess=True)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_no_more_is_held_than_a_text_needs():
    cutter = Segmenter.load()
    list(cutter.cut("导师", guess=True))
    assert {word[0] for word in cutter._jieba.FREQ} == {"导", "师"}
