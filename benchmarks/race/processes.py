"""A contender's process: started cold, told commands, and timed from outside."""

import contextlib
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent.parent
ASSISTANT = "lab_assistant"
RUNNERS = _ROOT / "benchmarks" / "peers"

# The same for all: one thread of linear algebra a question, nothing fetched, nobody told.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "PYTHONWARNINGS": "ignore",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "",  # compiled at the first start, not at each
    "PYTHONPATH": str(_ROOT),  # the protocol and the embedding model
}

Message = dict[str, Any]


class ContenderFailed(Exception):
    """A contender's process ended in the middle of a command."""


@dataclass(frozen=True)
class Contender:
    """Who races: its name, its interpreter and the script that runs it."""

    name: str
    python: Path
    script: Path
    gives_whole_answers: bool = False  # else what it is asked for is its best passages

    @classmethod
    def of(cls, name: str, python: Path) -> "Contender":
        """Return the contender whose runner stands in benchmarks/peers."""
        return cls(name, python, RUNNERS / f"run_{name}.py", name == ASSISTANT)


class Process:
    """One process of a contender; leaving the ``with`` ends it."""

    def __init__(self, contender: Contender, setting: str = "chinese") -> None:
        self._contender = contender
        self._setting = setting
        self.peak_mb = 0.0  # resident at most, by its last reply

    def __enter__(self) -> "Process":
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._started = perf_counter()
        self._process = subprocess.Popen(
            [self._contender.python, self._contender.script, self._setting],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, encoding="utf-8",
            env=os.environ | _ENVIRONMENT,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(BrokenPipeError):  # it may have ended by itself
            if kind is None:
                self._process.stdin.write('{"do": "quit"}\n')
            else:
                self._process.kill()
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def say(self, command: str, **values: object) -> Message:
        """Send one command and return its reply. Raises ContenderFailed."""
        line = json.dumps({"do": command, **values}, ensure_ascii=False, default=str)
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            reply = self._process.stdout.readline()
        except BrokenPipeError:
            reply = ""
        if not reply:
            raise ContenderFailed(f"{self._contender.name}: {command}: {self._last_words()}")
        values: Message = json.loads(reply)
        self.peak_mb = values["peak_mb"]
        return values

    @property
    def age_s(self) -> float:
        """Seconds since the process was started."""
        return perf_counter() - self._started

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"ended with {self._process.returncode}"
