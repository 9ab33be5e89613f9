"""Load and soak of a real server, over the loopback only.

    python -m benchmarks.load --clients 20
    python -m benchmarks.load --clients 20 --different
    python -m benchmarks.load --clients 100
    python -m benchmarks.load --clients 100 --waiting 16        (a queue that overflows)
    python -m benchmarks.load --clients 20 --pause 200
    python -m benchmarks.load --clients 20 --requests 100000    (memory)

Each client asks its next question as soon as it has the answer to the last one, which saturates the
machine whatever it can do, or after a pause. Clients, server and workers share the machine. A tenth
of the requests is malformed.

Visitors ask the same again and again: of the repository's own questions, the n-th is asked 1/n as
often as the first (Zipf). With --different no question is asked twice, so that no answer can be
remembered: the same questions, each in many frames of courtesy.

Meanwhile the index is switched between two generations of the same documents, one of them with a
changed page; each switch empties the workers' memory of answers. Each answer is compared whole
with what the generation that it names answers in this process, which remembers nothing, so that one
that mixes two generations, or two visitors, is seen. A 503 that says when to come back is a refusal,
not an error; any other is.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from assistant.index import store
from assistant.pipeline import Assistant, build, load_assistant
from assistant.server.serialise import answer_body
from assistant.settings import CorpusSettings, IndexSettings, Settings

ROOT = Path(__file__).resolve().parent.parent
_MALFORMED = (
    b"", b"{", b"[]", b"null", b'{"question": 5}', b'{"question": ""}', b'{"question": "a\\u0000"}',
    b'{"question": "\\ud800"}', b'{"question": "a", "history": 1}', b"\xff\xfe", b"[" * 5000,
    json.dumps({"question": "长" * 501}).encode(), b'{"question": "' + b"a" * 20_000 + b'"}',
)  # fmt: skip
_HEAD = b"POST /ask HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_FIRST_WORDS = ("", "请问", "你好，", "Hello, ", "Tell me: ", "想问一下，", "Hi! ", "老师好，", "Quick: ", "麻烦，")
_LAST_WORDS = ("", " 谢谢！", " Thanks!", " 多谢", " Thank you.", " 🙏", " 辛苦了", " Please.", " 急", " Cheers")
_WARM_SHARE = 0.1  # of the requests, before memory is first measured


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One request and what came of it; ``question`` is "" where it was malformed."""

    question: str
    status: int  # 0: the connection failed
    body: bytes
    took_ms: float
    may_return: bool  # the response names a time to come back

    @property
    def is_refusal(self) -> bool:
        """Whether the server was too busy, and said so as it should."""
        return self.status == 503 and self.may_return


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run showed."""

    exchanges: tuple[Exchange, ...]
    switches: int
    seconds: float
    cpu_s: float  # of the server
    memory_first_mb: float
    memory_last_mb: float
    remembered: dict[str, int]  # "hit" or "miss" → questions


class Client:
    """One visitor's connection, kept open; as little Python as possible between two requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, body: bytes) -> tuple[int, bytes, bool]:
        """Return the status, 0 where the connection failed, the body, and whether Retry-After is there."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(_HEAD % len(body) + body)
            return self._receive(self._socket)
        except (OSError, ValueError):
            self.close()
            return 0, b"", False

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _receive(self, connection: socket.socket) -> tuple[int, bytes, bool]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += _some(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        lower = head.lower()
        length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += _some(connection)
        if b"connection: close" in lower:
            self.close()
        return int(head.split()[1]), body, b"\r\nretry-after:" in lower


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("hung up")
    return data


def read_questions() -> list[str]:
    """Return the distinct questions of the repository's own sets, in order."""
    files = sorted((ROOT / "tests" / "data").glob("*questions.yaml"))
    cases = [case for path in files for case in yaml.safe_load(path.read_text("utf-8"))]
    found = [value for case in cases for key, value in sorted(case.items()) if key in ("question", "zh", "en")]
    return list(dict.fromkeys(text for text in found if isinstance(text, str)))


def make_generations(folder: Path) -> tuple[Settings, list[store.Generation]]:
    """Index the default corpus as it is and with one page changed; the first is current."""
    shutil.copytree(ROOT / "corpus", folder / "corpus")
    settings = Settings(corpus=CorpusSettings(path=folder / "corpus"), index=IndexSettings(path=folder / "index"))
    made = []
    page = folder / "corpus" / "index.rst"
    for text in (page.read_text("utf-8"), page.read_text("utf-8").replace("2024", "2031")):
        page.write_text(text, "utf-8")
        build(settings)
        model = store.current_manifest(settings.index.path).model
        made.append(store.load(settings.index.path, model=model))
    store.save(settings.index.path, made[0])
    return settings, made


class Expected:
    """Knows the body that /ask should return, without its time; answers in this process."""

    def __init__(self, settings: Settings, made: list[store.Generation]) -> None:
        self._assistants: dict[str, Assistant] = {}
        self._bodies: dict[tuple[str, str], dict[str, Any]] = {}
        for generation in made:  # the last is current afterwards: its documents lie in the folder
            store.save(settings.index.path, generation)
            assistant = load_assistant(settings)
            self._assistants[assistant.generation] = assistant

    def body(self, generation: str, question: str) -> dict[str, Any]:
        """Return the body of an answer of one generation."""
        if (generation, question) not in self._bodies:
            assistant = self._assistants[generation]
            body = answer_body(assistant.ask(question), index=generation, took_ms=0)
            self._bodies[generation, question] = json.loads(json.dumps(body))
        return self._bodies[generation, question]


@contextlib.contextmanager
def server(
    settings: Settings, folder: Path, *, chosen: dict[str, int], remember: int
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve the corpus by the command that users run; yields the port and the process."""
    config = folder / "assistant.yaml"
    values = {
        "corpus": {"path": str(settings.corpus.path)}, "index": {"path": str(settings.index.path)},
        "journal": {"url": f"sqlite:///{folder}/journal.db"}, "answer": {"cache_entries": remember},
        "server": {"port": 0, "rate_limit": "1000000/second", **chosen},
    }  # fmt: skip
    config.write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "assistant", "serve", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        if "http://" not in line:
            raise SystemExit("the server did not start")
        yield int(line.split("http://")[1].split("/")[0].rpartition(":")[2]), process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Return the memory of the server and its workers, counting what they share once."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    total = 0
    for number in [str(process.pid), *children]:
        rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
        total += int(rollup.split("Pss:")[1].split()[0])
    return total / 1024


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time that the server and its workers have used."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ticks = 0
    for number in [str(process.pid), *children]:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def remembered(port: int) -> dict[str, int]:
    """Return how many questions the workers answered from memory ("hit") and anew ("miss"), by /metrics."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as response:  # noqa: S310 (our own server)
        told = response.read().decode()
    counts = re.findall(r'^assistant_answer_cache_total\{outcome="(\w+)"\} (\S+)', told, re.MULTILINE)
    return {outcome: int(float(count)) for outcome, count in counts}


class Run:
    """One run: clients that share a list of requests, and a switcher that follows their progress."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], requests: list[tuple[str, bytes]]) -> None:
        self._port = port
        self._process = process
        self._requests = requests
        self._next = 0
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    def go(
        self, *, clients: int, pause_s: float, settings: Settings, switches: int
    ) -> Outcome:
        """Send everything; switch the index at equal distances meanwhile."""
        threads = [threading.Thread(target=self._client, args=(number, pause_s)) for number in range(clients)]
        started, used = time.perf_counter(), cpu_s(self._process)
        for thread in threads:
            thread.start()
        warm, first_mb, switched = int(len(self._requests) * _WARM_SHARE), 0.0, 0
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.02)
            if not first_mb and self._next >= warm:
                first_mb = memory_mb(self._process)
            if switched < switches and self._next >= (switched + 0.5) * len(self._requests) / switches:
                switched += 1
                store.roll_back(settings.index.path)  # the one rename of a build that is done
        seconds = time.perf_counter() - started
        used = cpu_s(self._process) - used
        last_mb = memory_mb(self._process)
        return Outcome(
            tuple(self._exchanges), switched, seconds, used, first_mb, last_mb, remembered(self._port)
        )

    def _client(self, number: int, pause_s: float) -> None:
        client, chance = Client(self._port), random.Random(number)  # noqa: S311
        mine: list[Exchange] = []
        while (given := self._take()) is not None:
            question, body = given
            started = time.perf_counter()
            status, answer, may_return = client.ask(body)
            took_ms = 1000 * (time.perf_counter() - started)
            mine.append(Exchange(question, status, answer, took_ms, may_return))
            if pause_s:
                time.sleep(chance.expovariate(1 / pause_s))
        client.close()
        with self._lock:
            self._exchanges += mine

    def _take(self) -> tuple[str, bytes] | None:
        with self._lock:
            if self._next >= len(self._requests):
                return None
            self._next += 1
            return self._requests[self._next - 1]


def make_requests(count: int, questions: list[str], *, different: bool) -> list[tuple[str, bytes]]:
    """Return (question, body) of each request; of every ten, one is malformed.

    As visitors do, the n-th question is asked 1/n as often as the first, unless all are ``different``.
    """
    chance = random.Random(8)  # noqa: S311 (a benchmark)
    questions = chance.sample(questions, len(questions))
    often = [1 / rank for rank in range(1, len(questions) + 1)]
    asked = framed(questions, count) if different else chance.choices(questions, often, k=count)
    made = []
    for number, question in enumerate(asked):
        if number % 10 == 9:
            made.append(("", chance.choice(_MALFORMED)))
        else:
            made.append((question, json.dumps({"question": question}).encode()))
    return made


def framed(questions: list[str], count: int) -> list[str]:
    """Return so many different questions: each of ``questions`` in one frame, then each in the next."""
    frames = [(first, last) for last in _LAST_WORDS for first in _FIRST_WORDS]
    made = dict.fromkeys(f"{first}{question}{last}" for first, last in frames for question in questions)
    if len(made) < count:
        raise SystemExit(f"there are only {len(made)} different questions; ask for fewer --requests")
    return list(made)[:count]


def report(outcome: Outcome, expected: Expected, *, clients: int, workers: int) -> int:
    """Print what a run showed; returns how many requests went wrong."""
    refused = sum(exchange.is_refusal for exchange in outcome.exchanges)
    taken = [exchange for exchange in outcome.exchanges if not exchange.is_refusal]
    asked = [exchange for exchange in taken if exchange.question]
    malformed = [exchange for exchange in taken if not exchange.question]
    statuses = Counter(exchange.status for exchange in asked)
    errors = sum(exchange.status != 200 for exchange in asked)
    errors += sum(exchange.status not in (400, 413) for exchange in malformed)
    mixed, by_generation = 0, Counter[str]()
    for exchange in asked:
        if exchange.status == 200:
            body = {**json.loads(exchange.body), "took_ms": 0}
            by_generation[body["index"]] += 1
            mixed += body != expected.body(body["index"], exchange.question)
    times = sorted(exchange.took_ms for exchange in asked)
    hits, misses = (outcome.remembered.get(name, 0) for name in ("hit", "miss"))
    growth = 100 * (outcome.memory_last_mb / outcome.memory_first_mb - 1)
    print(f"{workers} workers, {clients} clients, {os.cpu_count()} cores")
    print(f"  {len(asked)} questions and {len(malformed)} malformed in {outcome.seconds:.1f} s: "
          f"{len(outcome.exchanges) / outcome.seconds:.0f} requests/s, "
          f"{1000 * outcome.cpu_s / len(outcome.exchanges):.1f} ms of the server's processor time each")  # fmt: skip
    print(f"  errors {errors}, of mixed generations {mixed}; statuses {dict(statuses)}, "
          f"malformed {dict(Counter(e.status for e in malformed))}")  # fmt: skip
    print(f"  refused with Retry-After {refused} ({100 * refused / len(outcome.exchanges):.1f} %); answered from "
          f"memory {hits} of {hits + misses} ({100 * hits / max(1, hits + misses):.1f} %)")  # fmt: skip
    print(f"  p50 {times[len(times) // 2]:.1f} ms, p95 {times[int(0.95 * len(times))]:.1f} ms, "
          f"p99 {times[int(0.99 * len(times))]:.1f} ms, longest {times[-1]:.0f} ms")  # fmt: skip
    print(f"  index switched {outcome.switches} times, answers by generation {dict(by_generation)}")
    print(f"  memory {outcome.memory_first_mb:.0f} → {outcome.memory_last_mb:.0f} MB ({growth:+.1f} %)")
    return errors + mixed


def main() -> int:
    """Run once; exit 1 where a request failed or an answer was mixed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--switches", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="of each worker")
    parser.add_argument("--pause", type=float, default=0, help="ms between an answer and the next question, mean")
    parser.add_argument("--different", action="store_true", help="no question twice")
    parser.add_argument("--waiting", type=int, default=128, help="requests that may wait for a thread of each worker")
    parser.add_argument("--remember", type=int, default=1000, help="answers that each worker remembers; 0: none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings, made = make_generations(folder)
        questions = read_questions()
        expected = Expected(settings, made)
        requests = make_requests(options.requests, questions, different=options.different)
        chosen = {"workers": options.workers, "threads": options.threads, "most_waiting": options.waiting}
        with server(settings, folder, chosen=chosen, remember=options.remember) as (port, process):
            load = os.getloadavg()[0]
            outcome = Run(port, process, requests).go(
                clients=options.clients, pause_s=options.pause / 1000,
                settings=settings, switches=options.switches,
            )  # fmt: skip
        distinct = len({question for question, _ in requests if question})
        print(f"{distinct} distinct questions; load average before {load:.2f}")
        return int(report(outcome, expected, clients=options.clients, workers=options.workers) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
