"""The API keeps what its own description says, also for what nobody would send."""

import subprocess
import sys
from pathlib import Path

import pytest
from serving import FakeAssistant, serving

MAX_EXAMPLES = 40  # for each operation and phase


@pytest.mark.slow
def test_no_request_breaks_what_the_description_promises(tmp_path: Path):
    command = (
        sys.executable, "-m", "schemathesis.cli", "run", "--checks", "all", "--max-examples", str(MAX_EXAMPLES),
        "--generation-deterministic", "--no-color", "--workers", "1",
    )  # fmt: skip
    with serving(FakeAssistant) as client:
        command = (*command, f"{client.url}openapi.json")
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    assert "No issues found" in result.stdout, result.stdout[-3000:]
