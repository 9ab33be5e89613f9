"""Delimited text (csv, tsv) as tables."""

import csv
from collections.abc import Iterator

from assistant.errors import ReadError
from assistant.readers.builder import DocumentBuilder, said
from assistant.readers.grid import GridRow, grids_of, write_grids

_DELIMITERS = ",\t;|"
_MAX_FIELD_CHARS = 1_000_000


def write_delimited(builder: DocumentBuilder, text: str, *, name: str) -> None:
    """Add the rows of a delimited text as tables called ``name``; raises ReadError."""
    rows = list(_rows(text, builder.source))
    write_grids(builder, grids_of(_with_header(rows), name=name, line=1))


def _rows(text: str, source: str) -> Iterator[GridRow]:
    delimiter = _delimiter(text)
    reader = csv.reader(text.split("\n"), delimiter=delimiter, strict=False)
    start = 1
    try:
        for cells in reader:
            texts = tuple(cell.replace("\n", " ").strip() for cell in cells)
            if any(len(cell) > _MAX_FIELD_CHARS for cell in texts):
                raise ReadError(f"{source}:{start} holds a cell of over a million characters; check its quotes.")
            yield GridRow(texts, start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise ReadError(f"{source}:{start} is not readable as delimited text: {said(error)}.") from error


def _delimiter(text: str) -> str:
    """Return the delimiter that parts the first lines most evenly."""
    lines = [line for line in text.split("\n")[:50] if line.strip()]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = sorted(len(row) - 1 for row in csv.reader(lines, delimiter=delimiter))
        if not counts or counts[len(counts) // 2] == 0:
            continue
        usual = counts[len(counts) // 2]
        score = counts.count(usual) / len(counts) + min(usual, 20) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _with_header(rows: list[GridRow]) -> list[GridRow]:
    """Mark the first full row as header: in delimited text it nearly always is."""
    width = max((sum(map(bool, row.cells)) for row in rows), default=0)
    for index, row in enumerate(rows[:10]):
        filled = [cell for cell in row.cells if cell]
        if len(filled) * 10 >= width * 7 and len(filled) > 1:
            if any(_is_number(cell) for cell in filled) or len(set(filled)) < len(filled):
                return rows
            header = GridRow(row.cells, row.line, is_header=True)
            return [*rows[:index], header, *rows[index + 1 :]] if index == 0 else [header, *rows[index + 1 :]]
    return rows


def _is_number(cell: str) -> bool:
    return cell.replace(".", "", 1).replace("-", "", 1).replace("%", "").isdigit()
