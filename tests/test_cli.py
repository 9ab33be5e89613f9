"""The command line: what it prints, what it returns, and never a traceback."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from assistant.cli import main
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
BODY = [
    "id", "question", "language", "answered", "kind", "answer", "items", "citations", "suggestions",
    "confidence", "method", "index", "took_ms",
]  # fmt: skip
CITATION = {"number", "title", "heading_path", "source", "line", "url", "quote"}
SUMMARY = {"files", "published", "orphans", "placeholders", "passages", "records", "warnings", "seconds"}
PAGE = "# 招聘\n\n我们常年招收实习生，请发邮件到 join@lab.example。\n"


@dataclass(frozen=True)
class Run:
    """One run of the command line."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Return a function that runs the command line in this process."""

    def call(*arguments: str | Path) -> Run:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse tells of wrong usage so
            code = int(ended.code or 0)
        return Run(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def config(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration over the default corpus with its index built."""
    return write_config(tmp_path_factory.mktemp("config"), settings.corpus.path, settings.index.path)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A configuration over a corpus of one page, without an index yet."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "join.md").write_text(PAGE, "utf-8")
    return write_config(tmp_path, tmp_path / "corpus", tmp_path / "index")


def write_config(folder: Path, corpus: Path, index: Path) -> Path:
    path = folder / "assistant.yaml"
    path.write_text(yaml.safe_dump({"corpus": {"path": str(corpus)}, "index": {"path": str(index)}}), "utf-8")
    return path


def write_set(folder: Path, *entries: dict[str, object]) -> Path:
    path = folder / "set.yaml"
    path.write_text(yaml.safe_dump(list(entries), allow_unicode=True), "utf-8")
    return path


def process(*arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "assistant", *arguments]
    return subprocess.run(
        command, capture_output=True, check=False, cwd=ROOT, env={**os.environ, **environment}, timeout=300
    )


def check_complaint(ran: Run, *words: str) -> None:
    """Check that a run ended with 1 and one sentence that holds ``words``."""
    assert ran.code == 1
    [line] = [line for line in ran.err.splitlines() if line.strip()]
    assert line.startswith("lab-assistant: ") and "Traceback" not in ran.err + ran.out
    assert all(word in line for word in words), line


@pytest.mark.parametrize("question", ["what papers were at ECCV?", "ECCV 上有哪些论文"])
def test_ask_prints_the_answer_and_its_sources(question: str, run, config: Path):
    ran = run("ask", "--config", config, question)
    assert ran.code == 0 and not ran.err
    assert "Fisheye-GS" in ran.out and "PackMamba" in ran.out
    assert "[1] " in ran.out and "index.rst:" in ran.out


@pytest.mark.parametrize("question", ["what papers were at ECCV?", "食堂几点开门？"])
def test_ask_as_json_has_the_fields_of_the_contract(question: str, run, config: Path):
    ran = run("ask", "--json", "--config", config, question)
    body = json.loads(ran.out)
    assert ran.code == 0 and not ran.err
    assert list(body) == BODY
    assert body["question"] == question
    assert all(CITATION <= set(citation) for citation in body["citations"])
    assert all(set(item) == {"fields", "citation"} for item in body["items"])
    assert body["answered"] is (question.isascii())


def test_ask_answers_in_the_language_asked_for(run, config: Path):
    ran = run("ask", "--json", "--language", "zh", "--config", config, "what papers were at ECCV?")
    assert json.loads(ran.out)["language"] == "zh"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("x" * 100_000, "100000 characters"),
        ("论文\x00", "characters that are not text"),
        ("\ud800论文", "characters that are not text"),
    ],
)
def test_a_question_that_cannot_be_used_is_one_sentence(question: str, words: str, run, config: Path):
    check_complaint(run("ask", "--config", config, question), words)


def test_bytes_that_are_not_text_are_one_sentence(config: Path):
    ran = process("ask", "--config", str(config), b"\xff\xfe")
    check_complaint(Run(ran.returncode, ran.stdout.decode(), ran.stderr.decode()), "not text")


def test_a_terminal_without_chinese_is_served_too(config: Path):
    ran = process("ask", "--config", str(config), "ECCV 上有哪些论文", PYTHONIOENCODING="ascii")
    assert ran.returncode == 0 and not ran.stderr
    assert b"Fisheye-GS" in ran.stdout


def test_a_reader_that_goes_away_is_no_failure_to_tell(config: Path):
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "assistant", "ask", "--config", str(config), "ECCV?"]
    ran = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, check=False, cwd=ROOT)
    os.close(write_end)
    assert ran.returncode == 1 and not ran.stderr


@pytest.mark.parametrize("command", [["ask", "论文"], ["build"], ["serve"], ["eval", "set.yaml"]])
def test_a_corpus_that_is_not_there_is_one_sentence(command: list[str], run, tmp_path: Path):
    config = write_config(tmp_path, tmp_path / "absent", tmp_path / "index")
    check_complaint(run(*command, "--config", config), f"{config}:2: 'corpus.path' names no folder")


@pytest.mark.parametrize("command", [["ask", "论文"], ["build"], ["serve"]])
def test_an_empty_corpus_is_one_sentence(command: list[str], run, tmp_path: Path):
    (tmp_path / "corpus").mkdir()
    config = write_config(tmp_path, tmp_path / "corpus", tmp_path / "index")
    check_complaint(run(*command, "--config", config), str(tmp_path / "corpus"))


def test_a_wrong_key_is_one_sentence(run, tmp_path: Path):
    config = tmp_path / "assistant.yaml"
    config.write_text("corpus:\n  path: .\n  paht: docs\n", "utf-8")
    check_complaint(run("build", "--config", config), f"{config}:3: unknown key 'corpus.paht'")


def test_a_configuration_that_is_not_there_is_one_sentence(run, tmp_path: Path):
    check_complaint(run("ask", "--config", tmp_path / "absent.yaml", "论文"), "no such configuration file")


@pytest.mark.parametrize("name", ["vectors.faiss", "passages.jsonl", "lexical/data.npy"])
def test_a_damaged_index_is_one_sentence_until_it_is_built_again(name: str, run, small: Path, tmp_path: Path):
    assert run("build", "--config", small).code == 0
    [path] = (tmp_path / "index").glob(f"*/{name}")
    path.write_bytes(b"damaged")
    check_complaint(run("ask", "--config", small, "论文"), name, "run 'python -m assistant build' again")
    assert run("build", "--config", small).code == 0
    assert run("ask", "--config", small, "邮箱").code == 0


def test_a_damaged_manifest_is_built_anew(run, small: Path, tmp_path: Path):
    run("build", "--config", small)
    [path] = (tmp_path / "index").glob("*/manifest.json")
    path.write_text("{", "utf-8")
    ran = run("ask", "--config", small, "实习的邮箱是什么？")
    assert ran.code == 0 and "join@lab.example" in ran.out


def test_an_index_that_cannot_be_written_is_one_sentence(run, small: Path, tmp_path: Path):
    (tmp_path / "index").write_text("a file")
    check_complaint(run("build", "--config", small), "cannot be written")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["ask"],
        ["ask", "a", "b"],
        ["ask", "--language", "fr", "a"],
        ["eval"],
        ["eval", "--min", "many", "set.yaml"],
        ["serve", "--port", "many"],
        ["build", "--unknown"],
    ],
)
def test_wrong_usage_returns_2(arguments: list[str], run):
    ran = run(*arguments)
    assert ran.code == 2 and "usage:" in ran.err


@pytest.mark.parametrize("arguments", [["--port", "99999"], ["--port", "-1"], ["--workers", "0"]])
def test_a_number_out_of_range_is_wrong_usage(arguments: list[str], run, small: Path):
    ran = run("serve", "--config", small, *arguments)
    assert ran.code == 2 and arguments[0] in ran.err and "Traceback" not in ran.err


def test_help_is_done(run):
    assert run("--help").code == 0
    assert run("build", "--help").code == 0


def test_ask_builds_an_index_where_there_is_none(run, small: Path):
    ran = run("ask", "--config", small, "实习的邮箱是什么？")
    assert ran.code == 0 and "join@lab.example" in ran.out
    assert ran.err.startswith("indexed ")


def test_build_prints_what_it_read_and_skipped(run, small: Path, tmp_path: Path):
    (tmp_path / "corpus" / "old.doc").write_bytes(b"\xd0\xcf")
    ran = run("build", "--config", small)
    assert ran.code == 0
    assert all(words in ran.out for words in ("join.md", "published", "old.doc", "skipped", "1 files"))


def test_build_counts_warnings_by_code_and_tells_conflicts(run, small: Path, tmp_path: Path):
    for name, seats in (("a", 3), ("b", 5)):
        (tmp_path / "corpus" / f"{name}.md").write_text(f"| 导师 | 名额 |\n| --- | --- |\n| 王老师 | {seats} |\n", "utf-8")
        (tmp_path / "corpus" / f"{name}.pdf").write_bytes(b"%PDF-1.4 broken")
    ran = run("build", "--config", small)
    assert "a.md:3 conflict 名额: 3 here, 5 at b.md:3" in ran.out
    assert "a.pdf:0 unreadable" in ran.out and re.search(r"unreadable\W+2\W+2\b", ran.out)
    body = json.loads(run("build", "--json", "--config", small).out)
    assert [told["code"] for told in body["warnings"]] == ["unreadable"] * 2
    assert [[one["value"] for one in told["statements"]] for told in body["conflicts"]] == [["3", "5"]]


def test_build_as_json_sums_up(run, small: Path):
    ran = run("build", "--json", "--config", small)
    body = json.loads(ran.out)
    assert ran.code == 0 and not ran.err
    assert set(body) >= SUMMARY
    assert (body["files"], body["published"], body["orphans"], body["placeholders"]) == (1, 1, 0, 0)


@pytest.mark.parametrize(("minimum", "code"), [("0.5", 0), ("0.75", 0), ("0.9", 1), ("1", 1)])
def test_eval_returns_1_below_the_minimum(minimum: str, code: int, run, config: Path, tmp_path: Path):
    entry = {"question": "what papers were at ECCV?", "kind": "list", "expect": [["Fisheye-GS"], ["PackMamba"]]}
    wrong = {**entry, "expect": [["nothing of the kind"]]}
    path = write_set(tmp_path, entry, entry, entry, wrong)
    ran = run("eval", "--min", minimum, "--config", config, path)
    assert ran.code == code
    assert "0.75  (3 of 4)" in ran.out and "by kind: list 3/4" in ran.out and "Traceback" not in ran.err


def test_eval_prints_misses_when_asked(run, config: Path, tmp_path: Path):
    path = write_set(tmp_path, {"id": "q-1", "question": "ECCV 论文", "expect": [["nothing of the kind"]]})
    assert "nothing of the kind" in run("eval", "--misses", "--config", config, path).out
    assert "nothing of the kind" not in run("eval", "--config", config, path).out


def test_eval_as_json_is_one_report_for_each_set(run, config: Path, tmp_path: Path):
    path = write_set(tmp_path, {"question": "ECCV 论文", "kind": "list", "expect": [["no"]]})
    ran = run("eval", "--json", "--config", config, path, path)
    reports = json.loads(ran.out)
    assert [report["set"] for report in reports] == [str(path)] * 2
    assert {"right", "abstained", "cited", "by_kind", "by_language", "median_ms", "misses"} <= set(reports[0])
    assert reports[0]["by_kind"] == {"list": [0, 1]}


@pytest.mark.parametrize("content", [None, "", "- [", "- {question: ''}"])
def test_a_question_set_that_cannot_be_used_is_one_sentence(content: str | None, run, config: Path, tmp_path: Path):
    path = tmp_path / "set.yaml"
    if content is not None:
        path.write_text(content, "utf-8")
    check_complaint(run("eval", "--config", config, path), str(path))


def test_a_port_that_is_taken_is_one_sentence(run, config: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check_complaint(run("serve", "--config", config, "--port", str(port)), str(port), "choose another")


def test_serve_answers_until_it_is_interrupted(config: Path):
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0", "--config", str(config)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    try:
        with io.TextIOWrapper(server.stdout, "utf-8") as out:
            line = out.readline()
            address = next(word for word in line.split() if word.startswith("http://"))
            query = urllib.parse.urlencode({"q": "ECCV 上有哪些论文"})
            with urllib.request.urlopen(f"{address}ask?{query}", timeout=60) as reply:
                body = json.load(reply)
        assert list(body) == BODY and len(body["items"]) == 2
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=60)
        assert server.returncode in (0, 130) and b"Traceback" not in err
    finally:
        server.kill()
        server.communicate()
