"""Excel workbooks: every visible sheet as tables."""

import io
import posixpath
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time

import openpyxl
from lxml.etree import LxmlError
from openpyxl.cell.cell import Cell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from assistant.errors import ReadError
from assistant.readers.archive import check_archive
from assistant.readers.builder import DocumentBuilder, SourceFile, said
from assistant.readers.charset import read_bytes
from assistant.readers.grid import GridRow, grids_of, looks_like_header, write_grids
from assistant.schema import Document

_MAX_ROWS = 20_000
_MAX_COLUMNS = 200
_HEADER_WITHIN = 12  # rows
_ERROR = re.compile(r"#(?:[A-Z0-9/]+[!?]|N/A)$")  # #NAME?, #REF!, …
_UNNAMED = re.compile(r"^(?:sheet|工作表)\s*\d*$", re.I)


def read(file: SourceFile) -> Document:
    """Return a workbook as a document; raises ReadError where it is damaged or too large."""
    data = read_bytes(file)
    check_archive(data, source=file.source)
    builder = DocumentBuilder(file.source)
    stem = posixpath.splitext(posixpath.basename(file.source))[0]
    for sheet in _workbook(data, file.source).worksheets:
        if sheet.sheet_state == "visible":
            _write_sheet(builder, sheet, stem)
    return builder.build(title=stem)


def _workbook(data: bytes, source: str) -> Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that only change how a sheet looks
            return openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError,
        IndexError, LxmlError, SyntaxError, OSError, RuntimeError, EOFError, zlib.error,
    ) as error:  # fmt: skip
        raise ReadError(f"{source} is no workbook that Excel would open ({said(error)}); save it again.") from error


def _write_sheet(builder: DocumentBuilder, sheet: Worksheet, stem: str) -> None:
    rows = list(_rows(builder, sheet))
    if not rows:
        return
    named = not _UNNAMED.match(sheet.title)
    if named:
        builder.heading(sheet.title, level=1, line=rows[0].line)
    if all(sum(map(bool, row.cells)) <= 1 for row in rows):
        for row in rows:
            builder.block("paragraph", " ".join(row.cells), line=row.line)
        return
    grids = grids_of(_with_header(rows), name="", line=rows[0].line)
    write_grids(builder, grids, name=sheet.title if named else stem)


def _rows(builder: DocumentBuilder, sheet: Worksheet) -> Iterator[GridRow]:
    """Yield the visible rows that hold anything, merged cells filled in."""
    if sheet.max_row > _MAX_ROWS or sheet.max_column > _MAX_COLUMNS:
        builder.warn(0, "large-sheet", f"of {sheet.title} the first {_MAX_ROWS} rows, {_MAX_COLUMNS} columns are read")
    shown = [number for number in range(1, min(sheet.max_column, _MAX_COLUMNS) + 1) if number not in _hidden(sheet)]
    merged = _merged(sheet)
    cells_of_rows = sheet.iter_rows(max_row=min(sheet.max_row, _MAX_ROWS), max_col=_MAX_COLUMNS)
    for number, cells in enumerate(cells_of_rows, start=1):
        if number in sheet.row_dimensions and sheet.row_dimensions[number].hidden:
            continue
        by_column = {cell.column: cell for cell in cells}
        texts, across = [], []
        for column in shown:
            top, left = merged.get((number, column), (number, column))
            cell = by_column.get(column) if top == number else sheet.cell(top, left)
            if left != column and left in shown:
                across.append(len(texts))
                cell = None
            texts.append(_text(cell))
            _note_link(builder, cell, number)
        if any(texts):
            is_group = len(shown) > 1 and len(across) == len(shown) - 1
            yield GridRow(tuple(texts), number, tuple(across), is_group=is_group)


def _hidden(sheet: Worksheet) -> frozenset[int]:
    hidden: set[int] = set()
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden:
            hidden.update(range(dimension.min or 1, min(dimension.max or 1, _MAX_COLUMNS) + 1))
    return frozenset(hidden)


def _merged(sheet: Worksheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Return (row, column) → the cell whose value fills it."""
    filled: dict[tuple[int, int], tuple[int, int]] = {}
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, min(area.max_row, _MAX_ROWS) + 1):
            for column in range(area.min_col, min(area.max_col, _MAX_COLUMNS) + 1):
                filled[row, column] = (area.min_row, area.min_col)
    return filled


def _with_header(rows: list[GridRow]) -> list[GridRow]:
    """Mark the row that names the columns: the first full one whose cells read like names."""
    width = max(sum(map(bool, row.cells)) for row in rows)
    for index, row in enumerate(rows[: min(_HEADER_WITHIN, len(rows) - 1)]):
        if row.is_group or sum(map(bool, row.cells)) * 10 < width * 6:
            continue
        if not looks_like_header([other.cells for other in rows[index:]]):
            return rows
        marked = replace(row, is_header=True)
        # Names merged across columns have a second row of names below them.
        double = bool(row.across) and len(rows) > index + 2
        second = rows[index + 1]
        below = [replace(second, is_header=True)] if double else [second]
        return [*rows[:index], marked, *below, *rows[index + 2 :]]
    return rows


def _text(cell: Cell | None) -> str:
    value = cell.value if cell is not None else None
    if value is None or cell is None or _ERROR.match(str(value)):
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float):
        if "%" in str(cell.number_format):
            return f"{value * 100:.10g}%"
        return f"{value:.12g}"
    return " ".join(str(value).split())


def _note_link(builder: DocumentBuilder, cell: Cell | None, line: int) -> None:
    link = cell.hyperlink if isinstance(cell, Cell) else None
    if link is not None and link.target:
        builder.link(_text(cell), str(link.target), line=line)
