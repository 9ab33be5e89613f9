"""Turns the table of a doctree into column names and rows, spans expanded."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from docutils import nodes

_SENTENCE = re.compile(r"[。！？；;!?]|\.\s|[@\d]|://")
_MAX_HEADER = 24  # characters; a longer cell is content


@dataclass(frozen=True)
class Grid:
    """A table as text: ``columns`` are empty strings where the source names none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], int], ...]  # cells and 1-based line


@dataclass(frozen=True)
class _Line:
    cells: tuple[str, ...]
    line: int
    bold: bool  # every cell is set in bold
    spans_all: bool  # one cell as wide as the table


def read_grid(
    tgroup: nodes.Element,
    text_of: Callable[[nodes.Node], str],
    line_of: Callable[[nodes.Node], int],
) -> Grid:
    """Return the table under ``tgroup``; a span repeats its text in every row it covers."""
    head: list[_Line] = []
    body: list[_Line] = []
    width = _width(tgroup)
    for part in tgroup.children:
        if isinstance(part, nodes.thead):
            head += _lines(part, width, text_of, line_of, repeat_across=True)
        elif isinstance(part, nodes.tbody):
            body += _lines(part, width, text_of, line_of, repeat_across=False)
    if not head and len(body) > 1 and (body[0].bold or _looks_like_header(body)):
        head, body = [body[0]], body[1:]
    columns = tuple(_joined([line.cells[column] for line in head]) for column in range(width))
    return Grid(columns, tuple((line.cells, line.line) for line in body))


def _width(tgroup: nodes.Element) -> int:
    declared = int(tgroup.get("cols", 0))
    if declared:
        return declared
    rows = list(tgroup.findall(nodes.row))
    return max((sum(1 + entry.get("morecols", 0) for entry in row) for row in rows), default=0)


def _lines(
    part: nodes.Element,
    width: int,
    text_of: Callable[[nodes.Node], str],
    line_of: Callable[[nodes.Node], int],
    *,
    repeat_across: bool,
) -> list[_Line]:
    lines: list[_Line] = []
    held: dict[int, tuple[str, int]] = {}  # column → text and the rows it still covers
    for row in part.children:
        cells = [""] * width
        entries = [entry for entry in row.children if isinstance(entry, nodes.entry)]
        column = 0
        for entry in entries:
            while column < width and column in held:
                column += 1
            text = text_of(entry)
            for across in range(column, min(width, column + entry.get("morecols", 0) + 1)):
                shown = text if across == column or repeat_across else ""
                cells[across] = shown
                if entry.get("morerows", 0):
                    held[across] = (shown, entry["morerows"] + 1)
            column += entry.get("morecols", 0) + 1
        for across, (text, left) in list(held.items()):
            cells[across] = cells[across] or text
            if left <= 1:
                del held[across]
            else:
                held[across] = (text, left - 1)
        alone = len(entries) == 1 and width > 1
        lines.append(_Line(tuple(cells), line_of(row), _is_bold(entries), alone))
    return lines


def _is_bold(entries: Sequence[nodes.Node]) -> bool:
    """Return whether every cell that has text holds nothing but bold text."""
    filled = [entry for entry in entries if entry.astext().strip()]
    return len(filled) > 1 and all(
        "".join(strong.astext() for strong in entry.findall(nodes.strong)).strip() == entry.astext().strip()
        for entry in filled
    )


def _looks_like_header(lines: Sequence[_Line]) -> bool:
    """Return whether the first row reads like names of columns and the others do not."""
    first, rest = lines[0].cells, lines[1:]
    if len(first) < 2 or not all(first) or len(set(first)) < len(first):
        return False
    if any(len(cell) > _MAX_HEADER or _SENTENCE.search(cell) for cell in first):
        return False
    for column, name in enumerate(first):
        cells = [line.cells[column] for line in rest if line.cells[column]]
        unlike = [cell for cell in cells if len(cell) > 2 * len(name) + 8 or _SENTENCE.search(cell)]
        if cells and len(unlike) * 2 >= len(cells):
            return True
    return False


def _joined(names: Sequence[str]) -> str:
    """Return the header cells of one column as one name; a span over rows counts once."""
    unique = list(dict.fromkeys(name for name in names if name))
    return " / ".join(unique)
