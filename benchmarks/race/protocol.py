"""What every runner of the race speaks: one JSON line in, one JSON line out.

A runner (benchmarks/peers/run_*.py) is a process of its own, in an environment of its own, that
holds one contender:

    {"do": "build", "passages": FILE, "documents": FOLDER, "folder": FOLDER}   makes the index, on disk
    {"do": "load", "folder": FOLDER, "documents": FOLDER}                      an index that was made
    {"do": "ask", "question": TEXT}         what is timed: the answer, or the best passages
    {"do": "search", "question": TEXT}      the ids of the best passages
    {"do": "lexical", "question": TEXT}     the ids that the lexical part alone finds, with a score above 0
    {"do": "ask_many", "questions": [TEXT, …], "threads": N}
    {"do": "update", "removed": [ID, …], "added": FILE}    one document's passages make way for others
    {"do": "save"}                          what the update changed goes to disk
    {"do": "quit"}

Every reply holds ``wall_s`` and ``cpu_s`` of the work alone, ``process_cpu_s`` since the process
began and its ``peak_mb`` so far. Whatever a contender raises ends its process, and so its turn.
This file needs nothing but Python.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Protocol, TextIO

DEPTH = 5  # passages a question is answered with
POOL = 20  # passages that each side hands to a fusion

Message = dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """One passage as all contenders get it: ``text`` begins with its page's title and headings."""

    id: str
    source: str
    text: str


class Contender(Protocol):
    """A system in the race."""

    def build(self, passages: Path, documents: Path, folder: Path) -> None:
        """Make the index and leave it in ``folder``, which is empty."""

    def load(self, folder: Path, documents: Path) -> None:
        """Take up the index that ``build`` left."""

    def ask(self, question: str) -> Message:
        """Return the answer as ``answer`` and ``answered``, or nothing where the best passage is it."""

    def search(self, question: str) -> list[str]:
        """Return the ids of the best passages, at most DEPTH, best first."""

    def lexical(self, question: str) -> list[str]:
        """Return the ids that the lexical part alone finds, at most DEPTH, best first."""

    def update(self, removed: Sequence[str], added: Sequence[Passage]) -> None:
        """Replace one document's passages; the next question is answered from the new ones."""

    def save(self) -> None:
        """Write what ``update`` changed."""


def read_passages(path: Path) -> list[Passage]:
    """Return the passages of a JSON-lines file."""
    with path.open(encoding="utf-8") as lines:
        return [Passage(**json.loads(line)) for line in lines]


def serve(make: Callable[[str], Contender]) -> None:
    """Answer commands until ``quit``; ``make`` is given the setting, "chinese" or "default".

    What a framework prints goes to standard error, so that it cannot get between the replies.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    contender = make(sys.argv[1])
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "quit":
            return
        wall, cpu = perf_counter(), _cpu_s()
        reply = _done(contender, command)
        reply |= {"wall_s": perf_counter() - wall, "cpu_s": _cpu_s() - cpu}
        _say(replies, reply)


def _done(contender: Contender, command: Message) -> Message:
    match command["do"]:
        case "build":
            contender.build(*(Path(command[name]) for name in ("passages", "documents", "folder")))
        case "load":
            contender.load(Path(command["folder"]), Path(command["documents"]))
        case "ask":
            return contender.ask(command["question"])
        case "search":
            return {"ids": contender.search(command["question"])}
        case "lexical":
            return {"ids": contender.lexical(command["question"])}
        case "ask_many":
            with ThreadPoolExecutor(command["threads"]) as threads:
                return {"asked": len(list(threads.map(contender.ask, command["questions"])))}
        case "update":
            contender.update(command["removed"], read_passages(Path(command["added"])))
        case "save":
            contender.save()
        case other:
            raise ValueError(f"no such command: {other}")
    return {}


def _cpu_s() -> float:
    """Return the seconds of processor time of this process, its threads and its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


def _peak_mb() -> float:
    """Return the most memory that was resident; Linux's ``ru_maxrss`` begins with that of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    bytes_a_unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_a_unit / 2**20


def _say(replies: TextIO, reply: Message) -> None:
    reply |= {"process_cpu_s": _cpu_s(), "peak_mb": _peak_mb()}
    replies.write(json.dumps(reply, ensure_ascii=False) + "\n")
    replies.flush()
