"""Retrieval on sources that training never saw, by kind of question and language pair."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.index.embedding import Embedder
from assistant.index.lexical import LexicalIndex
from assistant.index.translation import TermTranslator
from assistant.text import tokenize
from training.data import (
    SectionRow,
    read_pairs,
    read_sections,
    short_heading,
    split_first_sentence,
)

PAIRS = (("zh", "zh"), ("en", "en"), ("en", "zh"), ("zh", "en"))
# 251 of the held-out questions put into English by hand, and the Chinese ones they stand for.
_TRANSLATED = Path(__file__).parent / "encyclopedia_en.tsv"
_SAMPLE = 2000
_SENTENCES = 5000
_DENSE_WEIGHT = 0.6  # of the fused score, as measured in README.md
_ASKING = re.compile(
    r"^(how|what|why|when|where|which|who|can|does|do|is|are|should)\b|[?？]$"
    r"|^(如何|什么|怎么|为什么|是否)",
    re.IGNORECASE,
)
# What a visitor of a lab's site types when two characters must do.
_TWO_CHARACTERS = ("编译 训练 模型 部署 安装 网络 数据 存储 安全 性能 通信 内存 算法 图像 文本 评测").split()


@dataclass(frozen=True)
class Search:
    """Questions, passages, and which passage each question asks for."""

    questions: Sequence[str]
    passages: Sequence[str]
    wanted: np.ndarray  # (questions,) passage numbers


@dataclass(frozen=True)
class Score:
    """Share of questions whose passage comes first, or among the first five; mean 1 / rank."""

    first: float
    five: float
    mrr: float


def held_out_searches(folder: Path) -> dict[str, Search]:
    """Return the searches by name (``question en-zh``); the same ones every time."""
    rows = _distinct_sections(folder)
    both = [row for row in rows if all(row.bodies.values())]
    chance = random.Random(1)
    asking = [number for number, row in enumerate(both) if _asks(row)]
    headed = _sample([n for n, row in enumerate(both) if all(row.headings.values())], chance)
    begun = _sample([n for n, row in enumerate(both) if _has_long_rests(row)], chance)
    searches: dict[str, Search] = {}
    for asked, passage in PAIRS:
        candidates = both + [row for row in rows if row.bodies[passage] and not all(row.bodies.values())]
        bodies = [row.bodies[passage] for row in candidates]
        rests = [_heading_and_rest(row, passage) for row in candidates]
        for kind, numbers, passages in (
            ("question", asking, bodies), ("heading", headed, bodies), ("first", begun, rests),
        ):  # fmt: skip
            questions = [_question(kind, both[number], asked) for number in numbers]
            searches[f"{kind} {asked}-{passage}"] = Search(questions, passages, np.array(numbers))
    return searches | _searches_of_pairs(folder, chance)


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
        "sentence en-zh": Search(
            [pair.left for pair in sentences],
            [pair.right for pair in sentences],
            np.arange(len(sentences)),
        ),
        "encyclopedia zh-zh": Search(
            [pair.left for pair in asked], passages, np.array([places[p.right] for p in asked])
        ),
        "encyclopedia en-zh": Search(
            [english for english, _ in translated], passages, np.array([place for _, place in translated])
        ),
    }


def dense_scores(search: Search, embedder: Embedder) -> np.ndarray:
    """Return (questions, passages) cosines."""
    return embedder.encode(search.questions) @ embedder.encode(search.passages).T


def lexical_scores(
    search: Search, translator: TermTranslator | None, *, batch: Sequence[Sequence[str]] = ()
) -> np.ndarray:
    """Return (questions, passages) BM25 scores, each word by itself or its best translation."""
    index = LexicalIndex.build(batch or [tokenize(passage) for passage in search.passages])
    scores = np.zeros((len(search.questions), len(search.passages)), np.float32)
    for row, question in zip(scores, search.questions, strict=True):
        for token in dict.fromkeys(tokenize(question)):
            alternatives = [index.scores([(token, 1.0)])]
            if translator is not None:
                for term, weight in translator.translate([token]):
                    alternatives.append(index.scores([(term, weight)]))
            row += np.max(alternatives, axis=0)
    return scores


def fused_scores(lexical: np.ndarray, dense: np.ndarray) -> np.ndarray:
    """Return both as one: the lexical score as a share of the question's best."""
    best = np.maximum(lexical.max(axis=1, keepdims=True), 1e-6)
    return (1 - _DENSE_WEIGHT) * lexical / best + _DENSE_WEIGHT * np.maximum(dense, 0)


def judge(scores: np.ndarray, wanted: np.ndarray) -> Score:
    """Return how high the wanted passages stand; of equal scores the earlier passage wins."""
    own = scores[np.arange(len(wanted)), wanted][:, None]
    earlier = np.arange(scores.shape[1])[None, :] < wanted[:, None]
    rank = (scores > own).sum(axis=1) + ((scores == own) & earlier).sum(axis=1)
    return Score(float((rank < 1).mean()), float((rank < 5).mean()), float((1 / (rank + 1)).mean()))


def judge_two_characters(folder: Path, embedder: Embedder) -> Mapping[str, float]:
    """Return, by language searched, the share of the first five that hold the two characters.

    An English section is held to its Chinese twin.
    """
    both = [row for row in _distinct_sections(folder) if all(row.bodies.values())]
    questions = embedder.encode(_TWO_CHARACTERS)
    found = {}
    for language in ("zh", "en"):
        scores = questions @ embedder.encode([row.bodies[language] for row in both]).T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
        held = [
            word in both[number].bodies["zh"] or word in both[number].headings["zh"]
            for word, numbers in zip(_TWO_CHARACTERS, best.tolist(), strict=True)
            for number in numbers
        ]
        found[f"zh-{language}"] = sum(held) / len(held)
    return found


def _distinct_sections(folder: Path) -> list[SectionRow]:
    seen: set[str] = set()
    rows = []
    for row in read_sections(folder, held_out=True):
        bodies = {body for body in row.bodies.values() if body}
        if not bodies & seen:
            rows.append(row)
        seen |= bodies
    return rows


def _asks(row: SectionRow) -> bool:
    headings = [row.headings[language].split(" > ")[-1].strip() for language in ("en", "zh")]
    return len(headings[1]) > 5 and any(map(_ASKING.search, headings))


def _has_long_rests(row: SectionRow) -> bool:
    return all(len(split_first_sentence(body)[1]) > 60 for body in row.bodies.values())


def _question(kind: str, row: SectionRow, language: str) -> str:
    if kind == "question":
        return row.headings[language].split(" > ")[-1]
    if kind == "heading":
        return short_heading(row.headings[language])
    return split_first_sentence(row.bodies[language])[0]


def _heading_and_rest(row: SectionRow, language: str) -> str:
    return f"{short_heading(row.headings[language])} {split_first_sentence(row.bodies[language])[1]}"


def _sample(numbers: Sequence[int], chance: random.Random) -> list[int]:
    return sorted(chance.sample(list(numbers), min(_SAMPLE, len(numbers))))
