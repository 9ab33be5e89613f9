"""The README shows what the assistant really says."""

import re
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.settings import Settings

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
SHOWN = re.findall(r'^```console\n\$ \S+ ask "([^"\n]+)"\n(.+?)^```$', README, re.MULTILINE | re.DOTALL)
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


@pytest.mark.parametrize("path", LINKED)
def test_a_linked_file_is_there(path: str):
    assert (Path(__file__).resolve().parent.parent / path).exists()
