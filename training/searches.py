"""The searches that retrieval is judged by: questions over sections of sources never trained on.

A candidate is one section as the assistant has it: the headings above it, then its text. Its own
heading is left out wherever that heading is what is asked.
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from assistant.text import is_stopword, squeeze, words
from training.data import (
    FITTING_SOURCES,
    SectionRow,
    read_pairs,
    read_sections,
    short_heading,
    split_first_sentence,
)
from training.duplicates import first_alike

# 251 of the held-out questions put into English by hand, and the Chinese ones they stand for.
_TRANSLATED = Path(__file__).parent / "encyclopedia_en.tsv"
_SAMPLE = 2000
_SENTENCES = 5000
_ASKING = re.compile(
    r"^(how|what|why|when|where|which|who|can|does|do|is|are|should)\b|[?？]$"
    r"|^(如何|什么|怎么|为什么|是否)",
    re.IGNORECASE,
)
# What a visitor of a lab's site types when two characters must do, and the like.
_TWO_CHARACTERS = (
    "编译 导师 邮箱 招生 训练 模型 部署 安装 网络 数据 存储 安全 性能 通信 内存 算法 图像 文本 评测".split()
)
_TWO_CHARACTER_WORDS = 100
_HAN_WORD = re.compile(r"[\u4e00-\u9fff]{2}")
_CONTEXT = " › "


@dataclass(frozen=True)
class Search:
    """Questions, passages, and for each question the numbers of those that would do."""

    questions: Sequence[str]
    passages: Sequence[str]
    wanted: Sequence[frozenset[int]]


def held_out_searches(folder: Path) -> dict[str, Search]:
    """Return the searches that judge, by name (``question en-zh``); the same ones every time.

    What is asked is of the sources that no weight was fitted on; the candidates are of all held out.
    """
    rows = distinct_sections(read_sections(folder, held_out=True))
    judging = frozenset(row.source for row in rows) - FITTING_SOURCES
    found = section_searches(rows, judging)
    return found | _two_character_searches(rows) | _searches_of_pairs(folder, random.Random(2))


def fitting_searches(folder: Path) -> dict[str, Search]:
    """Return the same searches for the sources that weights are fitted on."""
    return section_searches(distinct_sections(read_sections(folder, held_out=True)), FITTING_SOURCES)


def section_searches(rows: Sequence[SectionRow], sources: Set[str]) -> dict[str, Search]:
    """Return the searches for sections of ``sources`` over ``rows``, by kind and languages.

    *question*: a heading that asks; *heading*: the last two headings; *first*: a section's first
    sentence, over what follows it. A long section is several rows, and some headings stand over
    several sections (Am I affected?): every row under
    the heading that is asked would do.
    """
    both = [row for row in rows if all(row.bodies.values())]
    asked_of = [(number, row) for number, row in enumerate(both) if row.source in sources]
    chance = random.Random(1)
    numbers = {
        "question": [number for number, row in asked_of if _asks(row)],
        "heading": _sample([number for number, row in asked_of if all(row.headings.values())], chance),
        "first": _sample([number for number, row in asked_of if _has_long_rests(row)], chance),
    }
    found: dict[str, Search] = {}
    for passage in ("zh", "en"):
        candidates = both + [row for row in rows if row.bodies[passage] and not all(row.bodies.values())]
        under = tuple(_passage(row, passage, whole=False) for row in candidates)
        after = tuple(_passage(row, passage, whole=True, rest=True) for row in candidates)
        for kind, asked in product(numbers, ("zh", "en")):
            questions = [_QUESTIONS[kind](row, asked) for row in both]
            passages = after if kind == "first" else under
            found[f"{kind} {asked}-{passage}"] = _asked(questions, numbers[kind], passages)
    return found


def distinct_sections(rows: Sequence[SectionRow]) -> list[SectionRow]:
    """Return the rows without those that nearly repeat an earlier one in either language."""
    repeats: set[int] = set()
    for language in ("en", "zh"):
        first = first_alike([row.bodies[language] for row in rows])
        repeats |= {number for number, earlier in enumerate(first) if earlier < number}
    return [row for number, row in enumerate(rows) if number not in repeats]


def _asked(headings: Sequence[str], numbers: Iterable[int], passages: Sequence[str]) -> Search:
    """Return the search for the headings ``numbers``: whatever stands under the same heading will do."""
    under: dict[str, set[int]] = {}
    for number, heading in enumerate(headings):
        under.setdefault(squeeze(heading), set()).add(number)
    questions = {headings[number]: frozenset(under[squeeze(headings[number])]) for number in numbers}
    return Search(list(questions), passages, list(questions.values()))


def _two_character_searches(rows: Sequence[SectionRow]) -> dict[str, Search]:
    both = [row for row in rows if all(row.bodies.values())]
    return {f"two characters zh-{to}": _two_characters(both, to) for to in ("zh", "en")}


def _two_characters(rows: Sequence[SectionRow], language: str) -> Search:
    """Return the search for words of two characters: a passage will do whose Chinese side holds the word."""
    texts = [squeeze(f"{row.headings['zh']}\n{row.bodies['zh']}") for row in rows]
    often: dict[str, int] = {}
    for row in rows:
        for word in dict.fromkeys(word.text for word in words(row.headings["zh"])):
            if _HAN_WORD.fullmatch(word) and not is_stopword(word):
                often[word] = often.get(word, 0) + 1
    common = sorted(often, key=lambda word: (-often[word], word))[:_TWO_CHARACTER_WORDS]
    wanted = {
        word: frozenset(number for number, text in enumerate(texts) if word in text)
        for word in dict.fromkeys((*_TWO_CHARACTERS, *common))
    }
    wanted = {word: numbers for word, numbers in wanted.items() if numbers}
    passages = tuple(_passage(row, language, whole=True) for row in rows)
    return Search(list(wanted), passages, list(wanted.values()))


def _searches_of_pairs(folder: Path, chance: random.Random) -> dict[str, Search]:
    sentences = read_pairs(folder, "parallel", "en", "zh", held_out=True)
    chance.shuffle(sentences)
    sentences = sentences[:_SENTENCES]
    asked = read_pairs(folder, "qa_zh", "q", "p", held_out=True)
    asked = [pair for pair in asked if "DRCD" in pair.source]
    passages = sorted({pair.right for pair in asked})
    places = {passage: number for number, passage in enumerate(passages)}
    answers = {pair.left: places[pair.right] for pair in asked}
    lines = _TRANSLATED.read_text("utf-8").splitlines()
    translated = [(english, answers[chinese]) for chinese, english in (line.split("\t") for line in lines)]
    return {
        "sentence en-zh": _one_each(
            [pair.left for pair in sentences], [pair.right for pair in sentences], range(len(sentences))
        ),
        "encyclopedia zh-zh": _one_each([pair.left for pair in asked], passages, [places[p.right] for p in asked]),
        "encyclopedia en-zh": _one_each([e for e, _ in translated], passages, [place for _, place in translated]),
    }


def _one_each(questions: Sequence[str], passages: Sequence[str], wanted: Iterable[int]) -> Search:
    return Search(questions, passages, [frozenset((number,)) for number in wanted])


def _passage(row: SectionRow, language: str, *, whole: bool, rest: bool = False) -> str:
    """Return a section under its headings, the last of them only where ``whole``; or but its first sentence."""
    headings = [heading for heading in row.headings[language].split(" > ") if heading]
    above = headings if whole else headings[:-1]
    body = row.bodies[language]
    return "\n".join(filter(None, (_CONTEXT.join(above), split_first_sentence(body)[1] if rest else body)))


def _asks(row: SectionRow) -> bool:
    headings = [row.headings[language].split(" > ")[-1].strip() for language in ("en", "zh")]
    return len(headings[1]) > 5 and any(map(_ASKING.search, headings))


def _has_long_rests(row: SectionRow) -> bool:
    return all(len(split_first_sentence(body)[1]) > 60 for body in row.bodies.values())


def _sample(numbers: Sequence[int], chance: random.Random) -> list[int]:
    return sorted(chance.sample(list(numbers), min(_SAMPLE, len(numbers))))


_QUESTIONS: Mapping[str, Callable[[SectionRow, str], str]] = {
    "question": lambda row, language: row.headings[language].split(" > ")[-1],
    "heading": lambda row, language: short_heading(row.headings[language]),
    "first": lambda row, language: split_first_sentence(row.bodies[language])[0],
}
