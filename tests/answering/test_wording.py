"""The sentences of answers: the same in both languages, and never too long."""

import string
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import answering
from assistant.answering.wording import LONGEST_ANSWER, fields_text, rows_text, within
from assistant.schema import Field, Place, Record

WORDING = yaml.safe_load((Path(answering.__path__[0]) / "wording.yaml").read_text("utf-8"))
STEADY = settings(derandomize=True, deadline=None, max_examples=80)
PLACE = Place("index.rst", "主页", (), "", 1, 0, 1, "", "published")

VALUES = st.text("论文 Fisheye-GS://{}%\n", min_size=1, max_size=40).map(lambda text: text * 7)
FIELDS = st.lists(st.builds(Field, st.sampled_from(["会议/期刊", "题目", "#1"]), VALUES), min_size=1, max_size=6)
RECORDS = st.lists(
    FIELDS.map(lambda fields: Record("id", "论文", tuple(fields), 0, (PLACE,))), min_size=1, max_size=40
)


def places_of(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def record(*values: str) -> Record:
    return Record("id", "论文", tuple(Field(f"列{n}", value) for n, value in enumerate(values)), 0, (PLACE,))


def test_both_languages_say_the_same_things():
    assert list(WORDING["zh"]) == list(WORDING["en"])
    for key, sentence in WORDING["zh"].items():
        assert places_of(sentence) == places_of(WORDING["en"][key]), key


def test_a_nameless_column_is_shown_by_its_value_alone():
    fields = (Field("会议/期刊", "ECCV"), Field("#2", "Fisheye-GS"))
    assert fields_text("zh", fields) == "会议/期刊：ECCV，Fisheye-GS"
    assert fields_text("en", fields) == "会议/期刊: ECCV, Fisheye-GS"


def test_a_single_row_is_given_whole():
    long = "摘要" * 200
    assert long in rows_text("zh", "list", [record("Fisheye-GS", long)], ())


def test_rows_that_do_not_fit_are_counted():
    text = rows_text("en", "list", [record(f"paper {number} " + "x" * 100) for number in range(40)], ())
    assert text.startswith("40 found: ") and "more in the table" in text


@STEADY
@given(RECORDS, st.sampled_from(["zh", "en"]), st.sampled_from(["list", "count"]))
def test_a_list_fits_an_answer_and_names_the_number_of_its_rows(records, language, kind):
    text = rows_text(language, kind, records, ("题目",))
    assert len(text) <= LONGEST_ANSWER
    assert str(len(records)) in text


@pytest.mark.parametrize("size", [1, 1000, 5000])
def test_fields_are_cut_to_what_fits(size: int):
    kept = within((Field("题目", "论" * size), Field("会议", "E" * size)))
    assert kept and sum(len(field.value) for field in kept) <= LONGEST_ANSWER
