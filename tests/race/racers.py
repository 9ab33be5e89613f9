"""Contenders that need no packages."""

import sys
from pathlib import Path

from benchmarks.race.processes import Contender

_SCRIPTS = Path(__file__).resolve().parent / "contenders"


def racer(name: str) -> Contender:
    """Return the contender of a script in contenders/."""
    return Contender(name, Path(sys.executable), _SCRIPTS / f"{name}.py")
