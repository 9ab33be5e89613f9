"""Table rows as records: cases as data, ids and places."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import Part, document_of, make_document

from assistant.index.records import build_records, record_id

DATA = Path(__file__).resolve().parent.parent / "data" / "records"
CASES: list[dict[str, Any]] = yaml.safe_load((DATA / "cases.yaml").read_text("utf-8"))


@pytest.mark.parametrize("entry", CASES, ids=lambda entry: entry["name"])
def test_documents_have_the_records_of_their_case(entry):
    records = build_records(map(document_of, entry["documents"]))
    assert [{f.name: f.value for f in r.fields} for r in records] == [e["fields"] for e in entry["records"]]
    for record, expected in zip(records, entry["records"], strict=True):
        assert record.table == expected.get("table", record.table)
        assert record.year == expected.get("year", record.year)
        conflicts = {c.field: [c.value, c.place.source] for c in record.conflicts}
        assert conflicts == expected.get("conflicts", {})
        sources = [place.source for place in record.places]
        assert sources == expected.get("sources", sources)


def test_a_place_is_the_slice_of_its_row():
    document = make_document([Part(("论文",), (("paragraph", "文。"), ("row", "ECCV\tA")), ("会议", "题目"))])
    [record] = build_records([document])
    [place] = record.places
    assert document.text[place.start : place.end] == "ECCV\tA"
    assert (place.heading_path, place.line, place.url) == (("论文",), 5, "https://lab.example/doc/page.md#id1")


def test_ids_are_equal_for_the_same_row_and_unique_otherwise():
    rows = tuple(("row", f"ECCV\t{name}") for name in ("A", "B", "a", "A\ud800"))
    table = make_document([Part(("论文",), rows, ("会议", "题目"))]).tables[0]
    ids = [record_id(table, row) for row in table.rows]
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3
    assert ids == [record_id(table, row) for row in table.rows]
