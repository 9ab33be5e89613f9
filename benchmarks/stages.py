"""Measures where the time of a question asked for the first time goes; run as ``python -m benchmarks.stages``."""

import argparse
import functools
import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import assistant.answering.answerer as answerer
from assistant.answering.composing import Composer
from assistant.answering.evidence import EvidenceGatherer
from assistant.answering.facts import FactFinder
from assistant.answering.readings import PassageReader
from assistant.answering.tables import RecordBook
from assistant.answering.understanding import Interpreter
from assistant.evaluation import read_cases
from assistant.index.embedding import StaticEmbedder
from assistant.index.lexical import LexicalIndex
from assistant.index.lines import Lines
from assistant.index.translation import TermTranslator
from assistant.index.vectors import VectorIndex
from assistant.pipeline import build, is_current, load_assistant
from assistant.query import QueryParser
from assistant.retrieval import Retriever
from assistant.segmenting import Segmenter
from assistant.settings import CorpusSettings, IndexSettings, Settings

ROOT = Path(__file__).resolve().parent.parent
_TAIL = 3  # questions that are named
_TOLD = 2  # stages of such a one
_OBJECTS_BETWEEN_COLLECTIONS = 50_000  # as the command line sets it

# What stands in a stage: (where it is called, by which name). Time is that of the innermost stage.
_STAGES: dict[str, Sequence[tuple[Any, str]]] = {
    "take the question apart": ((Interpreter, "understand"), (QueryParser, "parse")),
    "… cut Chinese words": ((Segmenter, "cut"),),
    "… translations": ((TermTranslator, "translate"), (TermTranslator, "senses")),
    "BM25": ((LexicalIndex, "scored"), (LexicalIndex, "with_nearest")),
    "vectors": ((VectorIndex, "search"), (VectorIndex, "vectors"), (StaticEmbedder, "encode")),
    "word by word": ((StaticEmbedder, "likeness"),),
    "fuse": ((Retriever, "search"), (Retriever, "rank"), (Retriever, "containing")),
    "read passages from the disk": ((Lines, "_fetch"),),
    "cut passages into sentences, once each": ((PassageReader, "_read"),),
    "signals of sentences": ((FactFinder, "read"),),
    "special searches, verdict": ((EvidenceGatherer, "gather"), (EvidenceGatherer, "start_of_section")),
    "tables": ((RecordBook, "find"),),
    "choose": ((answerer.Answerer, "answer"),),
    "compose": ((Composer, "rows"), (Composer, "facts"), (Composer, "abstention")),
    "suggest": ((answerer, "next_questions"),),
}
_WHOLE = frozenset(("cut passages into sentences, once each",))  # with all that is done in them


@dataclass(frozen=True)
class Asked:
    """One question and its CPU milliseconds by stage."""

    question: str
    stages: dict[str, float]

    @property
    def total(self) -> float:
        """CPU milliseconds of the whole answer."""
        return sum(self.stages.values())


class Clock:
    """Gives each moment of this thread to the stage that is innermost."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._since = 0
        self._spent: defaultdict[str, int] = defaultdict(int)

    def watch(self) -> None:
        """Replace what ``_STAGES`` names by the same, timed."""
        for stage, places in _STAGES.items():
            for owner, name in places:
                setattr(owner, name, self._timed(stage, getattr(owner, name)))

    def taken(self) -> dict[str, float]:
        """Return stage → milliseconds since the last call."""
        spent = {stage: nanoseconds / 1e6 for stage, nanoseconds in self._spent.items()}
        self._spent.clear()
        return spent

    def _timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def timed(*arguments: object, **named: object) -> object:
            if self._open and self._open[-1] in _WHOLE:
                return work(*arguments, **named)
            self._switch()
            self._open.append(stage)
            try:
                return work(*arguments, **named)
            finally:
                self._switch()
                self._open.pop()

        return timed

    def _switch(self) -> None:
        now = time.thread_time_ns()
        if self._open:
            self._spent[self._open[-1]] += now - self._since
        self._since = now


def ask_all(documents: Path, questions: Path, index: Path) -> Iterator[Asked]:
    """Ask each question of a set once, in order, of an assistant that was warmed up as a server's is."""
    settings = _settings(documents, index)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    clock = Clock()
    clock.watch()
    assistant = load_assistant(settings)
    assistant.warm_up()
    clock.taken()
    for case in read_cases(questions):
        assistant.ask(case.question, history=case.history)
        yield Asked(case.question, clock.taken())


def _settings(documents: Path, index: Path) -> Settings:
    return Settings(corpus=CorpusSettings(path=documents), index=IndexSettings(path=index))


def table(name: str, asked: Sequence[Asked]) -> str:
    """Return the stages of one set, and its slowest questions, as Markdown."""
    lines = [f"| {name}: {len(asked)} questions, CPU ms | mean | median | p95 | share |"]
    lines.append("| --- | ---: | ---: | ---: | ---: |")
    whole = sum(one.total for one in asked)
    for stage in (*_STAGES, "all of it"):
        times = sorted(one.total if stage == "all of it" else one.stages.get(stage, 0.0) for one in asked)
        high = times[min(len(times) - 1, int(0.95 * len(times)))]
        mean = sum(times) / len(times)
        share = f"{sum(times) / whole:.0%}"
        lines.append(f"| {stage} | {mean:.2f} | {median(times):.2f} | {high:.2f} | {share} |")
    lines.append("")
    for one in sorted(asked, key=lambda one: -one.total)[:_TAIL]:
        largest = sorted(one.stages.items(), key=lambda pair: -pair[1])[:_TOLD]
        told = ", ".join(f"{stage} {time_ms:.1f}" for stage, time_ms in largest)
        lines.append(f"- {one.total:.1f} ms: {one.question} ({told})")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print a table for each set; every set in a process of its own, for nothing known from the one before."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sets", nargs="*", metavar="DOCUMENTS=QUESTIONS", help="folders of documents, each with its question set"
    )
    parser.add_argument("--indexes", type=Path, help="folder to keep the indexes in, for another run")
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    default = f"{ROOT / 'corpus'}={ROOT / 'tests' / 'data' / 'questions.yaml'}"
    pairs = [tuple(map(Path, given.split("=", 1))) for given in options.sets or [default]]
    if options.index:
        documents, questions = pairs[0]
        print(table(questions.stem, list(ask_all(documents, questions, options.index))))
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, (documents, questions) in enumerate(pairs):
            index = (options.indexes or Path(folder)) / f"{number}-{questions.stem}"
            if not is_current(_settings(documents, index)):
                build(_settings(documents, index))  # here: a build leaves word lists in memory
            command = [sys.executable, "-m", "benchmarks.stages", f"{documents}={questions}", "--index", str(index)]
            subprocess.run(command, check=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})


if __name__ == "__main__":
    main()
