"""What is taken out of text before a model gets it and before a reader does."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from assistant.generation.markup import is_active, plain, unformatted

DATA = Path(__file__).resolve().parents[1] / "data" / "generation" / "markup.yaml"
CASES: list[dict[str, Any]] = yaml.safe_load(DATA.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_text_is_shown_as_its_case_says(case):
    assert plain(case["text"]) == case["plain"]


def test_a_sentence_loses_the_marks_of_markdown():
    assert unformatted("## **Lin** leads `the` *team*") == "Lin leads the team"
    assert unformatted("set __init__ and OP_CAPTURE_LIST = 2 * 3") == "set init and OP_CAPTURE_LIST = 2 * 3"


@pytest.mark.parametrize("text", ["<img src=x", "![a](b", "[a](b", "javascript:x()", "</p", "<?php", "data:text/html"])
def test_torn_markup_is_still_active(text):
    assert is_active(text, known="")


def test_a_placeholder_of_the_documents_is_not_held_against_a_sentence():
    assert not is_active("run git clone <your-fork>", known="run git clone <your-fork> first")
    assert is_active("run <b onload=x>", known="run <b onload=x>")
    assert is_active("run <script>", known="run <script>")


@given(st.text(alphabet="<>!-[]()/ab\"'=:.\u200b\n", max_size=60))
def test_what_is_neither_plain_nor_dropped_cannot_be(text):
    shown = unformatted(text)
    assert is_active(shown, known="") or not any(mark in shown for mark in ("<a", "</", "<!", "![", "](", "\u200b"))
