"""Table rows as records of named fields, one for each distinct row."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from assistant.chunking import place_of
from assistant.index.conflicts import with_conflicts
from assistant.schema import Document, Field, Place, Record, Row, Table
from assistant.text import squeeze

_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20\d\d)(?!\d)")
_YEAR_COLUMN = re.compile(
    r"year|date|time|venue|conference|journal|publi|年|日期|时间|会议|期刊|发表|届", re.IGNORECASE
)
_NAME_COLUMN = re.compile(r"name|author|member|姓名|名字|作者|成员|导师|教师|老师|学生|负责人", re.IGNORECASE)
_NAME_SEPARATOR = re.compile(r"[;；,，、/\s（(]+")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")  # as a csv file writes what a page shows without marks
_LONGEST_DATED_CELL = 60  # characters; a year in a longer cell may be any year


def build_records(documents: Iterable[Document]) -> tuple[Record, ...]:
    """Return the records of all tables, in corpus order; the same row on two pages is one record."""
    records: dict[str, Record] = {}
    for document in documents:
        if document.status == "placeholder":
            continue
        for table in document.tables:
            for row in table.rows:
                record = _record(document, table, row)
                known = records.get(record.id)
                records[record.id] = _merged(known, record) if known else record
    return with_conflicts(tuple(records.values()))


def stated_names(records: Iterable[Record]) -> tuple[str, ...]:
    """Return the cells of columns that hold people's names."""
    return tuple(
        name
        for record in records
        for field in record.fields
        if _NAME_COLUMN.search(field.name)
        for name in _NAME_SEPARATOR.split(field.value)
    )


def record_id(table: Table, row: Row) -> str:
    """Return the id of a row: equal wherever the same fields are stated."""
    cells = zip(table.columns, row.cells, strict=True)
    seed = "\n".join(f"{_squeezed(name)}={squeeze(_unmarked(value))}" for name, value in cells if value)
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=1024)
def _squeezed(column: str) -> str:
    return squeeze(column)


@lru_cache(maxsize=1024)
def _is_dated(column: str) -> bool:
    return bool(_YEAR_COLUMN.search(column))


def _unmarked(value: str) -> str:
    return _AUTOLINK.sub(r"\1", value) if "<" in value else value


def _record(document: Document, table: Table, row: Row) -> Record:
    section = document.sections[table.section]
    fields = tuple(
        Field(name, value) for name, value in zip(table.columns, row.cells, strict=True) if value
    )
    place = place_of(document, section, row.start, row.end, row.line)
    year = _year(fields, (*section.heading_path, table.name))
    return Record(record_id(table, row), table.name, fields, year, (place,))


def _year(fields: tuple[Field, ...], headings: tuple[str, ...]) -> int:
    """Return the year of a row: from a dated column, a short cell, else its nearest heading."""
    dated = [f.value for f in fields if _is_dated(f.name)]
    short = [f.value for f in fields if len(f.value) <= _LONGEST_DATED_CELL]
    near = [heading for heading in reversed(headings) if len(heading) <= _LONGEST_DATED_CELL]
    for text in (*(v for v in dated if len(v) <= _LONGEST_DATED_CELL), *short, *near):
        if ("19" in text or "20" in text) and (found := _YEAR.search(text)):
            return int(found[0])
    return 0


def _merged(known: Record, other: Record) -> Record:
    places = sorted({*known.places, *other.places}, key=_rank)
    return Record(known.id, known.table, known.fields, known.year or other.year, tuple(places))


def _rank(place: Place) -> tuple[bool, str, int]:
    return place.status != "published", place.source, place.start
