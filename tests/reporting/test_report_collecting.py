"""A visitor's question joins a question set without harm to what stands there."""

import multiprocessing
from pathlib import Path

import pytest
import yaml

from assistant.errors import AssistantError
from assistant.evaluation import evaluate, read_cases
from assistant.reporting import collecting
from assistant.reporting.collecting import add_case

HOSTILE = (
    "有停车场吗？", "- id: x\n  question: y", "a: b # c", "!!python/object/apply:os.system [ls]", "&a *a <<: *a",
    "'\"\\ {{ }} %", "null", "2024-01-01", "\u2028line\u2029", "x" * 500, "表情 😀", "--- \n...",
)  # fmt: skip


def test_questions_of_any_kind_come_back_as_they_were(tmp_path):
    for text in HOSTILE:
        assert add_case(tmp_path / "sets", text).is_new
    path = tmp_path / "sets" / "questions.yaml"
    cases = read_cases(path)
    assert [case.question for case in cases] == [" ".join(text.split()) for text in HOSTILE]
    assert len({case.id for case in cases}) == len(HOSTILE)
    assert (cases[0].language, cases[0].kind, cases[0].expect) == ("zh", "fact", ())


def test_a_question_is_added_once(tmp_path):
    assert add_case(tmp_path, "有停车场吗？").is_new
    content = (tmp_path / "questions.yaml").read_bytes()
    assert not add_case(tmp_path, " 有停车场吗？ ").is_new
    assert (tmp_path / "questions.yaml").read_bytes() == content


def test_what_the_webmaster_wrote_stays(tmp_path):
    path = tmp_path / "questions.yaml"
    mine = "# mine\n- question: old one  # keep\n  expect: [[a, b]]"
    path.write_text(mine, "utf-8")
    add_case(tmp_path, "new one")
    assert path.read_text("utf-8").startswith(mine + "\n")
    assert [case.question for case in read_cases(path)] == ["old one", "new one"]


@pytest.mark.parametrize("content", ["a: 1", "- [", "- a\n...\n", "  - question: indented\n", "[{question: flow}]", b"\xff\xfe"])
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "questions.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    with pytest.raises(AssistantError, match=r"questions\.yaml: not a list of questions any more"):
        add_case(tmp_path, "new one")
    assert path.read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} <= {"questions.yaml", ".questions.yaml.lock"}


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(AssistantError, match=r"cannot be written .*admin\.eval_folder"):
        add_case(tmp_path / "file" / "sets", "new one")


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    add_case(tmp_path, "old one")
    before = (tmp_path / "questions.yaml").read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collecting.os, "fsync", full)
    with pytest.raises(AssistantError, match="No space left"):
        add_case(tmp_path, "new one")
    assert (tmp_path / "questions.yaml").read_bytes() == before
    assert {one.name for one in tmp_path.iterdir()} <= {"questions.yaml", ".questions.yaml.lock"}


def _add_many(folder: Path, name: str) -> None:
    for number in range(20):
        add_case(folder, f"{name} {number}")


@pytest.mark.slow
def test_processes_that_add_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add_many, args=(tmp_path, f"p{n}")) for n in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert len(read_cases(tmp_path / "questions.yaml")) == 40


def test_what_is_collected_is_right_once_it_is_answered(assistant, tmp_path):
    for text in ("有停车场吗？", "ECCV 上有哪些论文？"):
        path = add_case(tmp_path, text).path
    assert [outcome.is_right for outcome in evaluate(assistant, path).outcomes] == [False, True]
    assert yaml.safe_load(path.read_text("utf-8"))[0]["expect"] == []
