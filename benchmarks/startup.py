"""What a cold process costs until its first answer: processor time and memory, of ``ask`` and ``serve``.

    python -m benchmarks.startup
    python -m benchmarks.startup --runs 9 --config assistant.yaml

Each number is the median of as many fresh processes, with the index there and current. Processor
time is user and system time of the whole process, its end included; memory is the largest resident
size it ever had. Beside other work on the machine both cores' caches are shared: times grow by up to
a half, memory stays. Linux only, where a process tells its own memory.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = {
    "English": "what papers were at ECCV?",
    "Chinese": "高性能计算团队做什么？",
    "mixed": "Fisheye-GS 是哪个会议的论文？",
    "a name in Latin letters": "What is the email of Prof. Zhilin Pei?",
    "a name not there": "欧阳伟明老师的邮箱是什么？",
}
_ADDRESS = re.compile(r"http://\S+")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu_s: float
    wall_s: float
    memory_mb: float


@dataclass(frozen=True)
class Stage:
    """What one part of a process added."""

    name: str
    cpu_ms: float
    memory_mb: float


def ask_cold(question: str, options: list[str]) -> Cost:
    """Answer one question in a new process."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "assistant", "ask", *options, question]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed; see above.")
    return Cost(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024)


def serve_cold(question: str, options: list[str]) -> tuple[Cost, float]:
    """Start a server and ask once; returns its cost until then, and its first answer's milliseconds.

    The memory is what is resident after the answer.
    """
    import urllib.parse  # here, so that they are in no stage
    import urllib.request

    started = time.perf_counter()
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            address = _ADDRESS.search(process.stdout.readline() if process.stdout else "")
            if address is None:
                raise SystemExit(f"{' '.join(command)} did not start; see above.")
            asked = time.perf_counter()
            url = f"{address[0].rstrip('/')}/ask?q={urllib.parse.quote(question)}"
            with urllib.request.urlopen(url, timeout=60) as reply:  # noqa: S310 (our own address)
                reply.read()
            answered = time.perf_counter()
            return Cost(_cpu_s(process.pid), asked - started, _resident_mb(process.pid)), 1000 * (answered - asked)
        finally:
            process.terminate()


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_mb(process: int | str) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE_MB


def stages(question: str, options: list[str]) -> tuple[Stage, ...]:
    """Return what each part of a new process cost, in order."""
    command = [sys.executable, "-m", "benchmarks.startup", "--stages", question, *options]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout
    return tuple(Stage(**stage) for stage in json.loads(told))


def take_stages(question: str, config: Path | None) -> list[Stage]:
    """Answer ``question`` in this process, part by part; whatever is imported before counts as the first."""
    found: list[Stage] = []
    spent_s, held_mb = 0.0, 0.0

    def done(name: str) -> None:
        nonlocal spent_s, held_mb
        now_s, now_mb = time.process_time(), _resident_mb("self")
        found.append(Stage(name, 1000 * (now_s - spent_s), now_mb - held_mb))
        spent_s, held_mb = now_s, now_mb

    done("Python, and what this benchmark imports")
    from assistant import cli  # noqa: F401 (what the command line imports)
    from assistant.settings import load_settings

    settings = load_settings(config)
    done("command line and settings")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does
    import numpy  # noqa: F401, ICN001

    done("numpy")
    from assistant.segmenting import segmenter

    segmenter()
    done("jieba and its dictionary")
    from assistant import pipeline

    done("all other imports")
    pipeline.is_current(settings)
    done("is the index current?")
    resources = pipeline.Resources.load(settings)
    done("model and word tables opened")
    assistant = pipeline.load_assistant(settings, resources=resources)
    done("index checked and loaded")
    assistant.ask(question)
    done("the answer")
    return found


def _median_cost(costs: list[Cost]) -> Cost:
    middle = (statistics.median(getattr(cost, name) for cost in costs) for name in Cost.__dataclass_fields__)
    return Cost(*middle)


def _tell_asking(runs: int, options: list[str]) -> None:
    print(f"\n{'ask':26}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for name, question in QUESTIONS.items():
        cost = _median_cost([ask_cold(question, options) for _ in range(runs)])
        print(f"{name:26}{cost.cpu_s:8.2f}{cost.wall_s:8.2f}{cost.memory_mb:9.0f}")


def _tell_stages(runs: int, options: list[str]) -> None:
    taken = [stages(QUESTIONS["Chinese"], options) for _ in range(runs)]
    print(f"\n{'by stage (Chinese)':42}{'CPU ms':>8}{'+ MB':>8}")
    for one in zip(*taken, strict=True):
        cpu_ms = statistics.median(stage.cpu_ms for stage in one)
        memory_mb = statistics.median(stage.memory_mb for stage in one)
        print(f"{one[0].name:42}{cpu_ms:8.0f}{memory_mb:8.1f}")


def _tell_serving(runs: int, options: list[str]) -> None:
    print(f"\n{'serve':26}{'CPU s':>8}{'ready s':>8}{'MB':>9}{'first answer ms':>18}")
    for name in ("English", "Chinese"):
        taken = [serve_cold(QUESTIONS[name], options) for _ in range(runs)]
        cost = _median_cost([cost for cost, _ in taken])
        first_ms = statistics.median(first_ms for _, first_ms in taken)
        print(f"{name:26}{cost.cpu_s:8.2f}{cost.wall_s:8.2f}{cost.memory_mb:9.0f}{first_ms:18.1f}")


def main() -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="processes for each number (default: 5)")
    parser.add_argument("--config", type=Path, help="settings (default: assistant.yaml)")
    parser.add_argument("--stages", metavar="QUESTION", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stages:
        print(json.dumps([vars(stage) for stage in take_stages(arguments.stages, arguments.config)]))
        return 0
    options = ["--config", str(arguments.config.resolve())] if arguments.config else []
    ask_cold(QUESTIONS["English"], options)  # builds the index where it is not current, fills the disk cache
    print(f"medians of {arguments.runs} processes; load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
    _tell_asking(arguments.runs, options)
    _tell_stages(arguments.runs, options)
    _tell_serving(arguments.runs, options)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
