"""Known flaws in pinned packages, as PyPI's advisory service tells them."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Flaws of it have been known since 2020: a service that knows of none does not know its business.
CANARY = "PyYAML==5.3"


def known_flaws(files: Sequence[Path], *, options: Sequence[str] = ()) -> tuple[str, ...] | None:
    """Return "package version: advisory" of each flaw; None where the service cannot be relied on.

    That is so where it cannot be reached, and where it does not know what it has to know: a
    package index's mirror may answer in its place. ``options`` are pip-audit's own.
    """
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text(f"{CANARY}\n")
        if not _audited([canary], options):
            return None
    return _audited(files, options)


def _audited(files: Sequence[Path], options: Sequence[str]) -> tuple[str, ...] | None:
    named = [part for file in files for part in ("--requirement", str(file))]
    command = [sys.executable, "-m", "pip_audit", *named, "--no-deps", "--disable-pip", "--strict", "--format", "json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=600)
    try:
        told = json.loads(done.stdout)
    except ValueError:  # it says what kept it from knowing, on standard error
        return None
    return tuple(
        f"{package['name']} {package['version']}: {flaw['id']}"
        for package in told["dependencies"]
        for flaw in package["vulns"]
    )
