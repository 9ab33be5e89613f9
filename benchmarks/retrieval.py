"""Retrieval quality on one set of passages: the assistant's retriever against its parts and peers.

    python benchmarks/retrieval.py --data DIR [--model NAME]… [--floor DIR]    sources never trained on
    python benchmarks/retrieval.py --xquad QUESTIONS.json PASSAGES.json [--json]
    python benchmarks/retrieval.py --gold QUESTIONS.yaml --corpus DIR    do the first five hold the answer?
    python benchmarks/retrieval.py --speed --data DIR                    milliseconds, on one core

``--model`` names a sentence-transformers model, or a folder with one; ``--floor`` the folder that
``python -m training.floor`` wrote. ``--kinds`` chooses among the searches of ``--data``.

The second takes two SQuAD-format files with parallel paragraphs: the questions of the first are
asked over the paragraphs of the second, and the paragraph at the question's place is the one wanted.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from assistant.evaluation import UNANSWERABLE, Case, read_cases
from assistant.index.embedding import Embedder, load_embedder
from assistant.index.lexical import LexicalIndex
from assistant.pipeline import Assistant, build, load_assistant
from assistant.settings import CorpusSettings, IndexSettings, Settings
from assistant.text import squeeze, tokenize
from training.bench import retriever_over
from training.data import read_sections
from training.searches import Search, held_out_searches

if TYPE_CHECKING:
    from training.floor import Floor

_DEPTH = 20
_SPEED_PASSAGES = 10_000
_COUNT = "count"  # a kind of question
_FLOOR_DENSE = 0.6  # of the floor's fused score, what suits it best
_RANK_CONSTANT = 60  # of reciprocal rank fusion (Cormack et al., 2009)


@dataclass(frozen=True)
class Score:
    """Shares of questions with the wanted passage among the first 1, 5, 20; mean 1 / rank."""

    first: float
    five: float
    twenty: float
    mrr: float


Method = Callable[[Search], list[list[int]]]


def judge(ranked: Sequence[Sequence[int]], wanted: Sequence[frozenset[int]]) -> Score:
    """Return the score of passage numbers ranked best first, ``_DEPTH`` a question; any of ``wanted`` will do."""
    places = [
        next((place for place, number in enumerate(numbers) if number in some), _DEPTH)
        for numbers, some in zip(ranked, wanted, strict=True)
    ]
    found = np.array(places)
    mrr = np.where(found < _DEPTH, 1 / (found + 1), 0).mean()
    return Score(*(float((found < depth).mean()) for depth in (1, 5, 20)), float(mrr))


def whole_retriever(embedder: Embedder) -> Method:
    """Return the assistant's own retrieval: words, translations, names, vectors, fused."""
    over = lru_cache(maxsize=2)(lambda passages: retriever_over(passages, embedder))

    def run(search: Search) -> list[list[int]]:
        retriever, parser = over(tuple(search.passages))
        return [
            [hit.passage.place.line for hit in retriever.search(question, parser.parse(question), limit=_DEPTH)]
            for question in search.questions
        ]

    return run


def lexical_alone(search: Search) -> list[list[int]]:
    """Rank by BM25 of the question's own words."""
    index = _index_of(tuple(search.passages))
    rows = (index.scores([(token, 1.0) for token in set(tokenize(q))]) for q in search.questions)
    return [_best(row) for row in rows]


def vectors_alone(embedder: Embedder) -> Method:
    """Return ranking by cosine."""
    of = lru_cache(maxsize=2)(embedder.encode)

    def run(search: Search) -> list[list[int]]:
        return [_best(row) for row in embedder.encode(search.questions) @ of(tuple(search.passages)).T]

    return run


def the_floor(floor: "Floor") -> Method:
    """Return ranking by what ``training.floor`` made: BM25 with counted translations and the cosine, both as one."""
    of = lru_cache(maxsize=2)(floor.embedder.encode)

    def run(search: Search) -> list[list[int]]:
        index, passages = _index_of(tuple(search.passages)), of(tuple(search.passages))
        ranked = []
        for question, vector in zip(search.questions, floor.embedder.encode(search.questions), strict=True):
            words = index.scores(floor.terms(question))
            lexical = words / max(float(words.max()), 1e-6)
            ranked.append(_best((1 - _FLOOR_DENSE) * lexical + _FLOOR_DENSE * np.maximum(passages @ vector, 0)))
        return ranked

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
            wanted.append(frozenset((number,)))
    return Search(asked, [paragraph["context"] for paragraph in _paragraphs(passages)], wanted)


def some_of(search: Search, limit: int) -> Search:
    """Return the search with at most ``limit`` of its questions, the same ones every time."""
    chosen = range(len(search.questions))
    if len(chosen) > limit:
        chosen = sorted(Random(1).sample(chosen, limit))
    return Search([search.questions[n] for n in chosen], search.passages, [search.wanted[n] for n in chosen])


def held(assistant: Assistant, case: Case, depth: int) -> bool:
    """Tell whether the first ``depth`` passages together hold one of each group that is expected."""
    hits = assistant.search(case.question, limit=depth)
    text = squeeze("\n".join(f"{hit.passage.context}\n{hit.passage.text}" for hit in hits))
    return all(any(squeeze(answer) in text for answer in group) for group in case.expect)


def report_gold(questions: Path, corpus: Path) -> None:
    """Print by language how often the first passage, and the first five, hold the answer; each miss.

    Questions that count rows are told apart: no passage states their number, unless by chance.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(corpus=CorpusSettings(path=corpus), index=IndexSettings(path=Path(folder)))
        build(settings)
        assistant = load_assistant(settings)
        cases = [c for c in read_cases(questions) if c.kind != UNANSWERABLE and not c.history]
        for language in ("en", "zh"):
            mine = [case for case in cases if case.language == language and case.kind != _COUNT]
            missed = [case for case in mine if not held(assistant, case, 5)]
            first = sum(held(assistant, case, 1) for case in mine)
            counts = [held(assistant, case, 5) for case in cases if case.language == language and case.kind == _COUNT]
            print(f"{language}: {len(mine)} questions, first {first / max(len(mine), 1):.3f}, "
                  f"five {1 - len(missed) / max(len(mine), 1):.3f}; "
                  f"and {len(counts)} that count rows, of which five hold the number of {sum(counts)}")  # fmt: skip
            for case in missed:
                print(f"  missed {case.id}: {case.question}")


def report_speed(folder: Path, embedder: Embedder, *, passages: int = _SPEED_PASSAGES) -> None:
    """Print milliseconds a query over that many sections, and passages embedded a second."""
    rows = read_sections(folder, held_out=False, limit=passages + 100)
    texts = [row.bodies["zh"] or row.bodies["en"] for row in rows]
    started = perf_counter()
    embedder.encode(texts[:2000])
    print(f"{len(texts[:2000]) / (perf_counter() - started):.0f} passages embedded a second")
    questions = [row.headings[language].split(" > ")[-1] for row in rows[-100:] for language in ("zh", "en")]
    retriever, parser = retriever_over(texts[:passages], embedder)
    for question in questions[:20]:  # pinyin and stemmer load with the first
        parser.parse(question)
    taken: dict[str, list[float]] = {"question into terms": [], "terms to passages": [], "together": []}
    for question in questions:
        started = perf_counter()
        terms = parser.parse(question)
        parsed = perf_counter()
        retriever.search(question, terms, limit=_DEPTH)
        ended = perf_counter()
        for times, seconds in zip(taken.values(), (parsed - started, ended - parsed, ended - started), strict=True):
            times.append(1000 * seconds)
    for name, times in taken.items():
        print(f"{name}: median {median(times):.2f} ms, 95 % below {np.quantile(times, 0.95):.2f} ms")


def main() -> None:
    """Run what the command line asks for."""
    arguments = _arguments()
    if arguments.gold:
        report_gold(arguments.gold, arguments.corpus)
        return
    embedder = load_embedder("default")
    if arguments.speed:
        report_speed(arguments.data, embedder)
        return
    if arguments.json:
        search = read_squad(*arguments.xquad)
        score = judge(whole_retriever(embedder)(search), search.wanted)
        print(json.dumps({"recall@1": score.first, "recall@5": score.five, "mrr": score.mrr}))
        return
    if arguments.xquad:
        searches = {" → ".join(path.stem for path in arguments.xquad): read_squad(*arguments.xquad)}
    else:
        searches = {
            name: some_of(search, arguments.limit)
            for name, search in held_out_searches(arguments.data).items()
            if not arguments.kinds or name.rpartition(" ")[0] in arguments.kinds
        }
    report(searches, _methods(embedder, arguments.model, arguments.floor))


def report(searches: Mapping[str, Search], methods: Mapping[str, Method]) -> None:
    """Print the table, search by search."""
    print(f"{'':44} {'R@1':>6} {'R@5':>6} {'R@20':>6} {'MRR':>6}")
    for title, search in searches.items():
        print(f"{title}: {len(search.questions)} questions, {len(search.passages)} passages")
        for name, method in methods.items():
            score = judge(method(search), search.wanted)
            print(f"  {name:42} {score.first:6.3f} {score.five:6.3f} {score.twenty:6.3f} {score.mrr:6.3f}", flush=True)


def _methods(embedder: Embedder, models: Sequence[str], floor: Path | None) -> dict[str, Method]:
    methods: dict[str, Method] = {
        "this retriever": whole_retriever(embedder),
        "BM25 alone": lexical_alone,
        "the embedder alone": vectors_alone(embedder),
    }
    if floor:
        from training.floor import Floor  # with training's own requirements

        methods["the floor"] = the_floor(Floor.load(floor))
    for name in models:
        alone, short = vectors_alone(load_embedder(name)), Path(name).name
        methods |= {f"{short} alone": alone, f"{short} + BM25": reciprocal_ranks(alone, lexical_alone)}
    return methods


@lru_cache(maxsize=2)
def _index_of(passages: tuple[str, ...]) -> LexicalIndex:
    return LexicalIndex.build([tokenize(passage) for passage in passages])


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
    source.add_argument("--gold", type=Path, help="a question set; with --corpus")
    source.add_argument("--xquad", type=Path, nargs=2, metavar=("QUESTIONS", "PASSAGES"))
    parser.add_argument("--json", action="store_true", help="with --xquad: the whole retriever only")
    parser.add_argument("--model", action="append", default=[], help="a sentence-transformers model to compare")
    parser.add_argument("--floor", type=Path, help="the folder of the floor to compare")
    parser.add_argument("--kinds", nargs="+", default=[], help="with --data: question heading first …")
    parser.add_argument("--limit", type=int, default=500, help="questions of each search")
    parser.add_argument("--corpus", type=Path, help="with --gold: the folder of the documents")
    parser.add_argument("--speed", action="store_true", help="with --data: milliseconds instead of quality")
    arguments = parser.parse_args()
    if bool(arguments.gold) != bool(arguments.corpus):
        parser.error("--gold and --corpus go together")
    if arguments.speed and not arguments.data:
        parser.error("--speed goes with --data")
    if arguments.json and not arguments.xquad:
        parser.error("--json goes with --xquad")
    return arguments


if __name__ == "__main__":
    main()
