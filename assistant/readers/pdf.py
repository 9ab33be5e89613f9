"""Pdf files, page by page: paragraphs, headings by their size, tables by their rules."""

import io
import logging
import posixpath
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pdfplumber
from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException
from pdfplumber.page import Page
from pdfplumber.utils.exceptions import PdfminerException

from assistant.errors import ReadError
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.charset import read_bytes
from assistant.readers.grid import GridRow, grids_of, write_grids
from assistant.readers.pdf_text import TextLine, joined, readable
from assistant.schema import Document

_MAX_PAGES = 400
_MIN_CHARS_A_PAGE = 20
_MAX_HEADING_CHARS = 80
_HEADING_GROWTH = 1.12  # times the size of running text
_PAGE_NUMBER = re.compile(r"^[\W_]*(?:page|第)?\s*\d{1,4}(?:\s*(?:/|of|共)\s*\d{1,4})?\s*(?:页)?[\W_]*$", re.I)
# What pdf libraries raise on broken files: each of these was met in practice or is their base class.
_BROKEN = (
    PDFException, PSException, PdfminerException, ValueError, TypeError, LookupError, AttributeError,
    AssertionError, ArithmeticError, RuntimeError, OSError, EOFError, struct.error, zlib.error,
)  # fmt: skip


def read(file: SourceFile) -> Document:
    """Return a pdf as a document whose sections' anchors are ``page=N``, as are its lines.

    Raises ReadError where it is damaged or locked. A scanned pdf is a document without text.
    """
    data = read_bytes(file)
    builder = DocumentBuilder(file.source)
    try:
        with _quiet("pdfminer"), pdfplumber.open(io.BytesIO(data)) as document:
            title = str((document.metadata or {}).get("Title") or "")
            pages = [_PageText(page) for page in document.pages[:_MAX_PAGES]]
    except _BROKEN as error:
        reason = "it is locked with a password" if "Password" in repr(error) else "it is damaged"
        raise ReadError(f"{file.source} could not be read: {reason}; save it again as a plain pdf.") from error
    if len(pages) == _MAX_PAGES:
        builder.warn(0, "large-pdf", f"only the first {_MAX_PAGES} pages are read")
    if sum(page.chars for page in pages) < _MIN_CHARS_A_PAGE * len(pages):
        builder.warn(0, "scanned-pdf", "the pages are pictures without text; run text recognition over the file")
    _write_pages(builder, pages)
    stem = posixpath.splitext(posixpath.basename(file.source))[0]
    return builder.build(title=_title(title, stem))


def _title(title: str, stem: str) -> str:
    """Return the title that the file carries where a person wrote it, not its word processor."""
    title = readable(title).strip()
    is_made = re.search(r"^(?:microsoft|untitled|无标题|文档\d)|\.(?:docx?|pptx?|xlsx?|dvi|tex|pdf)\b", title, re.I)
    return title if len(title) > 3 and not is_made and "\ufffd" not in title else stem


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Keep a library from telling the terminal about oddities that change nothing."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


class _PageText:
    """What one page holds: its lines outside tables, its tables, where each stands."""

    def __init__(self, page: Page) -> None:
        self.number = page.page_number
        self.chars = len(page.chars)
        self.height = float(page.height)
        found = [(table, table.extract()) for table in page.find_tables()]
        found = [(table, cells) for table, cells in found if _is_table(cells)]
        self.tables = [(float(table.bbox[1]), cells) for table, cells in found]
        rest = page
        for table, _ in found:
            rest = rest.outside_bbox(_inside(table.bbox, page.bbox))
        self.lines = [line for column in _columns(rest) for line in _lines(column)]
        page.close()


def _is_table(cells: Sequence[Sequence[str | None]]) -> bool:
    """Return whether ruled cells are a table, not the boxes drawn behind words of running text."""
    width = max((len(row) for row in cells), default=0)
    if len(cells) < 2 or width < 2:
        return False
    drawn = sum(cell is not None for row in cells for cell in row)
    return width <= 4 or drawn * 2 >= len(cells) * width


def _inside(box: Sequence[float], page_box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return (max(left, page_box[0]), max(top, page_box[1]), min(right, page_box[2]), min(bottom, page_box[3]))


def _columns(page: Page) -> list[Page]:
    """Return the page, or its head and its two columns where nothing crosses the middle."""
    words = page.extract_words()
    left, top, right, bottom = page.bbox
    middle = (left + right) / 2
    crossing = [word for word in words if word["x0"] < middle - 4 and word["x1"] > middle + 4]
    head = max((word["bottom"] for word in crossing if word["bottom"] < top + 0.45 * (bottom - top)), default=top)
    body = [word for word in words if word["top"] >= head]
    on_left = sum(word["x1"] <= middle + 4 for word in body)
    on_right = sum(word["x0"] >= middle - 4 for word in body)
    if len(body) < 120 or min(on_left, on_right) < 0.3 * len(body) or on_left + on_right < 0.97 * len(body):
        return [page]
    boxes = [(left, top, right, head), (left, head, middle, bottom), (middle, head, right, bottom)]
    return [page.crop(box, relative=False) for box in boxes if box[3] - box[1] > 1]


def _lines(page: Page) -> list[TextLine]:
    lines = []
    for line in page.extract_text_lines(return_chars=True):
        sizes = Counter(round(float(char["size"]), 1) for char in line["chars"])
        size = sizes.most_common(1)[0][0] if sizes else 0.0
        text = readable(str(line["text"])).strip()
        if text and size > 2:  # smaller print is for no reader
            lines.append(TextLine(text, line["x0"], line["x1"], line["top"], line["bottom"], size))
    return lines


def _write_pages(builder: DocumentBuilder, pages: Sequence[_PageText]) -> None:
    repeated = _running_heads(pages)
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += len(line.text)
    usual = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted((size for size in sizes if size > usual * _HEADING_GROWTH), reverse=True)[:5]
    for page in pages:
        builder.section(builder.heading_path, anchor=f"page={page.number}", line=page.number)
        lines = [line for line in page.lines if (line.text not in repeated and not _PAGE_NUMBER.match(line.text))]
        _write_page(builder, page, lines, larger)


def _write_page(builder: DocumentBuilder, page: _PageText, lines: Sequence[TextLine], larger: Sequence[float]) -> None:
    """Add a page's lines and tables from top to bottom."""
    right_edge = max((line.right for line in lines), default=0.0)
    tables = list(page.tables)
    pending: list[TextLine] = []

    def flush() -> None:
        for text in joined(pending, right_edge=right_edge):
            builder.block("paragraph", text, line=page.number)
        pending.clear()

    for line in lines:
        while tables and tables[0][0] < line.top:
            flush()
            _write_table(builder, tables.pop(0)[1], page.number)
        if line.size in larger and len(line.text) <= _MAX_HEADING_CHARS:
            flush()
            level = larger.index(line.size) + 1
            builder.heading(line.text, level=level, line=page.number, anchor=f"page={page.number}")
        else:
            pending.append(line)
    flush()
    for _, cells in tables:
        _write_table(builder, cells, page.number)


def _write_table(builder: DocumentBuilder, cells: Sequence[Sequence[str | None]], line: int) -> None:
    """Add a table; pdfplumber gives None for a cell that another one covers."""
    rows = []
    for row in cells:
        across = tuple(index for index, cell in enumerate(row) if cell is None and index)
        texts = tuple(_cell(cell) for cell in row)
        is_group = len(row) > 1 and len(across) == len(row) - 1 and bool(texts[0])
        rows.append(GridRow(texts, line, across if texts[0] else (), is_group=is_group))
    write_grids(builder, grids_of(rows, name="", line=line))


def _cell(cell: str | None) -> str:
    lines = [line.strip() for line in readable(cell or "").split("\n") if line.strip()]
    fake = [TextLine(line, 0, 0, number, number + 1, 0) for number, line in enumerate(lines)]
    return " ".join(joined(fake, right_edge=0.0))


def _running_heads(pages: Sequence[_PageText]) -> frozenset[str]:
    """Return the lines that stand at the top or bottom of most pages."""
    counts: Counter[str] = Counter()
    for page in pages:
        edges = {line.text for line in page.lines if line.top < 0.1 * page.height or line.top > 0.9 * page.height}
        counts.update(edges)
    return frozenset(text for text, count in counts.items() if count > 2 and count * 2 > len(pages))
