"""Virtual environments of the contenders: one each, made once, and what it weighs."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import AssistantError
from benchmarks.race.processes import ASSISTANT, RUNNERS, Contender

PEERS = ("bm25s", "txtai", "langchain", "llamaindex", "haystack")
_REQUIREMENTS = Path(__file__).resolve().parent.parent.parent / "requirements.txt"
_STAMP = "race.json"
_OPTIONAL = re.compile(r"^(torch|sentence-transformers)\b")  # of the assistant: for other embedding models
_TORCH = re.compile(r"^(torch|torchgen|functorch|triton|nvidia)\b")
_TOOLS = re.compile(r"^(pip|setuptools|_distutils_hack|pkg_resources|distutils-precedence|wheel)\b")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


@dataclass(frozen=True)
class Weight:
    """What an environment holds, in MB of site-packages without pip and compiled caches."""

    version: str  # of the package the requirements name first; "" for the assistant
    installed_mb: float  # all of it
    torch_mb: float  # of that, PyTorch
    needed_mb: float  # without what is optional; the same for who has nothing optional


def prepare(name: str, folder: Path, tell: Callable[[str], None]) -> tuple[Contender, Weight]:
    """Make the environment below ``folder``, unless it is there as its requirements say.

    Raises AssistantError where pip fails.
    """
    file = _REQUIREMENTS if name == ASSISTANT else RUNNERS / f"{name}.txt"
    required = file.read_text("utf-8")
    home = folder / name
    contender = Contender.of(name, home / "bin" / "python")
    stamp = home / _STAMP
    digest = hashlib.sha256(required.encode()).hexdigest()
    if stamp.exists():
        made = json.loads(stamp.read_text("utf-8"))
        if made.pop("requirements") == digest:
            return contender, Weight(**made)
    tell(f"installing {name} into {home}")
    _run(sys.executable, "-m", "venv", "--clear", home)
    weight = _install(contender, _lines(required))
    stamp.write_text(json.dumps({"requirements": digest, **asdict(weight)}), "utf-8")
    return contender, weight


def _install(contender: Contender, lines: Sequence[str]) -> Weight:
    """Install what is needed, weigh it, then install what is optional, which only the assistant has."""
    is_peer = contender.name != ASSISTANT
    _pip(contender, [line for line in lines if is_peer or not _OPTIONAL.match(line)])
    needed_mb = _size_mb(contender)
    if not is_peer:
        _pip(contender, lines)
    pin = _PIN.match(lines[0])
    version = pin[2] if is_peer and pin else ""
    return Weight(version, _size_mb(contender), _size_mb(contender, only=_TORCH), needed_mb)


def _lines(required: str) -> list[str]:
    lines = (line.split("#")[0].strip() for line in required.splitlines())
    return [line for line in lines if line]


def _pip(contender: Contender, lines: Sequence[str]) -> None:
    _run(contender.python, "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", *lines)


def _run(*command: object) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise AssistantError(f"{command[0]}: {last}; the network may be away, or a pin may be gone.")


def _size_mb(contender: Contender, *, only: re.Pattern[str] | None = None) -> float:
    [packages] = (contender.python.parent.parent / "lib").glob("python3*/site-packages")
    return sum(
        path.stat().st_size
        for top in packages.iterdir()
        if not _TOOLS.match(top.name) and (only is None or only.match(top.name))
        for path in ([top] if top.is_file() else top.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ) / 1e6
