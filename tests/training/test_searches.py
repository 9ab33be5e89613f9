"""What the searches ask that retrieval is judged by, and what they search."""

import gzip
import json
from pathlib import Path

import pytest

from training.data import FITTING_SOURCES, HELD_OUT_SOURCES, SectionRow, read_sections
from training.duplicates import first_alike
from training.searches import distinct_sections, section_searches

LONG = "编译器把程序变成机器能执行的代码，中间要做许多步的分析、变换和优化，每一步都可以单独关闭。"


def section(heading: str, zh: str, en: str = "", source: str = "a/b") -> SectionRow:
    """Return a section whose English side defaults to one of its own."""
    return SectionRow(source, {"zh": heading, "en": heading}, {"zh": zh, "en": en or f"English of {zh}"})


def test_texts_that_share_four_fifths_of_their_shingles_are_alike():
    texts = [LONG, "别的事情，和编译毫无关系，说的是食堂的开门时间。", LONG.replace("。", "！"), LONG[:20], ""]
    assert first_alike(texts) == [0, 1, 0, 3, 4]


def test_white_space_and_case_make_no_difference():
    assert first_alike(["Build the Index first", "build  the\nindex FIRST", "Build it first"]) == [0, 0, 2]


def test_a_section_that_repeats_another_in_one_language_is_left_out():
    rows = [section("甲", LONG, "first text"), section("乙", LONG + "是", "another text"), section("丙", "短", "third")]
    assert distinct_sections(rows) == [rows[0], rows[2]]


def test_a_question_searches_sections_under_their_headings_but_the_one_asked():
    rows = [section("指南 > 如何安装编译器？", LONG), section("指南 > 概述", "说的是别的。")]
    search = section_searches(rows, {"a/b"})["question zh-zh"]
    assert search.questions == ["如何安装编译器？"]
    assert search.passages == (f"指南\n{LONG}", "指南\n说的是别的。")
    assert search.wanted == [frozenset((0,))]


def test_every_section_under_the_heading_that_is_asked_would_do():
    rows = [section("甲 > 我受到影响了吗？", LONG), section("乙 > 我受到影响了吗？", "不会。"), section("丙 > 无关", "是。")]
    search = section_searches(rows, {"a/b"})["question en-zh"]
    assert (search.questions, search.wanted) == (["我受到影响了吗？"], [frozenset((0, 1))])


def test_only_the_sources_named_are_asked_about():
    rows = [section("甲 > 如何安装编译器？", LONG), section("乙 > 如何申请账号？", "写邮件。", source="c/d")]
    search = section_searches(rows, {"c/d"})["question zh-zh"]
    assert (search.questions, len(search.passages)) == (["如何申请账号？"], 2)


def test_the_sources_for_fitting_are_kept_back_and_leave_others_to_judge():
    assert FITTING_SOURCES < HELD_OUT_SOURCES


@pytest.mark.parametrize("held_out", [True, False])
def test_marks_that_links_aim_at_are_no_words_of_a_heading(tmp_path: Path, held_out: bool):
    source = "ant-design/ant-design" if held_out else "a/b"
    row = {"src": source, "en_heading": "Intro[[intro]] > What is NLP?[[what]]", "zh_heading": "简介 [[简介]]"}
    with gzip.open(tmp_path / "sections.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({**row, "en": "Words.", "zh": "词。"}))
    (read,) = read_sections(tmp_path, held_out=held_out)
    assert read.headings == {"en": "Intro > What is NLP?", "zh": "简介"}
