"""What an index in Milvus costs: a build and a question, in the assistant's process and in Milvus's.

    python -m benchmarks.milvus --documents corpus --questions tests/data/questions.yaml

Milvus is Milvus Lite as a server in a process of its own, or what --uri names. Times are of the
processor; Milvus Lite is plain Python, so what its process takes says little of Milvus itself,
and what ours takes is what one of many servers takes. Needs requirements-milvus.txt and psutil.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import quantiles

import psutil

from assistant.evaluation import read_cases
from assistant.index.keeping import open_store
from assistant.index.milvus.keeping import MilvusStore
from assistant.pipeline import build, load_assistant
from assistant.schema import Answer
from assistant.settings import CorpusSettings, IndexSettings, Settings

_ASKED = ("search", "hybrid_search", "query")


@contextmanager
def milvus_lite(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run Milvus Lite as a server; yields its address and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = str(Path(sys.executable).parent / "milvus-lite")
    command = [program, "server", "--data-dir", str(folder / "milvus.db"), "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


class Clock:
    """Processor time of this process with its children, and of another one."""

    def __init__(self, other: psutil.Process | None) -> None:
        self._other = other
        self._start = self._now()

    def _now(self) -> tuple[float, float]:
        own, other = psutil.Process().cpu_times(), self._other.cpu_times() if self._other else None
        ours = own.user + own.system + own.children_user + own.children_system
        return ours, other.user + other.system if other else 0.0

    def lap(self) -> tuple[float, float]:
        """Return the seconds of both since the last lap."""
        before, self._start = self._start, self._now()
        return self._start[0] - before[0], self._start[1] - before[1]


def measure(settings: Settings, questions: Path, other: psutil.Process | None) -> tuple[dict, list[Answer]]:
    """Build, load and ask every question once; returns the costs and the answers."""
    clock = Clock(other)
    with closing(open_store(settings.index)) as kept:
        summary = build(settings, kept=kept)
        told: dict = {"passages": summary.passages, "build_s": clock.lap()}
        assistant = load_assistant(settings, kept=kept)
        assistant.warm_up()
        told["load_s"] = clock.lap()
        requests = counted(kept) if isinstance(kept, MilvusStore) else Counter()
        answers, walls = [], []
        for case in read_cases(questions):
            started = time.perf_counter()
            answers.append(assistant.ask(case.question, history=case.history))
            walls.append(1000 * (time.perf_counter() - started))
        lap = clock.lap()
    cuts = quantiles(walls, n=20)
    told |= {
        "questions": len(answers), "cpu_ms_a_question": [1000 * seconds / len(answers) for seconds in lap],
        "wall_ms_p50": cuts[9], "wall_ms_p95": cuts[18],
        "requests_a_question": {name: count / len(answers) for name, count in sorted(requests.items())},
    }  # fmt: skip
    return told, answers


def counted(kept: MilvusStore) -> Counter:
    """Return a counter of the requests that Milvus is sent from now on, and of the rows that come back."""
    client, counts = kept._connection.client, Counter()

    def counting(name: str) -> None:
        real = getattr(client, name)

        def asked(*arguments: object, **options: object) -> list:
            found = real(*arguments, **options)
            counts[name] += 1
            counts["rows"] += len(found) if name == "query" else len(found[0])
            return found

        setattr(client, name, asked)

    for name in _ASKED:
        counting(name)
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=Path, default=Path("corpus"))
    parser.add_argument("--questions", type=Path, default=Path("tests/data/questions.yaml"))
    parser.add_argument("--uri", help="a Milvus server instead of Milvus Lite")
    options = parser.parse_args()
    corpus = CorpusSettings(path=options.documents)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index = IndexSettings(path=folder / "files")
        local, expected = measure(Settings(corpus=corpus, index=index), options.questions, None)
        with milvus_lite(folder) as (uri, process):
            index = IndexSettings(
                path=folder / "milvus", backend="milvus", milvus_uri=options.uri or uri, milvus_alias="benchmark"
            )
            settings = Settings(corpus=corpus, index=index)
            shared, answers = measure(settings, options.questions, None if options.uri else process)
    same = sum((a.text, a.citations) == (b.text, b.citations) for a, b in zip(expected, answers, strict=True))
    print(json.dumps({"files": local, "milvus": shared, "same_answers": same / len(answers)}, indent=1))


if __name__ == "__main__":
    main()
