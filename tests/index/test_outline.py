"""What stands where, found once for all passages."""

from dataclasses import replace
from pathlib import Path

import pytest
from documents import Part, make_document
from generations import small_generation

from assistant.index.outline import PassageOutline
from assistant.schema import Conflict, PageText


@pytest.fixture
def pages() -> tuple:
    """Three pages: the front page with an address, a table, and a page of a project."""
    home = Part(("团队",), (("paragraph", "写信给 hr@lab.edu.cn，或 git@lab.edu.cn。"), ("paragraph", "We build.")))
    people = Part(("裴芝林",), (("row", "裴芝林\t010-6253 1234"),), ("姓名", "电话"), "成员")
    project = Part(("Use",), (("paragraph", "Write to me at lab dot org or hr@lab.edu.cn."),))
    return (
        make_document([home], source="index.rst", title="Deep Lab"),
        make_document([people], source="doc/people.md", title="成员"),
        make_document([project], source="doc/tool/index.md", title="Tool"),
    )


@pytest.fixture(params=["built", "loaded", "decoded"])
def outline(request: pytest.FixtureRequest, pages: tuple, tmp_path: Path) -> PassageOutline:
    made = small_generation("outline", pages).outline
    assert isinstance(made, PassageOutline)
    if request.param == "loaded":
        assert sorted(made.save(tmp_path)) == ["outline.json", "outline.npy"]
        return PassageOutline.load(tmp_path)
    return PassageOutline.decoded(made.encoded()) if request.param == "decoded" else made


def outline_of(*paragraphs: str) -> PassageOutline:
    """Return the outline of a page with a section for each paragraph."""
    parts = [Part((f"第{number}节",), (("paragraph", text),)) for number, text in enumerate(paragraphs)]
    outline = small_generation("outline", (make_document(parts, source="a.md", title="页"),)).outline
    assert isinstance(outline, PassageOutline)
    return outline


def test_passages_are_found_by_their_id_and_by_their_section(outline: PassageOutline, pages: tuple):
    passages = small_generation("outline", pages).passages
    assert outline.count == len(passages) > 2
    assert [outline.passage(passage.id) for passage in passages] == list(range(len(passages)))
    for passage in passages:
        under = [n for n, other in enumerate(passages) if other.place.heading_path == passage.place.heading_path]
        assert list(outline.same_section(passage)) == under
    assert outline.published([2, 0]) == [passages[n].place.status == "published" for n in (2, 0)]
    assert outline.passage("0" * 16) is None
    assert outline.same_section(replace(passages[0], id="other")) == ()


def test_addresses_are_found_and_the_lab_s_own_is_the_contact(outline: PassageOutline, pages: tuple):
    passages = small_generation("outline", pages).passages
    emails = [n for n, passage in enumerate(passages) if "@" in passage.text or " dot " in passage.text]
    assert list(outline.publishing("email")) == emails and len(emails) == 2
    assert [passages[n].text for n in outline.publishing("phone")] == ["裴芝林\t010-6253 1234"]
    assert outline.contact == "hr@lab.edu.cn"


def test_pages_are_found_by_their_file_and_only_the_top_folder_has_front_pages(outline: PassageOutline):
    assert [outline.page(source) for source in ("index.rst", "doc/people.md", "none.md")] == [0, 1, None]
    assert outline.titles == {"Deep Lab", "成员", "Tool"}
    assert outline.front_titles == ("Deep Lab",)
    assert outline.headings == ("裴芝林",)


def test_the_published_passage_of_a_record_is_cited(pages: tuple):
    made = small_generation("outline", pages)
    (record,) = made.records
    row = next(passage for passage in made.passages if passage.kind == "row")
    orphan = replace(row, id="a", record=record.id, places=(replace(row.place, source="o.md", status="orphan"),))
    published = replace(row, id="b", record=record.id)
    conflicting = replace(record, conflicts=(Conflict("电话", "1", replace(row.place, source="o.md")),))
    outline = PassageOutline.build((), (orphan, published, replace(published, id="c")), (conflicting,))
    assert outline.row(record.id) == 1
    assert outline.at("o.md", row.place.start) == 0
    assert outline.at(row.place.source, row.place.start) is None
    assert outline.row("none") is None


def test_an_outline_of_nothing_is_one_too():
    outline = PassageOutline.build([PageText("a.md", "A", "", "published", "")], (), ())
    assert outline.count == 0 and outline.contact == "" and outline.passage("a") is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("email", "Mail to li at lab dot edu"), ("phone", "电话：0592-2188888"), ("phone", "(617) 358-8536"),
        ("address", "科研楼5号楼"), ("room", "理工B楼507B"), ("postal_code", "邮编：510275"),
    ],
)  # fmt: skip
def test_passages_that_publish_something_are_found_by_its_form(kind: str, text: str):
    outline = outline_of("一句话。", text)
    assert list(outline.publishing(kind)) == [1]


@pytest.mark.parametrize(
    "text", ["（231004546104010）", "2018-2019", "1042 (2022) 167402", "pp. 162-177", "2021.12.30"]
)
def test_what_only_has_digits_is_no_phone_number(text: str):
    assert not outline_of(text).publishing("phone")


def test_the_names_that_begin_a_list_of_people_are_told():
    listed = "周天硕，硕士，2022年入学。\n徐步强，本科。\n王汉彬，本科，2020年入学。"
    assert {"周天硕", "徐步强", "王汉彬"} <= set(outline_of(*listed.split("\\n")).headings)


@pytest.mark.parametrize(
    ("paragraphs", "names"),
    [
        (["The Robot Interaction and Manipulation Lab opens.", "Robot Interaction and Manipulation Lab"], ("rim",)),
        (["Join the NetVerify lab.", "NetVerify Lab is a lab."], ("netverify",)),
        (["Only one page says Robot Interaction and Manipulation Lab."], ()),
        (["The HPC Team works.", "The HPC Team writes."], ()),
    ],
)
def test_a_lab_is_known_by_what_several_passages_call_it(paragraphs: list[str], names: tuple[str, ...]):
    assert outline_of(*paragraphs).own_names == names
