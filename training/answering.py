"""Learns the weights by which sentences are ranked, and measures those of abstaining.

The product's own retrieval and signals run over passages of the training data; a question whose
passage is taken away is one that the documents do not answer. The weights of abstaining are set
here, not learned: reading-comprehension questions are worded like their passages, and weights
learned from them held back two thirds of the right answers over lab sites.
``python -m training.answering DATA_FOLDER`` writes ``assistant/model/answering.json``.
"""

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from assistant.answering.facts import Fact, FactFinder, Signals
from assistant.answering.understanding import Interpreter
from assistant.answering.weights import WEIGHTS_FILE, Weights
from assistant.chunking import chunk
from assistant.glossary import Glossary
from assistant.index import store
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.query import QueryParser
from assistant.readers.builder import DocumentBuilder
from assistant.retrieval import Retriever
from assistant.schema import Document, Language, Question
from assistant.text import detect_language, squeeze, tokenize
from training.data import read_rows

_QUESTIONS = 450  # of each direction
_LONGEST_PASSAGE = 1500  # characters
_HITS = 40
_NAMES = tuple(field.name for field in fields(Signals))
# What cannot speak against a sentence gets no negative weight, and the reverse; 0: not learned.
_SIGNS = {"missing_names": -1, "missing_words": -1, "is_row": 0, "is_foreign": 0}
_SIGNS |= {"foreign_coverage": 0, "foreign_similarity": 0}
_SUPPORT = {"coverage": 8.0, "similarity": 4.0, "heading": 1.0, "missing_names": -2.0}
_SUPPORT_BIAS = -5.0
_THRESHOLD = 0.45
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
    support = np.asarray([_SUPPORT.get(name, 0.0) for name in _NAMES])
    body = {
        "ranking": dict(zip(_NAMES, (round(float(w), 5) for w in ranking), strict=True)),
        "support": {
            "bias": _SUPPORT_BIAS,
            "threshold": _THRESHOLD,
            "weights": dict(zip(_NAMES, support.tolist(), strict=True)),
        },
    }
    target.write_text(json.dumps(body, indent=1) + "\n", "utf-8")
    return {"examples": len(read), "directions": _measured(testing, ranking, support)}


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
        lexical=lexical, vectors=vectors, words=PassageWords.build(embedder.token_ids(texts)),
    )  # fmt: skip
    frequency = WordFrequency.load()
    names = NameIndex(lexical.vocabulary, frequency)
    parser = QueryParser(lexical, frequency, TermTranslator.load(), names, Glossary.load())
    finder = FactFinder(embedder, names, weights, generation)
    return _Bench(Retriever(generation, embedder), Interpreter(parser), finder)


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
    return _pairwise_logistic(np.asarray(differences))


def _support_data(read: list, ranking: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = [], []
    for example, facts, without in read:
        for found in (facts, without):
            best = max(found, key=lambda fact: float(np.dot(ranking, astuple(fact.signals))), default=None)
            if best is not None:
                x.append(astuple(best.signals))
                y.append(float(best.passage.place.source == example.source))
    return np.asarray(x), np.asarray(y)


def _pairwise_logistic(differences: np.ndarray) -> np.ndarray:
    """Return the weights that put the better of each pair first (L2, gradient descent, signs kept)."""
    spread = differences.std(axis=0)
    scale = np.where(spread > 1e-6, spread, np.inf)  # a constant signal teaches nothing
    scaled, weights = differences / scale, np.zeros(differences.shape[1])
    signs = np.asarray([_SIGNS.get(name, 1) for name in _NAMES])
    for _ in range(4000):
        error = 1 / (1 + np.exp(-(scaled @ weights))) - 1
        weights -= 0.5 * (scaled.T @ error / len(scaled) + 1e-3 * weights)
        weights = np.where(weights * signs > 0, weights, 0.0)
    return weights / scale


def _measured(read: list, ranking: np.ndarray, support: np.ndarray) -> dict[str, dict[str, float]]:
    """Return by direction how often the best passage is right, and how abstaining parts the two."""
    report: dict[str, dict[str, float]] = {}
    for direction in sorted({example.direction for example, _, _ in read}):
        some = [item for item in read if item[0].direction == direction]
        x, y = _support_data(some, ranking)
        p = 1 / (1 + np.exp(-(x @ support + _SUPPORT_BIAS)))
        report[direction] = {
            "questions": len(some),
            "best passage right": round(float(y.sum()) / len(some), 3),
            "answered when right": round(float((p[y == 1] >= _THRESHOLD).mean()), 3),
            "abstained when wrong": round(float((p[y == 0] < _THRESHOLD).mean()), 3),
        }
    return report


def _shuffled(rows: list[dict[str, str]], key) -> list[dict[str, str]]:  # noqa: ANN001
    return sorted(rows, key=lambda row: hashlib.sha256(key(row).encode()).digest())


if __name__ == "__main__":
    print(json.dumps(learn(Path(sys.argv[1]), WEIGHTS_FILE), indent=1))
