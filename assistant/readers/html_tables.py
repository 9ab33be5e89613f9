"""An HTML table as a grid of cells, spans filled in."""

from lxml.html import HtmlElement

from assistant.readers.grid import Grid, GridRow, grids_of
from assistant.readers.inline import picture_text, text_of

_MAX_SPAN = {"colspan": 100, "rowspan": 5000}
_MAX_CELLS = 200_000
_MAX_DATA_CELL_CHARS = 300
_PROSE_TAGS = ("h1", "h2", "h3", "h4", "ul", "ol", "dl", "hr", "pre", "blockquote")


def rows_of(table: HtmlElement) -> list[HtmlElement]:
    """Return the table's own rows, not those of tables inside it."""
    return [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]


def cells_of(row: HtmlElement) -> list[HtmlElement]:
    """Return the cells of one row."""
    return [cell for cell in row if cell.tag in ("td", "th")]


def is_layout(table: HtmlElement) -> bool:
    """Return whether a table only places things on the page, as old pages do."""
    if table.get("role") in ("presentation", "none") or table.find(".//table") is not None:
        return True
    rows = [cells_of(row) for row in rows_of(table)]
    cells = [cell for row in rows for cell in row]
    if not cells or max(len(row) for row in rows) < 2:
        return True
    if table.find(".//th") is not None or table.find(".//thead") is not None:
        return False
    if len(rows) < 2:
        return True
    return any(
        len(text_of(cell)) > _MAX_DATA_CELL_CHARS
        or next(cell.iter(*_PROSE_TAGS), None) is not None
        or len(cell.findall(".//p")) > 2
        for cell in cells
    )


def read_table(table: HtmlElement, *, line_offset: int) -> list[Grid]:
    """Return the tables drawn by a data table; its caption names them."""
    caption = table.find("caption")
    line = (table.sourceline or 1) + line_offset
    rows = _expand(rows_of(table), line_offset)
    return grids_of(rows, name=text_of(caption) if caption is not None else "", line=line)


def _expand(rows: list[HtmlElement], line_offset: int) -> list[GridRow]:
    """Return the rows with every span filled in."""
    expanded: list[GridRow] = []
    carried: dict[int, tuple[str, int]] = {}  # column → (text, rows still covered)
    filled = 0
    for row in rows:
        cells: list[str] = []
        across: list[int] = []
        own = cells_of(row)
        for cell in own:
            _fill(cells, carried)
            text = text_of(cell) or picture_text(cell)
            rowspan = _span(cell, "rowspan")
            for repeat in range(_span(cell, "colspan")):
                if repeat:
                    across.append(len(cells))
                if rowspan > 1:
                    carried[len(cells)] = ("" if repeat else text, rowspan - 1)
                cells.append("" if repeat else text)
        _fill(cells, carried)
        filled += len(cells)
        if filled > _MAX_CELLS:
            break
        in_head = row.getparent() is not None and row.getparent().tag == "thead"
        expanded.append(
            GridRow(
                tuple(cells),
                (row.sourceline or 1) + line_offset,
                tuple(across),
                is_header=bool(own) and (in_head or all(cell.tag == "th" for cell in own) and len(own) > 1),
                has_row_header=len(own) == 2 and own[0].tag == "th" and own[1].tag == "td",
                is_group=len(own) == 1 and _span(own[0], "colspan") > 1,
            )
        )
    return expanded


def _fill(cells: list[str], carried: dict[int, tuple[str, int]]) -> None:
    """Append the cells that rows above reach down into, at the current column."""
    while len(cells) in carried:
        column = len(cells)
        text, left = carried.pop(column)
        if left > 1:
            carried[column] = (text, left - 1)
            cells.append(text)
            continue
        cells.append(text)


def _span(cell: HtmlElement, name: str) -> int:
    value = str(cell.get(name) or "1").strip()
    # rowspan=0 means "to the end of the table"; nobody draws with it.
    return min(max(int(value[:6]), 1), _MAX_SPAN[name]) if value.isascii() and value.isdigit() else 1
