"""The race over the default corpus, with contenders that need no packages."""

import math
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from racers import racer

from assistant.evaluation import Case
from benchmarks.race.courses import MARKER, Course, make_course
from benchmarks.race.processes import Contender, ContenderFailed, Process
from benchmarks.race.quality import PHRASE, asked, finds_chinese, holds, judge
from benchmarks.race.racing import Race

QUESTIONS = [f"{word}?" for word in "论文 导师 邮箱 ECCV Triton HPC 博客 招聘 编译 量子 名额 方向 获奖 实习 团队".split()]


def case(question: str, *expect: str, history: tuple[str, ...] = (), forbid: tuple[str, ...] = ()) -> Case:
    return Case("q", question, history, "zh", "fact", tuple((group,) for group in expect), forbid, ())


def test_who_finishes_has_figures_and_who_fails_a_reason(course: Course, tmp_path: Path):
    told: list[str] = []
    names = ("honest", "forgetful", "breaking")
    race = Race([racer(name) for name in names], course, QUESTIONS, work=tmp_path, tell=told.append)
    finishes = race.run(2)
    assert finishes["honest"].failure == ""
    figures = asdict(finishes["honest"].figures)
    assert all(math.isfinite(value) and value >= 0 for value in figures.values())
    assert figures["cold_wall_s"] > 0 and figures["per_second_2"] > 0 and figures["peak_mb"] > 1
    assert finishes["forgetful"].figures is None
    assert "not found after a new start" in finishes["forgetful"].failure
    assert finishes["breaking"].failure == "breaking: ask: ValueError: no more questions"
    assert MARKER not in (course.documents / course.changed).read_text("utf-8"), "the document is put back"


def test_memory_is_the_process_s_own_and_not_what_it_was_started_from(course: Course, tmp_path: Path):
    ballast = bytearray(b"x" * 200_000_000)
    with Process(racer("honest")) as process:
        process.say("build", passages=course.passages, documents=course.documents, folder=tmp_path)
        assert 5 < process.peak_mb < 100
    assert len(ballast) == 200_000_000


def test_what_a_contender_prints_does_not_get_between_its_replies(course: Course, tmp_path: Path):
    with Process(racer("honest")) as process:
        built = process.say("build", passages=course.passages, documents=course.documents, folder=tmp_path)
        found = process.say("search", question="联合培养博士")
    assert built["wall_s"] >= 0
    assert "联合培养" in course.texts[found["ids"][0]]


def test_a_process_that_does_not_start_is_told():
    nobody = Contender("nobody", Path(sys.executable), Path("no-such-runner.py"))
    with pytest.raises(ContenderFailed, match=r"nobody: load: .*no-such-runner"), Process(nobody) as process:
        process.say("load", folder="x", documents="x")


def test_a_word_inside_a_sentence_is_found_or_not(tmp_path: Path):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "openings.md").write_text(f"研究组正在招收{PHRASE}项目的学生。\n", "utf-8")
    (documents / "papers.md").write_text("这篇论文研究编译器。\n", "utf-8")
    course = make_course("sentences", documents, tmp_path / "course")
    found = {
        setting: finds_chinese(racer("honest"), course, setting, tmp_path / setting)
        for setting in ("default", "chinese")
    }
    assert found == {"default": False, "chinese": True}, "its default setting parts words at white space"


@pytest.mark.parametrize(
    ("text", "right"),
    [("导师是 **孙鹏**。", True), ("导师是裴芝林。", False), ("", False), ("孙鹏，名额已满", False), ("x" * 1200 + "孙鹏", False)],
)
def test_a_passage_is_judged_as_an_answer_is(text: str, right: bool):
    assert holds(case("导师是谁？", "孙鹏", forbid=("已满",)), text) is right


def test_a_follow_up_is_asked_with_what_was_asked_before():
    assert asked(case("他的邮箱？", history=("导师是谁？",))) == "导师是谁？ 他的邮箱？"


def test_the_best_passage_and_the_best_five_are_counted(course: Course, tmp_path: Path):
    path = tmp_path / "set.yaml"
    path.write_text(
        "- {question: 联合培养博士的导师是谁？, expect: [[孙鹏]]}\n"
        "- {question: 联合培养博士, expect: [[no such words]]}\n"
        '- {question: "who won the cup?", kind: unanswerable}\n',
        "utf-8",
    )
    quality = judge(racer("honest"), course, path, tmp_path / "index")
    assert (quality.answerable, quality.unanswerable) == (2, 1)
    assert quality.first <= quality.five == 1
