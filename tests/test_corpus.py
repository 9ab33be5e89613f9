"""The default corpus is a sound Sphinx site, and its question sets ask what it says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).resolve().parent / "data"
QUESTIONS: list[dict[str, Any]] = yaml.safe_load((DATA / "questions.yaml").read_text("utf-8"))
PAIRS: list[dict[str, str]] = yaml.safe_load((DATA / "paired_questions.yaml").read_text("utf-8"))


def folded(text: str) -> str:
    """Return ``text`` as answers are compared: lower case, without white space and marks."""
    return "".join(text.lower().split()).replace("`", "").replace("**", "")


@pytest.mark.slow
def test_sphinx_builds_the_corpus_without_a_warning(corpus: Path, tmp_path: Path):
    options = ["-q", "-W", "-b", "html", "-d", str(tmp_path / "trees")]
    command = [sys.executable, "-m", "sphinx", *options, str(corpus), str(tmp_path / "html")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_ids_are_unique():
    for entries in (QUESTIONS, PAIRS):
        ids = [entry["id"] for entry in entries]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("entry", QUESTIONS, ids=lambda entry: entry["id"])
def test_what_a_question_expects_stands_in_its_sources(entry: dict[str, Any], corpus: Path):
    if entry["kind"] == "unanswerable":
        assert not entry["expect"] and not entry["source"]
        return
    assert entry["expect"] and entry["source"]
    for source in entry["source"]:
        text = folded((corpus / source).read_text("utf-8"))
        for alternatives in entry["expect"] if entry["kind"] != "count" else ():
            assert any(folded(words) in text for words in alternatives), (source, alternatives)
