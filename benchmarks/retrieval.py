"""Retrieval quality on one set of passages: the assistant's retriever against its parts and peers.

    python benchmarks/retrieval.py --data DIR [--model NAME]…    sources that training never saw
    python benchmarks/retrieval.py --xquad QUESTIONS.json PASSAGES.json [--json]

The second takes two SQuAD-format files with parallel paragraphs: the questions of the first are
asked over the paragraphs of the second, and the paragraph at the question's place is the one wanted.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.index import store
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.frequency import WordFrequency
from assistant.index.lexical import LexicalIndex
from assistant.index.names import NameIndex
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.query import Glossary, QueryParser
from assistant.retrieval import Retriever
from assistant.schema import Passage, Place
from assistant.text import detect_language, tokenize

_DEPTH = 20
_RANK_CONSTANT = 60  # of reciprocal rank fusion (Cormack et al., 2009)


@dataclass(frozen=True)
class Search:
    """Questions, passages, and which passage each question asks for."""

    name: str
    questions: Sequence[str]
    passages: Sequence[str]
    wanted: Sequence[int]


@dataclass(frozen=True)
class Score:
    """Shares of questions with the wanted passage among the first 1, 5, 20; mean 1 / rank."""

    first: float
    five: float
    twenty: float
    mrr: float


Method = Callable[[Search], list[list[int]]]


def judge(ranked: Sequence[Sequence[int]], wanted: Sequence[int]) -> Score:
    """Return the score of passage numbers ranked best first, ``_DEPTH`` a question."""
    places = [
        numbers.index(number) if number in numbers else _DEPTH
        for numbers, number in zip(ranked, wanted, strict=True)
    ]
    found = np.array(places)
    mrr = np.where(found < _DEPTH, 1 / (found + 1), 0).mean()
    return Score(*(float((found < depth).mean()) for depth in (1, 5, 20)), float(mrr))


def whole_retriever(embedder: Embedder) -> Method:
    """Return the assistant's own retrieval: words, translations, names, vectors, fused."""

    def run(search: Search) -> list[list[int]]:
        passages = tuple(map(_passage, range(len(search.passages)), search.passages))
        lexical = LexicalIndex.build([tokenize(passage.text) for passage in passages])
        generation = store.assemble(
            model=embedder.name, corpus_digest="", pages=(), passages=passages, records=(),
            lexical=lexical, vectors=VectorIndex.build(embedder.encode(search.passages)),
            words=PassageWords.build(embedder.token_ids(search.passages)),
        )  # fmt: skip
        frequency = WordFrequency.load()
        names = NameIndex(lexical.vocabulary, frequency)
        parser = QueryParser(lexical, frequency, TermTranslator.load(), names, Glossary.load())
        retriever = Retriever(generation, embedder)
        return [
            [hit.passage.place.line for hit in retriever.search(question, parser.parse(question), limit=_DEPTH)]
            for question in search.questions
        ]

    return run


def lexical_alone(search: Search) -> list[list[int]]:
    """Rank by BM25 of the question's own words."""
    index = LexicalIndex.build([tokenize(passage) for passage in search.passages])
    rows = (index.scores([(token, 1.0) for token in set(tokenize(q))]) for q in search.questions)
    return [_best(row) for row in rows]


def vectors_alone(embedder: Embedder) -> Method:
    """Return ranking by cosine."""

    def run(search: Search) -> list[list[int]]:
        passages = embedder.encode(search.passages).T
        return [_best(row) for row in embedder.encode(search.questions) @ passages]

    return run


def reciprocal_ranks(first: Method, second: Method) -> Method:
    """Return the fusion of two rankings by reciprocal ranks."""

    def run(search: Search) -> list[list[int]]:
        return [_fused(pair) for pair in zip(first(search), second(search), strict=True)]

    return run


def read_squad(questions: Path, passages: Path) -> Search:
    """Read two SQuAD-format files with parallel paragraphs."""
    asked, wanted = [], []
    for number, paragraph in enumerate(_paragraphs(questions)):
        for entry in paragraph["qas"]:
            asked.append(entry["question"])
            wanted.append(number)
    texts = [paragraph["context"] for paragraph in _paragraphs(passages)]
    return Search(f"{questions.stem} → {passages.stem}", asked, texts, wanted)


def held_out(folder: Path, limit: int) -> list[Search]:
    """Return the searches of training's evaluation, the first ``limit`` questions of each."""
    from training.evaluate import held_out_searches

    return [
        Search(name, found.questions[:limit], found.passages, found.wanted[:limit].tolist())
        for name, found in held_out_searches(folder).items()
    ]


def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    embedder = load_embedder("default")
    if arguments.json:
        search = read_squad(*arguments.xquad)
        score = judge(whole_retriever(embedder)(search), search.wanted)
        print(json.dumps({"recall@1": score.first, "recall@5": score.five, "mrr": score.mrr}))
        return
    searches = [read_squad(*arguments.xquad)] if arguments.xquad else held_out(arguments.data, arguments.limit)
    methods = _methods(embedder, arguments.model)
    print(f"{'':44} {'R@1':>6} {'R@5':>6} {'R@20':>6} {'MRR':>6}")
    for search in searches:
        print(f"{search.name}: {len(search.questions)} questions, {len(search.passages)} passages")
        for name, method in methods.items():
            score = judge(method(search), search.wanted)
            print(f"  {name:42} {score.first:6.3f} {score.five:6.3f} {score.twenty:6.3f} {score.mrr:6.3f}")


def _methods(embedder: Embedder, models: Sequence[str]) -> dict[str, Method]:
    methods: dict[str, Method] = {
        "this retriever": whole_retriever(embedder),
        "BM25 alone": lexical_alone,
        "the embedder alone": vectors_alone(embedder),
    }
    for name in models:
        other = load_embedder(name)
        methods[f"{name} alone"] = vectors_alone(other)
        methods[f"{name} + BM25"] = reciprocal_ranks(vectors_alone(other), lexical_alone)
    return methods


def _passage(number: int, text: str) -> Passage:
    place = Place("benchmark", "", (), "", number, 0, len(text), "", "published")
    return Passage(
        id=str(number), text=text, context="", kind="text", language=detect_language(text),
        record="", places=(place,),
    )  # fmt: skip


def _best(scores: np.ndarray) -> list[int]:
    return np.argsort(-scores, kind="stable")[:_DEPTH].tolist()


def _fused(rankings: Sequence[Sequence[int]]) -> list[int]:
    total: dict[int, float] = {}
    for ranking in rankings:
        for rank, number in enumerate(ranking):
            total[number] = total.get(number, 0.0) + 1 / (_RANK_CONSTANT + rank)
    return sorted(total, key=lambda number: (-total[number], number))[:_DEPTH]


def _paragraphs(path: Path) -> list[dict]:
    data = json.loads(path.read_text("utf-8"))["data"]
    return [paragraph for article in data for paragraph in article["paragraphs"]]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the training data")
    source.add_argument("--xquad", type=Path, nargs=2, metavar=("QUESTIONS", "PASSAGES"))
    parser.add_argument("--json", action="store_true", help="with --xquad: the whole retriever only")
    parser.add_argument("--model", action="append", default=[], help="a sentence-transformers model to compare")
    parser.add_argument("--limit", type=int, default=500, help="questions of each search")
    arguments = parser.parse_args()
    if arguments.json and not arguments.xquad:
        parser.error("--json goes with --xquad")
    return arguments


if __name__ == "__main__":
    main()
