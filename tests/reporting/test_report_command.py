"""``python -m assistant report``: Markdown on the terminal, a page in a file, and nothing slower for the rest."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from serving import FakeAssistant

from assistant.cli import main
from assistant.journal import Journal
from assistant.settings import Settings


@pytest.fixture
def config(settings: Settings, tmp_path: Path) -> Path:
    """A configuration over the default corpus, with one unanswered question in its journal."""
    path = tmp_path / "assistant.yaml"
    parts = {"corpus": {"path": str(settings.corpus.path)}, "index": {"path": str(settings.index.path)}}
    path.write_text(yaml.safe_dump({**parts, "journal": {"url": "sqlite:///journal.db"}}), "utf-8")
    journal = Journal.open(f"sqlite:///{tmp_path}/journal.db")
    journal.asked(FakeAssistant().ask("nothing about parking?"), answer_id="a" * 16, generation="g", took_ms=1)
    journal.close()
    return path


def test_the_report_is_markdown(config, capsys):
    assert main(["report", "--config", str(config), "--language", "en", "--days", "7"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# Webmaster’s desk\n") and "the last 7 days" in out
    assert "- **nothing about parking?** (1×)" in out
    assert "### Past dates still announced (2)" in out and "over since 2025\\-12\\-31" not in out


@pytest.mark.parametrize(("spoken", "title"), [("zh_CN.UTF-8", "# 站长工作台"), ("de_DE.UTF-8", "# Webmaster’s desk")])
def test_the_report_speaks_the_terminals_language(config, capsys, monkeypatch, spoken, title):
    monkeypatch.setenv("LC_ALL", spoken)
    assert main(["report", "--config", str(config)]) == 0
    assert capsys.readouterr().out.startswith(title)


def test_the_report_as_a_page_is_one_file(config, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["report", "--config", str(config), "--html", str(page), "--language", "zh"]) == 0
    text = page.read_text("utf-8")
    assert text.lstrip().startswith("<!doctype html>") and "nothing about parking?" in text
    assert "<form" not in text and "<link" not in text and "<style>" in text
    assert capsys.readouterr().out == ""


def test_a_page_that_cannot_be_written_is_one_sentence(config, tmp_path, capsys):
    assert main(["report", "--config", str(config), "--html", str(tmp_path / "no" / "report.html")]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "report.html: cannot be written" in told


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999"])
def test_days_that_are_none_are_wrong_usage(config, days):
    with pytest.raises(SystemExit) as ended:
        main(["report", "--config", str(config), "--days", days])
    assert ended.value.code == 2


@pytest.mark.slow
def test_asking_imports_nothing_of_the_desk(config):
    program = (
        "import sys, json; from assistant.cli import main; "
        f"main(['ask', 'ECCV papers', '--config', {str(config)!r}]); "
        "print(json.dumps(sorted(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    loaded = set(json.loads(ran.stdout.splitlines()[-1]))
    assert loaded & {"jinja2", "sqlalchemy", "alembic", "scipy.cluster", "flask"} == set() and "assistant" in loaded
