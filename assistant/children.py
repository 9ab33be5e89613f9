"""Starts this program's own child processes with exactly the settings of their parent."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from assistant.settings import Settings


def start_child(
    module: str,
    settings: Settings,
    *,
    pass_fds: Sequence[int] = (),
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Run ``main()`` of ``module`` in a new process; its standard input carries the settings.

    The input stays open as long as the parent lives: a child that sees its end knows. The child's
    standard output is a pipe; its log goes where the parent's goes.
    """
    code = f"import sys; from {module} import main; sys.exit(main(sys.argv[1:]))"
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=pass_fds,
        env={**_environment(), **(environment or {})},
    )
    assert child.stdin is not None
    child.stdin.write(settings.model_dump_json(exclude_defaults=True).encode() + b"\n")
    child.stdin.flush()
    return child


def settings_from_parent(stream: BinaryIO) -> Settings:
    """Return what ``start_child`` sent."""
    return Settings.model_validate_json(stream.readline())


def _environment() -> dict[str, str]:
    """Return the environment without the settings in it: the parent has weighed them already."""
    sections = {f"ASSISTANT_{name.upper()}" for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper().partition("__")[0] not in sections}
    return {**kept, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
