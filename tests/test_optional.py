"""What is optional costs nothing while it is off."""

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
OPTIONAL = ("openai", "mcp", "mcp_types", "httpx2", "starlette", "uvicorn", "assistant.generation", "assistant.comparison")
OPTIONAL += ("pymilvus", "milvus_lite", "pandas", "pyarrow", "distributed", "dask", "assistant.index.milvus", "assistant.spreading")
ASK = """
import sys
from assistant.cli import main
assert main(["ask", "--config", {config!r}, "what papers were at ECCV?"]) == 0
"""
SERVE = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from serving import serving
from assistant.pipeline import load_assistant
from assistant.settings import load_settings
assistant = load_assistant(load_settings(Path({config!r})))
with serving(lambda: assistant) as client:
    assert client.get("/ask?q=ECCV").status == 200
    assert client.get("/metrics").status == 200
    assert client.get("/v1/models").status == 200
"""
LOADED = "print('loaded:', *[name for name in {optional!r} if name in sys.modules])"


@pytest.mark.parametrize("program", [ASK, SERVE], ids=["ask", "serve"])
def test_with_everything_off_nothing_of_it_is_imported(program: str, settings: Settings, tmp_path: Path):
    config = tmp_path / "assistant.yaml"
    config.write_text(f"corpus: {{path: {settings.corpus.path}}}\nindex: {{path: {settings.index.path}}}\n", "utf-8")
    code = program.format(config=str(config), tests=str(ROOT / "tests")) + LOADED.format(optional=OPTIONAL)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "loaded:"
