"""Measures building, loading and asking by the number of passages; run as ``python -m benchmarks.scale``."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from assistant.chunking import collapse
from assistant.cores import no_cycles_collected
from assistant.evaluation import read_cases
from assistant.index import store
from assistant.index.embedding import load_embedder
from assistant.index.lexical import LexicalIndex
from assistant.index.parts import Prepared
from assistant.index.vectors import VectorIndex
from assistant.index.words import PassageWords
from assistant.pipeline import load_assistant
from assistant.preparing import chunk_all, is_worth_it, prepare_by_many
from assistant.schema import Document
from assistant.settings import IndexSettings, Settings
from assistant.text import tokenize
from benchmarks.growth import Curve, draw
from benchmarks.pieces import documents, endless, real_pieces

ROOT = Path(__file__).resolve().parent.parent
_NEAREST = 10
_HEADINGS_ASKED = 150
_MB = 1e6
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Measured:
    """What one size costs; CPU times are those of all processes together."""

    passages: int
    stages: dict[str, tuple[float, float]]  # name → (wall, CPU) seconds
    disk_bytes: int
    peak_mb: float  # of the building process
    recall: float  # of the ten nearest vectors
    asked: dict[str, float]  # what the serving process says of itself

    @property
    def build_s(self) -> float:
        """Wall time of everything up to the switch to the new generation."""
        return sum(wall for wall, _ in self.stages.values())


class Clock:
    """Times the stages of a build."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[float, float]] = {}

    def run(self, stage: str, work: Callable[[], _Result]) -> _Result:
        """Return ``work()``, timed as ``stage``."""
        wall, cpu = time.perf_counter(), _cpu_s()
        result = work()
        self.stages[stage] = time.perf_counter() - wall, _cpu_s() - cpu
        return result


def _cpu_s() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(pages: Sequence[Document], folder: Path, questions: Sequence[str]) -> Measured:
    """Build, save, load and ask an index of ``pages``."""
    clock, embedder = Clock(), load_embedder("default")
    passages = clock.run("chunk", lambda: collapse(p for chunks in chunk_all(pages) for p in chunks))
    prepared = clock.run("cut and embed", lambda: _prepared([store.embedded_text(p) for p in passages]))
    lexical = clock.run("BM25", lambda: LexicalIndex.build(prepared.tokens))
    vectors = clock.run("vector index", lambda: VectorIndex.build(prepared.vectors))
    generation = clock.run("outline", lambda: store.assemble(
        model=embedder.name, corpus_digest=str(len(passages)),
        pages=[store.PageText(d.source, d.title, d.url, d.status, d.text) for d in pages],
        passages=passages, records=(), lexical=lexical, vectors=vectors, words=PassageWords.build(prepared.words),
    ))  # fmt: skip
    clock.run("write, read back, check", lambda: store.save(folder, generation))
    recall = _recall(vectors, prepared.vectors, embedder.encode(questions))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return Measured(len(passages), clock.stages, size, peak, recall, _ask_in_child(folder, questions))


def _prepared(texts: Sequence[str]) -> Prepared:
    if is_worth_it(texts):
        return prepare_by_many(texts)
    vectors, words = load_embedder("default").encode_with_tokens(texts)
    return Prepared([tokenize(text) for text in texts], vectors, words)


def _recall(index: VectorIndex, vectors: np.ndarray, queries: np.ndarray) -> float:
    """Return how many of the exactly ten nearest the index finds; a vector as near as the tenth counts."""
    found = 0
    for query in queries:
        cosines = vectors @ query
        tenth = np.partition(cosines, -_NEAREST)[-_NEAREST]
        found += sum(cosines[number] >= tenth - 1e-6 for number, _ in index.search(query, _NEAREST))
    return float(found / len(queries) / _NEAREST)


def _ask_in_child(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Return what a fresh process that loads the index and answers the questions measures."""
    command = [sys.executable, "-m", "benchmarks.scale", "--serve", str(folder)]
    done = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout)


def serve(folder: Path, questions: Sequence[str]) -> dict[str, float]:
    """Load the index and answer; returns seconds, megabytes and milliseconds."""
    told: dict[str, float] = {}
    started, cpu = time.perf_counter(), time.process_time()
    assistant = load_assistant(Settings(index=IndexSettings(path=folder)))
    told["load_s"], told["load_cpu_s"] = time.perf_counter() - started, time.process_time() - cpu
    started = time.perf_counter()
    assistant.warm_up()
    told["warm_up_s"] = time.perf_counter() - started
    told |= {f"loaded_{name}": value for name, value in _resident().items()}
    for name, ask in (("search", lambda q: assistant.search(q, limit=20)), ("answer", assistant.extract)):
        walls, cpus = [], []
        for question in questions:
            wall, cpu = time.perf_counter(), time.thread_time()
            ask(question)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.thread_time() - cpu)
        for unit, times in (("wall", walls), ("cpu", cpus)):
            told |= {f"{name}_{unit}_p{p}_ms": float(np.percentile(times, p) * 1000) for p in (50, 95)}
    return told | {f"asked_{name}": value for name, value in _resident().items()}


def _resident() -> dict[str, float]:
    """Return this process's memory in megabytes: its own, and of files that are mapped (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Rss")}
    return {"own_mb": int(sizes["RssAnon"]) / 1000, "mapped_mb": int(sizes["RssFile"]) / 1000}


def questions_on(pages: Sequence[Document], sets: Sequence[Path]) -> list[str]:
    """Return the questions of ``sets``, and headings of ``pages``."""
    asked = [case.question for path in sets for case in read_cases(path)]
    headings = dict.fromkeys(s.heading_path[-1] for page in pages for s in page.sections if s.heading_path)
    step = max(1, len(headings) // _HEADINGS_ASKED)
    return list(dict.fromkeys([*asked, *[h for h in list(headings)[::step] if len(h) <= 100][:_HEADINGS_ASKED]]))


def table(results: Sequence[Measured]) -> str:
    """Return the results as Markdown, one column a size."""
    rows: list[tuple[str, Callable[[Measured], str]]] = [
        ("build, passages/s", lambda r: f"{r.passages / r.build_s:,.0f}"),
        ("build, CPU µs a passage", lambda r: f"{sum(cpu for _, cpu in r.stages.values()) / r.passages * 1e6:,.0f}"),
    ]
    for stage in results[0].stages:
        rows.append((f"… {stage}, µs a passage (CPU)", lambda r, s=stage: "{:,.0f} ({:,.0f})".format(
            *(seconds / r.passages * 1e6 for seconds in r.stages[s])
        )))  # fmt: skip
    rows += [
        ("builder's memory at most, MB", lambda r: f"{r.peak_mb:,.0f}"),
        ("disk, bytes a passage", lambda r: f"{r.disk_bytes / r.passages:,.0f}"),
        ("load, s (CPU)", lambda r: f"{r.asked['load_s']:.1f} ({r.asked['load_cpu_s']:.1f})"),
        ("memory after the questions, MB: own + mapped files",
         lambda r: f"{r.asked['asked_own_mb']:,.0f} + {r.asked['asked_mapped_mb']:,.0f}"),
        ("recall@10 of the vector index", lambda r: f"{r.recall:.3f}"),
    ]  # fmt: skip
    for name in ("search", "answer"):
        for unit in ("wall", "cpu"):
            rows.append((f"{name}, ms {unit}, p50 / p95", lambda r, n=name, u=unit: " / ".join(
                f"{r.asked[f'{n}_{u}_p{p}_ms']:.1f}" for p in (50, 95)
            )))  # fmt: skip
    head = [f"| passages | {' | '.join(f'{r.passages:,}' for r in results)} |", "| --- |" + " ---: |" * len(results)]
    return "\n".join([*head, *(f"| {name} | " + " | ".join(map(value, results)) + " |" for name, value in rows)])


def curves(results: Sequence[Measured]) -> list[Curve]:
    """Return how each cost grows."""
    def of(value: Callable[[Measured], float]) -> list[tuple[float, float]]:
        return [(r.passages, value(r)) for r in results]

    return [
        Curve("build, s", of(lambda r: r.build_s)),
        Curve("disk, MB", of(lambda r: r.disk_bytes / _MB)),
        Curve("memory, MB", of(lambda r: r.asked["asked_own_mb"] + r.asked["asked_mapped_mb"])),
        Curve("search p95, CPU ms", of(lambda r: r.asked["search_cpu_p95_ms"])),
    ]


def main() -> None:
    """Measure every size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--documents", type=Path, nargs="+", default=[ROOT / "corpus"])
    parser.add_argument("--questions", type=Path, nargs="+", default=[ROOT / "tests" / "data" / "questions.yaml"])
    parser.add_argument("--json", type=Path, help="read what it holds, add what is measured")
    parser.add_argument("--plot", type=Path, help="an SVG")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        print(json.dumps(serve(options.serve, json.load(sys.stdin))))
        return
    results = _known(options.json)
    pieces = real_pieces(options.documents)
    print(f"{len(pieces):,} real sections; those beyond are recombined sentences", file=sys.stderr)
    for size in options.sizes:
        pages = documents(endless(pieces), size)
        with tempfile.TemporaryDirectory() as folder:
            with no_cycles_collected():  # as a build does
                results[size] = measure(pages, Path(folder), questions_on(pages, options.questions))
        del pages
        if options.json:
            options.json.write_text(json.dumps({size: asdict(result) for size, result in results.items()}, indent=1))
    ordered = [results[size] for size in sorted(results)]
    print(table(ordered))
    if options.plot:
        options.plot.write_text(draw(curves(ordered)), "utf-8")


def _known(path: Path | None) -> dict[int, Measured]:
    if path is None or not path.exists():
        return {}
    return {int(size): Measured(**values) for size, values in json.loads(path.read_text()).items()}


if __name__ == "__main__":
    main()
