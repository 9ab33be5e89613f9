"""The front matter of a member: short fields make a row, long ones and lists of entries make sections."""

from pathlib import Path

from assistant.readers import markdown
from assistant.readers.builder import SourceFile
from assistant.schema import Document

ABSTRACT = "We map sediment from space. " * 12
PERSON = f"""+++
title = 'Mubai Qi'
type = 'people'
degree = 'Master Student'
work = 'Sea Chart Institute'
about = "{ABSTRACT}"
bibtex = '''@inproceedings{{qi2022, title={{Sediment Maps}}, author={{Qi, Mubai}}, booktitle={{OSM}}, year={{2022}}}}'''
tags = ["radar", "tides"]

[[education]]
    school = 'North Shore University'
    degree = 'Bachelor'
[[education]]
    school = 'Shallow Bay College'
    degree = 'Master'
+++
Text below.
"""


def member(folder: Path, text: str, *, source: str = "content/people/qi.md") -> Document:
    path = folder / source
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return markdown.read(SourceFile(folder, source))


def test_short_fields_are_one_row_and_a_bibtex_entry_is_read_as_its_fields(tmp_path: Path):
    (table,) = member(tmp_path, PERSON).tables
    (row,) = table.rows
    assert dict(zip(table.columns, row.cells, strict=True)) == {
        "title": "Mubai Qi", "degree": "Master Student", "work": "Sea Chart Institute",
        "authors": "Mubai Qi", "venue": "OSM", "year": "2022", "type": "inproceedings",
        "tags": "radar; tides",
    }  # fmt: skip


def test_prose_and_lists_of_entries_stand_under_headings_of_their_own(tmp_path: Path):
    document = member(tmp_path, PERSON)
    told = {section.heading_path[-1]: document.text[section.start : section.end] for section in document.sections[1:]}
    assert ABSTRACT.strip() in told["about"]
    assert "North Shore University, Bachelor" in told["education"]
    assert "Shallow Bay College, Master" in told["education"]


def test_a_page_outside_any_collection_has_no_row(tmp_path: Path):
    assert member(tmp_path, PERSON, source="qi.md").tables == ()
