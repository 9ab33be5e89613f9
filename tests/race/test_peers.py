"""The referee as a command."""

import json
import sys
from pathlib import Path

import pytest
import yaml
from racers import racer

from assistant.errors import AssistantError
from benchmarks import peers
from benchmarks.race.environments import Weight
from benchmarks.race.processes import ASSISTANT, Contender
from benchmarks.race.telling import Telling

ABOUT = Path(peers.__file__).parent / "peers" / "contenders.yaml"


def question_set(path: Path, *questions: str) -> Path:
    path.write_text(yaml.safe_dump([{"question": q, "expect": [["孙鹏"]]} for q in questions], allow_unicode=True), "utf-8")
    return path


def test_questions_of_all_sets_are_mixed_once_each_and_begin_with_a_chinese_one(tmp_path: Path):
    first = question_set(tmp_path / "a.yaml", *(f"who is number {n}?" for n in range(15)))
    second = question_set(tmp_path / "b.yaml", "who is number 1?", *(f"第 {n} 号是谁？" for n in range(15)))
    mixed = peers.mixed_questions([first, second])
    assert mixed[:3] == ["第 0 号是谁？", "who is number 0?", "who is number 1?"]
    assert len(mixed) == len(set(mixed)) == 30


def test_too_few_questions_are_no_race(tmp_path: Path):
    with pytest.raises(AssistantError, match="too few"):
        peers.mixed_questions([question_set(tmp_path / "a.yaml", "一", "二")])


def entered(name: str, folder: Path, tell: object) -> tuple[Contender, Weight]:
    """Stand for environments.prepare: the assistant as it is here, and for a peer one that needs nothing."""
    if name == ASSISTANT:
        return Contender.of(name, Path(sys.executable)), Weight("", 500, 200, 300)
    honest = racer("honest")
    return Contender(name, honest.python, honest.script), Weight("1.0", 10, 0, 10)


@pytest.mark.slow
def test_a_whole_race_gives_results_that_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "index.md").write_text("# 研究组\n\n联合培养博士的导师是孙鹏。\n\n## 论文\n\n这篇论文研究编译器。\n", "utf-8")
    questions = question_set(tmp_path / "lab.yaml", *(f"第 {n} 位联合培养博士的导师是谁？" for n in range(22)))
    results = tmp_path / "results" / "peers.json"
    monkeypatch.setattr(peers, "prepare", entered)
    monkeypatch.setattr(sys, "argv", [
        "peers.py", "--only", "bm25s", "--rounds", "1", "--passages", "0", "--results", str(results),
        "--set", str(documents), str(questions),
    ])  # fmt: skip
    assert peers.main() == 0
    found = json.loads(results.read_text("utf-8"))
    for name in (ASSISTANT, "bm25s"):
        assert not found["contenders"][name]["failures"]
        assert found["contenders"][name]["chinese"]["chinese"]
        assert found["contenders"][name]["quality"]["lab"]["first"] > 0
    assert list(found["courses"]) == ["lab"]
    page = Telling(found, yaml.safe_load(ABOUT.read_text("utf-8"))).page()
    assert "| bm25s |" in page and "nan" not in page
