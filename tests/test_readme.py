"""The README shows what the assistant really says."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Client, serving

from assistant.cli import main
from assistant.pipeline import Assistant
from assistant.settings import Settings

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
SHOWN = re.findall(r'^```console\n\$ \S+ ask "([^"\n]+)"\n(.+?)^```$', README, re.MULTILINE | re.DOTALL)
CURL = re.findall(r"^(curl .+)$", README, re.MULTILINE)
CLIENT = re.findall(r"^```python\n(from assistant\.client .+?)^```$", README, re.MULTILINE | re.DOTALL)
LINKED = sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", README)))


def test_the_readme_shows_answers():
    assert len(SHOWN) >= 2


@pytest.mark.parametrize(("question", "shown"), SHOWN)
def test_a_shown_answer_is_what_is_printed(
    question: str,
    shown: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("ASSISTANT_CORPUS__PATH", str(settings.corpus.path))
    monkeypatch.setenv("ASSISTANT_INDEX__PATH", str(settings.index.path))
    assert main(["ask", question]) == 0
    assert capsys.readouterr().out == shown, "paste what the command prints now into README.md"


@pytest.fixture(scope="module")
def server(assistant: Assistant) -> Iterator[Client]:
    with serving(lambda: assistant) as running:
        yield running


@pytest.mark.parametrize("line", CURL)
def test_a_shown_curl_line_is_answered(line: str, server: Client):
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    command = line.replace("http://127.0.0.1:8000/", server.url)
    result = subprocess.run(["sh", "-c", f"{command} --silent --fail"], capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    assert b'"answered":true' in result.stdout


def test_the_shown_client_lines_print_an_answer(server: Client):
    [code] = CLIENT
    code = code.replace("http://127.0.0.1:8000", server.url)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "Fisheye-GS" in result.stdout


@pytest.mark.parametrize("path", LINKED)
def test_a_linked_file_is_there(path: str):
    assert (Path(__file__).resolve().parent.parent / path).exists()
