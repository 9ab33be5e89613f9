"""Chinese names, found by their characters and by their pinyin."""

import pytest

from assistant.index.frequency import WordFrequency
from assistant.index.names import NameIndex, chinese_name

FREQUENCY = WordFrequency({"zhang": 900, "deep": 900, "learn": 900, "张之洞": 5}, 1000)
TOKENS = ["裴芝林", "孙鹏", "论文", "欧阳芷晗", "张行程", "编译器", "gpu", "吕芷晗", "张之洞"]
NAMES = NameIndex(TOKENS, FREQUENCY)


@pytest.mark.parametrize(
    ("word", "neighbours", "names"),
    [
        ("Zhilin", ("Pei",), ("裴芝林",)),
        ("Pei", ("Zhilin",), ("裴芝林",)),
        ("PeiZhilin", (), ("裴芝林",)),
        ("zhilinpei", (), ("裴芝林",)),
        ("Sun", ("Peng",), ("孙鹏",)),
        ("Ouyang", ("Zhihan",), ("欧阳芷晗",)),
        ("Lv", ("Zhihan",), ("吕芷晗",)),
        ("Zhilin", (), ()),
        ("Pei", ("Sun",), ()),
        ("裴芝林", (), ()),
        ("a1", (), ()),
        ("", (), ()),
    ],
)
def test_pinyin_finds_the_names_it_spells(word: str, neighbours: tuple[str, ...], names: tuple[str, ...]):
    assert NAMES.of_pinyin(word, *neighbours) == names


def test_words_of_the_dictionary_are_no_names():
    assert NAMES.of_pinyin("lun", "wen") == ()
    assert not NAMES.is_name("论文") and not NAMES.is_name("编译器")


@pytest.mark.parametrize("word", ["裴芝林", "欧阳芷晗", "麻津铭"])
def test_a_surname_with_one_or_two_unknown_characters_may_be_a_name(word: str):
    assert NAMES.is_name(word)


@pytest.mark.parametrize("word", ["", "裴", "gpu", "裴芝林林林", "芝林"])
def test_other_words_are_no_names(word: str):
    assert not NAMES.is_name(word)


def test_a_name_that_general_text_knows_is_not_one_of_the_lab():
    assert NAMES.of_pinyin("Zhang", "Zhidong") == ()


@pytest.mark.parametrize(
    ("text", "names_one"),
    [
        ("团队由裴芝林负责。", True),
        ("孙鹏是导师", True),
        ("编译器团队", False),
        ("The lead is Zhilin Pei.", True),
        ("Taught by Donald E. Knuth", True),
        ("Deep Learning is taught", False),
        ("", False),
    ],
)
def test_a_text_that_names_a_person_is_known(text: str, names_one: bool):
    assert NAMES.names_person(text) is names_one


def test_a_corpus_without_names_knows_none():
    assert NameIndex([], FREQUENCY).of_pinyin("Pei", "Zhilin") == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("裴芝林", "裴芝林"),
        ("刘孜路 · Zilu Liu", "刘孜路"),
        ("Yuyang Chen | 陈雨阳", "陈雨阳"),
        ("Mr. Renzhi Chen (陈任之)", "陈任之"),
        ("Zilu Liu", ""),
        ("研究方向 Research Directions", ""),
        ("编译器", ""),
    ],
)
def test_a_name_in_both_scripts_is_one_name(text: str, name: str):
    assert chinese_name(text) == name


@pytest.mark.parametrize(("heading", "is_person"), [("孙鹏 Sun Peng", True), ("Deep Learning", False), ("成员", False)])
def test_a_heading_is_a_person_where_it_is_a_name_and_nothing_else(heading: str, is_person: bool):
    assert NAMES.is_person(heading) is is_person
