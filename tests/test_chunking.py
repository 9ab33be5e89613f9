"""Passages: cases as data, and what holds of any document."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import Part, document_of, make_document
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chunking import MAX_TOKENS, chunk, collapse
from assistant.schema import Document
from assistant.text import count_tokens, sentences

DATA = Path(__file__).resolve().parent / "data" / "chunking"
CASES: list[dict[str, Any]] = yaml.safe_load((DATA / "cases.yaml").read_text("utf-8"))
STEADY = settings(derandomize=True, deadline=None, max_examples=40)

SENTENCE = "团队在数千块芯片上训练大语言模型，并把编译器的改进发布为开源软件。"

LETTERS = "论文训练大模型。；！ \n\tabcXYZ019.,-\u3000😀\ud800"
TEXTS = st.text(LETTERS, min_size=1, max_size=60).filter(str.strip)
LONG_TEXTS = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from([1, 1, 1, 25]))
BLOCKS = st.tuples(st.sampled_from(["paragraph", "item", "definition", "code"]), LONG_TEXTS)
CELLS = st.lists(st.text(alphabet="论文ECV 2024", max_size=8), min_size=2, max_size=2).filter(any)
ROWS = st.tuples(st.just("row"), CELLS.map("\t".join))
PARTS = st.builds(
    lambda headings, blocks: Part(tuple(headings), tuple(blocks), ("会议", "题目")),
    st.lists(st.sampled_from(["招聘", "Papers", "团队"]), max_size=3),
    st.lists(BLOCKS | ROWS, max_size=5),
)
DOCUMENTS = st.lists(PARTS, min_size=1, max_size=4).map(make_document)


def long_document(times: int) -> Document:
    return make_document([Part(("长文",), (("paragraph", SENTENCE * times),))])


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry["name"])
def test_a_document_has_the_passages_of_its_case(entry):
    passages = chunk(document_of(entry))
    assert [passage.text for passage in passages] == [expected["text"] for expected in entry["passages"]]
    for passage, expected in zip(passages, entry["passages"], strict=True):
        for name in ("kind", "context"):
            assert getattr(passage, name) == expected.get(name, getattr(passage, name))
        assert list(passage.place.heading_path) == expected.get("heading_path", list(passage.place.heading_path))
        assert passage.place.line == expected.get("line", passage.place.line)


@STEADY
@given(DOCUMENTS)
def test_a_passage_is_a_slice_of_one_section(document):
    end_before = 0
    for passage in chunk(document):
        place = passage.place
        assert document.text[place.start : place.end] == passage.text
        assert end_before <= place.start < place.end
        end_before = place.end
        homes = [s for s in document.sections if s.start <= place.start and place.end <= s.end]
        assert [home.heading_path for home in homes] == [place.heading_path]


@STEADY
@given(DOCUMENTS)
def test_passages_hold_every_word_but_the_headings(document):
    covered = {n for p in chunk(document) for n in range(p.place.start, p.place.end)}
    for block in document.blocks:
        inside = {n for n in range(block.start, block.end) if not document.text[n].isspace()}
        assert inside.isdisjoint(covered) if block.kind == "heading" else inside <= covered


@STEADY
@given(DOCUMENTS)
def test_ids_are_unique_and_stay_the_same(document):
    ids = [passage.id for passage in chunk(document)]
    assert len(ids) == len(set(ids))
    assert ids == [passage.id for passage in chunk(document)]


@STEADY
@given(DOCUMENTS)
def test_every_row_is_one_passage(document):
    rows = [(row.start, row.end) for table in document.tables for row in table.rows]
    found = [(p.place.start, p.place.end) for p in chunk(document) if p.kind == "row"]
    assert sorted(found) == sorted(rows)


def test_a_long_paragraph_is_cut_at_sentence_ends():
    document = long_document(40)
    passages = chunk(document)
    ends = {end for _, end in sentences(document.text)}
    assert len(passages) > 1
    assert all(passage.place.end in ends for passage in passages)
    assert all(count_tokens(passage.text) <= MAX_TOKENS for passage in passages)


def test_long_code_is_cut_at_line_ends():
    lines = [f"python train.py --step {number} --model large" for number in range(100)]
    document = make_document([Part(("Run",), (("code", "\n".join(lines)),))])
    passages = chunk(document)
    assert len(passages) > 1
    assert [line for passage in passages for line in passage.text.split("\n")] == lines


def test_a_sentence_without_an_end_is_cut_all_the_same():
    document = make_document([Part(("Data",), (("paragraph", "训练模型" * 5000),))])
    passages = chunk(document)
    assert "".join(passage.text for passage in passages) == "训练模型" * 5000
    assert all(count_tokens(passage.text) <= 2 * MAX_TOKENS for passage in passages)


def test_a_passage_links_to_the_anchor_of_its_section():
    [passage] = chunk(make_document([Part(("招聘",), (("paragraph", "欢迎。"),))], source="join.md"))
    assert passage.place.url == "https://lab.example/join.md#id1"


def test_what_reads_the_same_is_one_passage_with_the_published_place_first():
    body = (("paragraph", "编译 团队的介绍。"),)
    orphan = make_document([Part(("团队",), body)], source="a.md", status="orphan")
    first = make_document([Part(("团队",), (("paragraph", "编译团队的介绍。"),))], source="b.md")
    second = make_document([Part(("团队",), body)], source="c.md")
    [passage] = collapse(p for document in (orphan, first, second) for p in chunk(document))
    assert [place.source for place in passage.places] == ["b.md", "c.md", "a.md"]
    assert passage.text == "编译团队的介绍。"
    assert passage.id == chunk(first)[0].id


def test_a_row_and_a_sentence_that_read_the_same_stay_two():
    row = Part(("表",), (("row", "ECCV\tSKVQ"),), ("会议", "题目"))
    document = make_document([Part(("文",), (("paragraph", "ECCV SKVQ"),)), row])
    assert len(collapse(chunk(document))) == 2


@STEADY
@given(st.lists(DOCUMENTS, max_size=3))
def test_collapsing_keeps_every_place(documents):
    passages = [passage for document in documents for passage in chunk(document)]
    merged = collapse(passages)
    assert sorted(map(repr, (place for p in passages for place in p.places))) == sorted(
        map(repr, (place for p in merged for place in p.places))
    )
    assert collapse(merged) == merged
