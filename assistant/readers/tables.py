"""Turns the table of a doctree into drawn rows, spans filled in."""

from collections.abc import Callable, Sequence

from docutils import nodes

from assistant.readers.grid import GridRow

_MAX_CELLS = 200_000


def drawn_rows(
    tgroup: nodes.Element, text_of: Callable[[nodes.Node], str], line_of: Callable[[nodes.Node], int]
) -> list[GridRow]:
    """Return the rows under ``tgroup``; a span repeats its text in every row it covers."""
    width = _width(tgroup)
    has_stub = any(column.get("stub") for column in tgroup.findall(nodes.colspec))
    drawn: list[GridRow] = []
    held: dict[int, tuple[str, int]] = {}  # column → text and the rows it still covers
    for row in tgroup.findall(nodes.row):
        if (len(drawn) + 1) * width > _MAX_CELLS:
            break
        entries = [entry for entry in row.children if isinstance(entry, nodes.entry)]
        cells, across = _filled(entries, width, held, text_of)
        in_head = isinstance(row.parent, nodes.thead)
        drawn.append(
            GridRow(
                tuple(cells),
                line_of(row),
                tuple(across),
                is_header=in_head or (not drawn and _is_bold(entries)),
                has_row_header=has_stub and width == 2,
                is_group=len(entries) == 1 and bool(entries[0].get("morecols", 0)) and not in_head,
            )
        )
    return drawn


def _width(tgroup: nodes.Element) -> int:
    rows = tgroup.findall(nodes.row)
    drawn = max((sum(1 + entry.get("morecols", 0) for entry in row) for row in rows), default=0)
    return max(int(tgroup.get("cols", 0)), drawn)


def _filled(
    entries: Sequence[nodes.Element],
    width: int,
    held: dict[int, tuple[str, int]],
    text_of: Callable[[nodes.Node], str],
) -> tuple[list[str], list[int]]:
    """Return the cells of one row and the columns that a cell to their left covers."""
    cells = [""] * width
    across: list[int] = []
    column = 0
    covered = dict(held)
    for entry in entries:
        while column in covered:
            column += 1
        text = text_of(entry)
        for place in range(column, min(width, column + entry.get("morecols", 0) + 1)):
            cells[place] = text if place == column else ""
            if place > column:
                across.append(place)
            if entry.get("morerows", 0):
                held[place] = (cells[place], entry["morerows"])
        column += entry.get("morecols", 0) + 1
    for place, (text, left) in covered.items():
        cells[place] = text
        if left > 1:
            held[place] = (text, left - 1)
        else:
            del held[place]
    return cells, across


def _is_bold(entries: Sequence[nodes.Node]) -> bool:
    """Return whether every cell that has text holds nothing but bold text."""
    filled = [entry for entry in entries if entry.astext().strip()]
    return len(filled) > 1 and all(
        "".join(strong.astext() for strong in entry.findall(nodes.strong)).strip() == entry.astext().strip()
        for entry in filled
    )
