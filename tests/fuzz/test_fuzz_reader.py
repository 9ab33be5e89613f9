"""Every reader stands a short run of the fuzzer; longer ones are started by hand."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("fuzz_reader.py")
READERS = "rst myst markdown html yaml bibtex csv pdf xlsx docx conf".split()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not made for this Python")
@pytest.mark.parametrize("reader", READERS)
def test_what_the_fuzzer_finds_in_seconds_breaks_no_reader(reader: str, tmp_path: Path):
    command = [sys.executable, str(SCRIPT), reader, "-max_total_time=4", "-seed=1"]
    ran = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=tmp_path, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
