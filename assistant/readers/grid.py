"""Rectangular cells to a table: which rows name the columns, which name a group of rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.readers.builder import DocumentBuilder

_HEADER_WORDS = re.compile(
    r"姓名|名称|标题|题目|题名|论文|作者|年份|年度|年级|时间|日期|地点|邮箱|电话|单位|职称|职务|岗位|职位"
    r"|方向|备注|序号|编号|类型|类别|状态|会议|期刊|来源|描述|说明|简介|内容|项目|数量|版本|链接|负责人"
    r"|\b(?:name|title|paper|author|authors|year|date|time|venue|email|e-mail|phone|role|position"
    r"|affiliation|type|status|description|notes?|no\.?|id|link|version|topic|speaker|room"
    r"|institution|degree|conference|journal|publication|project|student|advisor|amount|model)\b",
    re.I,
)
_VALUE_LIKE = re.compile(r"^[\s\d.,:%+\-–/()]+$|@|https?://|[。！？；]|[.!?;]\s")
_MAX_NAME_CHARS = 40
_LABEL = re.compile(r"^(.{1,24}?)\s*[:：]$")


@dataclass(frozen=True)
class Grid:
    """Rows of equal length, ready for `DocumentBuilder.table`."""

    name: str  # "" where nothing but the heading above says what a row is
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], int], ...]  # (cells, line); none where only the note stands
    line: int
    note: str = ""  # what the source draws across all columns above these rows


@dataclass(frozen=True)
class GridRow:
    """One row as the source draws it.

    A cell drawn over several rows stands in each of them; one drawn over several columns stands
    in the first, and ``across`` says which later columns it covers.
    """

    cells: tuple[str, ...]
    line: int
    across: tuple[int, ...] = ()
    is_header: bool = False  # the source says that this row names the columns
    has_row_header: bool = False  # the source says that its first cell names the row
    is_group: bool = False  # one cell drawn across all columns


def grids_of(rows: Sequence[GridRow], *, name: str, line: int) -> list[Grid]:
    """Return the tables that drawn rows amount to; a row drawn across opens the next table."""
    rows = _rectangular(rows)
    if not rows:
        return []
    fields = _field_values(rows, name, line)
    if fields:
        return [fields]
    title, rows = _leading_title(rows)
    count = _header_rows(rows)
    width = len(rows[0].cells)
    if not count and width > 2:
        rows = [_compact(row) for row in rows]
    columns = _column_names([_filled_across(row) for row in rows[:count]], width)
    return _split_groups(rows[count:], columns, _Head(name or title, title, line))


def write_grids(builder: DocumentBuilder, grids: Sequence[Grid], *, name: str = "") -> None:
    """Add tables to a document; one whose only column has no name is a list."""
    for grid in grids:
        builder.block("paragraph", grid.note, line=grid.line)
        if len(grid.columns) == 1 and not grid.columns[0]:
            for cells, line in grid.rows:
                builder.block("item", cells[0], line=line)
        else:
            builder.table(grid.name or name, grid.columns, grid.rows, line=grid.line)


def _compact(row: GridRow) -> GridRow:
    """Move a row's cells together: in a form without header the gaps say nothing."""
    filled = [cell for cell in row.cells if cell]
    return replace(row, cells=tuple(filled + [""] * (len(row.cells) - len(filled))), across=())


def _filled_across(row: GridRow) -> list[str]:
    cells = list(row.cells)
    for index in row.across:
        if index > 0 and not cells[index]:
            cells[index] = cells[index - 1]
    return cells


def _rectangular(rows: Sequence[GridRow]) -> list[GridRow]:
    """Return the rows that say something, all of one width, columns that are empty left out."""
    rows = [row for row in rows if any(row.cells)]
    width = max((len(row.cells) for row in rows), default=0)
    wide = [row.cells + ("",) * (width - len(row.cells)) for row in rows]
    kept = [index for index in range(width) if any(cells[index] for cells in wide)]
    return [
        replace(
            row,
            cells=tuple(cells[index] for index in kept),
            across=tuple(place for place, index in enumerate(kept) if index in row.across),
            is_group=row.is_group and len(kept) > 1,
        )
        for row, cells in zip(rows, wide, strict=True)
    ]


def _field_values(rows: list[GridRow], name: str, line: int) -> Grid | None:
    """Read rows of (label, value) as one row whose columns are the labels."""
    if len(rows[0].cells) != 2 or len(rows) < 2 or any(row.is_group for row in rows):
        return None
    marked = all(row.has_row_header and not row.is_header for row in rows)
    labelled = all(_LABEL.match(row.cells[0]) for row in rows)
    if not marked and not labelled:
        return None
    labels = tuple(row.cells[0].rstrip(":： ") for row in rows)
    return Grid(name, labels, ((tuple(row.cells[1] for row in rows), rows[0].line),), line)


def _leading_title(rows: list[GridRow]) -> tuple[str, list[GridRow]]:
    """Take rows above the header that hold a single text: they name the table."""
    title = ""
    while len(rows) > 2 and len(rows[0].cells) > 1 and not rows[0].is_header:
        texts = [cell for cell in rows[0].cells if cell]
        if len(texts) != 1:
            break
        # A lone first cell above rows that are no header opens a group, it is not the title.
        if rows[0].is_group and not _header_rows(rows[1:]):
            break
        title = title or texts[0]
        rows = rows[1:]
    return title, rows


def _header_rows(rows: list[GridRow]) -> int:
    """Return how many rows at the top name the columns."""
    marked = 0
    while marked < len(rows) - 1 and rows[marked].is_header:
        marked += 1
    if marked:
        return marked
    return int(len(rows) > 1 and not rows[0].across and looks_like_header([row.cells for row in rows]))


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row names the columns of the others, by its words and shape."""
    first, body = rows[0], rows[1:]
    names = [cell for cell in first if cell]
    if len(names) * 3 < len(first) * 2 or len(names) < 2 or len(set(names)) * 3 < len(names) * 2:
        return False
    if any(len(name) > _MAX_NAME_CHARS or _VALUE_LIKE.search(name) for name in names):
        return False
    if sum(bool(_HEADER_WORDS.search(name)) for name in names) * 3 >= len(names):
        return True
    return any(_differs(first[index], [row[index] for row in body]) for index in range(len(first)))


def _differs(name: str, cells: Sequence[str]) -> bool:
    """Return whether a column's cells are of another make than the cell above them."""
    filled = [cell for cell in cells if cell]
    if not name or len(filled) < 1:
        return False
    values = sum(bool(_VALUE_LIKE.search(cell)) for cell in filled)
    long = sum(len(cell) > 3 * len(name) + 12 for cell in filled)
    return values * 3 >= len(filled) * 2 or long * 3 >= len(filled) * 2


def _column_names(headers: Sequence[Sequence[str]], width: int) -> tuple[str, ...]:
    names = []
    for index in range(width):
        parts: list[str] = []
        for header in headers:
            if header[index] and header[index] not in parts:
                parts.append(header[index])
        names.append(" / ".join(parts))
    return tuple(names)


@dataclass(frozen=True)
class _Head:
    """What stands above rows: their name, the note that says it, and where."""

    name: str
    note: str
    line: int


def _split_groups(rows: Sequence[GridRow], columns: tuple[str, ...], head: _Head) -> list[Grid]:
    grids: list[Grid] = []
    pending: list[tuple[tuple[str, ...], int]] = []
    for row in rows:
        if row.is_group:
            if pending or head.note:
                grids.append(Grid(head.name, columns, tuple(pending), head.line, head.note))
            text = next(filter(None, row.cells))
            head, pending = _Head(text, text, row.line), []
        else:
            pending.append((row.cells, row.line))
    if pending or head.note:
        grids.append(Grid(head.name, columns, tuple(pending), head.line, head.note))
    return grids
