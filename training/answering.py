"""Learns the weights of ranking sentences and of abstaining from question–passage data.

The product's own retrieval and signals run over passages of the training data; a question whose
passage is taken away is one that the documents do not answer.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from assistant.answering.facts import Fact, FactFinder, Signals
from assistant.answering.understanding import Interpreter
from assistant.answering.weights import Weights
from assistant.chunking import chunk
from assistant.index import store
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.query import Glossary, QueryParser
from assistant.readers.builder import DocumentBuilder
from assistant.retrieval import Retriever
from assistant.schema import Document, Language, Question
from assistant.text import detect_language, squeeze, tokenize
from training.data import read_rows

_QUESTIONS = 700  # of each direction
_LONGEST_PASSAGE = 1500  # characters
_HITS = 40
_NAMES = tuple(field.name for field in fields(Signals))
_ASKS = re.compile(r"\?$|？$|^(how|what|why|when|which|who|where|can|is|are|do|does)\b|如何|怎|什么|为什么|吗", re.I)


@dataclass(frozen=True)
class _Example:
    question: str
    answer: str  # "" where only the passage is known
    source: str  # of the document that answers
    direction: str  # "zh-zh", "en-zh", …


@dataclass(frozen=True)
class _Bench:
    """Documents with an index of them, as the product would hold it."""

    retriever: Retriever
    interpreter: Interpreter
    finder: FactFinder


def learn(folder: Path, target: Path, *, seed: int = 0) -> dict[str, object]:
    """Learn from the training files in ``folder``; write the weights; return the measurements."""
    random = np.random.default_rng(seed)
    documents: dict[Language, dict[str, Document]] = {"zh": {}, "en": {}}
    examples = [*_qa_examples(folder, documents), *_section_examples(folder, documents)]
    weights = Weights(tuple([0.0] * len(_NAMES)), tuple([0.0] * len(_NAMES)), 0.0, 0.5)
    embedder = load_embedder("default")
    benches = {lang: _bench(list(docs.values()), embedder, weights) for lang, docs in documents.items()}
    read = [(example, *_read(example, benches)) for example in examples]
    kept_back = random.random(len(read)) < 0.2
    training = [item for item, back in zip(read, kept_back, strict=True) if not back]
    testing = [item for item, back in zip(read, kept_back, strict=True) if back]
    ranking = _learn_ranking(training, random)
    support, bias = _learn_support(training, ranking)
    report: dict[str, object] = {"examples": len(read), "directions": {}}
    threshold = _threshold(testing, ranking, support, bias, report)
    body = {
        "ranking": dict(zip(_NAMES, map(lambda w: round(float(w), 5), ranking), strict=True)),
        "support": {
            "bias": round(float(bias), 5),
            "threshold": threshold,
            "weights": dict(zip(_NAMES, map(lambda w: round(float(w), 5), support), strict=True)),
        },
    }
    target.write_text(json.dumps(body, indent=1) + "\n", "utf-8")
    return report


def _qa_examples(folder: Path, documents: dict[Language, dict[str, Document]]) -> list[_Example]:
    examples: list[_Example] = []
    for name, language in (("qa_zh", "zh"), ("qa_en", "en")):
        rows = [r for r in read_rows(folder, name) if 40 <= len(r["p"]) <= _LONGEST_PASSAGE]
        rows = _shuffled(rows, lambda row: row["q"])
        for row in rows[: 2 * _QUESTIONS]:
            document = _document("", row["p"])
            documents[language][document.source] = document
            if len(examples) < _QUESTIONS * (1 if language == "zh" else 2):
                examples.append(
                    _Example(row["q"], row.get("a", ""), document.source, f"{language}-{language}")
                )
    return examples


def _section_examples(folder: Path, documents: dict[Language, dict[str, Document]]) -> list[_Example]:
    """Return headings that ask, each with the section of the other language."""
    examples: list[_Example] = []
    counts = {"en-zh": 0, "zh-en": 0, "filling": 0}
    for row in read_rows(folder, "sections", limit=90_000):
        if not (row["zh"] and row["en"]):
            continue
        for asker, language in (("en", "zh"), ("zh", "en")):
            question = row[f"{asker}_heading"].split(" > ")[-1]
            direction = f"{asker}-{language}"
            asks = bool(_ASKS.search(question)) and 12 <= len(question) * (1 if asker == "en" else 2) <= 120
            filling = counts["filling"] < 2000 and len(row[language]) < _LONGEST_PASSAGE
            if not asks and not filling:
                continue
            # The heading is the question: the document must not give it away.
            headings = "" if asks else row[f"{language}_heading"]
            document = _document(headings, row[language][:_LONGEST_PASSAGE])
            documents[language][document.source] = document
            counts["filling"] += not asks
            if asks and counts[direction] < _QUESTIONS:
                counts[direction] += 1
                examples.append(_Example(question, "", document.source, direction))
    return examples


def _document(headings: str, text: str) -> Document:
    source = hashlib.sha256(text.encode()).hexdigest()[:12]
    builder = DocumentBuilder(source)
    for level, heading in enumerate([h for h in headings.split(" > ") if h], start=1):
        builder.heading(heading, level=level, line=level)
    for number, line in enumerate(text.split("\n"), start=9):
        builder.block("paragraph", line, line=number)
    return builder.build(title=headings.split(" > ")[0] or "-")


def _bench(documents: Sequence[Document], embedder: Embedder, weights: Weights) -> _Bench:
    passages = tuple(passage for document in documents for passage in chunk(document))
    texts = [f"{p.context}\n{p.text}" for p in passages]
    lexical = LexicalIndex.build([tokenize(text) for text in texts])
    vectors = VectorIndex.build(embedder.encode(texts))
    generation = store.assemble(
        model="", corpus_digest="", pages=(), passages=passages, records=(),
        lexical=lexical, vectors=vectors,
    )  # fmt: skip
    frequency = WordFrequency.load()
    names = NameIndex(lexical.vocabulary, frequency)
    parser = QueryParser(lexical, frequency, TermTranslator.load(), names, Glossary.load())
    return _Bench(Retriever(generation, embedder), Interpreter(parser), FactFinder(embedder, names, weights))


def _read(example: _Example, benches: dict[Language, _Bench]) -> tuple[list[Fact], list[Fact]]:
    """Return the sentences read with the answering document in the index, and without it."""
    asker, language = example.direction.split("-")
    bench = benches["zh" if language == "zh" else "en"]
    question = Question(example.question, (), detect_language(example.question))
    asked = bench.interpreter.understand(question, example.question)
    hits = bench.retriever.search(example.question, asked.terms, limit=_HITS)
    others = [hit for hit in hits if hit.passage.place.source != example.source]
    return list(bench.finder.read(asked, hits)), list(bench.finder.read(asked, others))


def _learn_ranking(read: list, random: np.random.Generator) -> np.ndarray:
    """Learn from pairs: the sentence with the answer above each of some without it."""
    differences = []
    for example, facts, _ in read:
        if not example.answer:
            continue
        answer = squeeze(example.answer)
        good = [f for f in facts if f.passage.place.source == example.source and answer in squeeze(f.text)]
        bad = [f for f in facts if f.passage.place.source != example.source or answer not in squeeze(f.text)]
        if good and bad:
            chosen = random.choice(len(bad), size=min(12, len(bad)), replace=False)
            for number in chosen:
                differences.append(
                    np.subtract(astuple(good[0].signals), astuple(bad[number].signals))
                )
    x = np.asarray(differences)
    return _logistic(x, np.ones(len(x)), with_bias=False)[0]


def _learn_support(read: list, ranking: np.ndarray) -> tuple[np.ndarray, float]:
    x, y = _support_data(read, ranking)
    return _logistic(x, y, with_bias=True, importance=np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean())))


def _support_data(read: list, ranking: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = [], []
    for example, facts, without in read:
        for found in (facts, without):
            best = max(found, key=lambda fact: float(np.dot(ranking, astuple(fact.signals))), default=None)
            if best is not None:
                x.append(astuple(best.signals))
                y.append(float(best.passage.place.source == example.source))
    return np.asarray(x), np.asarray(y)


def _logistic(
    x: np.ndarray, y: np.ndarray, *, with_bias: bool, importance: np.ndarray | float = 1.0
) -> tuple[np.ndarray, float]:
    """Return weights and bias of an L2-regularised logistic regression (gradient descent)."""
    scale = np.where(x.std(axis=0) > 1e-6, x.std(axis=0), np.inf)  # a constant signal teaches nothing
    scaled, weights, bias = x / scale, np.zeros(x.shape[1]), 0.0
    for _ in range(3000):
        error = importance * (1 / (1 + np.exp(-(scaled @ weights + bias))) - y)
        weights -= 0.5 * (scaled.T @ error / len(y) + 1e-3 * weights)
        bias -= 0.5 * float(error.mean()) if with_bias else 0.0
    return weights / scale, bias


def _threshold(read: list, ranking: np.ndarray, support: np.ndarray, bias: float, report: dict) -> float:
    """Return the probability that best parts the answerable; note how well, by direction."""
    x, y = _support_data(read, ranking)
    p = 1 / (1 + np.exp(-(x @ support + bias)))
    grid = np.linspace(0.2, 0.8, 61)
    balanced = [((p[y == 1] >= t).mean() + (p[y == 0] < t).mean()) / 2 for t in grid]
    threshold = float(grid[int(np.argmax(balanced))])
    report["threshold"] = round(threshold, 3)
    report["balanced accuracy"] = round(float(max(balanced)), 4)
    for direction in sorted({example.direction for example, _, _ in read}):
        some = [item for item in read if item[0].direction == direction]
        xs, ys = _support_data(some, ranking)
        ps = 1 / (1 + np.exp(-(xs @ support + bias)))
        report["directions"][direction] = {
            "questions": len(some),
            "best passage right": round(float(ys.sum()) / len(some), 3),
            "answered when right": round(float((ps[ys == 1] >= threshold).mean()), 3),
            "abstained when wrong": round(float((ps[ys == 0] < threshold).mean()), 3),
        }
    return round(threshold, 3)


def _shuffled(rows: list[dict[str, str]], key) -> list[dict[str, str]]:  # noqa: ANN001
    return sorted(rows, key=lambda row: hashlib.sha256(key(row).encode()).digest())
