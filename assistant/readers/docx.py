"""Word documents: headings, paragraphs, lists and tables, without hidden or deleted text."""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator

import docx
from docx.document import Document as WordDocument
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.styles.style import BaseStyle
from lxml.etree import LxmlError

from assistant.errors import ReadError
from assistant.readers.archive import check_archive
from assistant.readers.builder import DocumentBuilder, SourceFile, said
from assistant.readers.charset import read_bytes
from assistant.readers.grid import GridRow, grids_of, write_grids
from assistant.schema import Document

_HEADING = re.compile(r"^(?:heading|标题)\s*(\d)$", re.I)
_MAX_SPAN = 60
_MAX_DEPTH = 20
_LEFT_OUT = frozenset(qn(name) for name in ("w:del", "w:moveFrom", "w:txbxContent", "w:instrText"))
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read(file: SourceFile) -> Document:
    """Return a text document; ``line`` of its blocks counts paragraphs. Raises ReadError."""
    data = read_bytes(file)
    check_archive(data, source=file.source)
    try:
        word = docx.Document(io.BytesIO(data))
        body = word.element.body
    except (
        OpcError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, LxmlError, OSError,
        RuntimeError, EOFError, zlib.error,
    ) as error:  # fmt: skip
        raise ReadError(f"{file.source} is no document that Word would open ({said(error)}); save it again.") from error
    builder = DocumentBuilder(file.source)
    _Walk(builder, word).children(body, 0)
    title = (word.core_properties.title or "").strip()
    stem = posixpath.splitext(posixpath.basename(file.source))[0]
    return builder.build(title=title if len(title) > 3 else stem)


class _Walk:
    """Tells the builder what a document's body holds."""

    def __init__(self, builder: DocumentBuilder, word: WordDocument) -> None:
        self._builder = builder
        self._styles = {style.style_id: style for style in word.styles}
        self._line = 0

    def children(self, element: BaseOxmlElement, depth: int) -> None:
        """Add the paragraphs and tables below an element in order."""
        for child in element:
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                self._table(child)
            elif child.tag == qn("w:sdt") and depth < _MAX_DEPTH and not _is_contents(child):
                content = child.find(qn("w:sdtContent"))
                if content is not None:
                    self.children(content, depth + 1)

    def _paragraph(self, paragraph: BaseOxmlElement) -> None:
        self._line += 1
        text = _text(paragraph)
        style = self._style(paragraph)
        if not text.strip() or style.lower().startswith(("toc", "table of")):
            return
        level = self._heading_level(paragraph, style)
        if level:
            self._builder.heading(text, level=level, line=self._line)
        elif paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None or style.lower().startswith("list"):
            self._builder.block("item", text, line=self._line)
        else:
            self._builder.block("paragraph", text, line=self._line)

    def _style(self, paragraph: BaseOxmlElement) -> str:
        named = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        style = self._styles.get(named.get(qn("w:val"))) if named is not None else None
        return str(style.name or "") if isinstance(style, BaseStyle) else ""

    def _heading_level(self, paragraph: BaseOxmlElement, style: str) -> int:
        match = _HEADING.match(style)
        if match:
            return int(match.group(1)) + 1
        if style.lower() in ("title", "标题"):
            return 1
        outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        level = str(outline.get(qn("w:val"))) if outline is not None else ""
        return int(level) + 2 if level.isdigit() and int(level) < 9 else 0

    def _table(self, table: BaseOxmlElement) -> None:
        self._line += 1
        rows = list(_rows(table, self._line))
        self._line += len(rows)
        if all(len(row.cells) < 2 for row in rows):
            for row in rows:
                self._builder.block("paragraph", " ".join(row.cells), line=row.line)
            return
        write_grids(self._builder, grids_of(rows, name="", line=rows[0].line))


def _rows(table: BaseOxmlElement, line: int) -> Iterator[GridRow]:
    """Yield the rows with merged cells filled in."""
    above: dict[int, str] = {}
    for number, row in enumerate(table.iterchildren(qn("w:tr"))):
        texts: list[str] = []
        across: list[int] = []
        cells = list(row.iterchildren(qn("w:tc")))
        for cell in cells:
            text = _text(cell)
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            if merge is not None and merge.get(qn("w:val")) != "restart":
                text = above.get(len(texts), "")
            for repeat in range(_span(cell)):
                if repeat:
                    across.append(len(texts))
                above[len(texts)] = "" if repeat else text
                texts.append(above[len(texts)])
        marked = row.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        bold = number == 0 and all(_is_bold(cell) for cell in cells if _text(cell).strip())
        yield GridRow(
            tuple(texts),
            line + number,
            tuple(across),
            is_header=(marked or bold) and len(cells) > 1,
            has_row_header=len(cells) == 2 and _is_bold(cells[0]) and not _is_bold(cells[1]),
            is_group=len(cells) == 1 and len(texts) > 1,
        )


def _span(cell: BaseOxmlElement) -> int:
    span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
    value = str(span.get(qn("w:val"))) if span is not None else "1"
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() else 1


def _is_bold(cell: BaseOxmlElement) -> bool:
    runs = [run for run in cell.iter(qn("w:r")) if "".join(t.text or "" for t in run.iter(qn("w:t"))).strip()]
    return bool(runs) and all(run.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None for run in runs)


def _is_contents(element: BaseOxmlElement) -> bool:
    gallery = element.find(f"{qn('w:sdtPr')}/{qn('w:docPartObj')}/{qn('w:docPartGallery')}")
    return gallery is not None and "content" in str(gallery.get(qn("w:val"))).lower()


def _text(element: BaseOxmlElement) -> str:
    """Return the text that a reader of the printed page sees."""
    pieces: list[str] = []
    waiting = [element]
    while waiting:
        node = waiting.pop()
        if node.tag in _LEFT_OUT or node.tag == _FALLBACK or _is_vanished(node):
            continue
        if node.tag == qn("w:t"):
            pieces.append(node.text or "")
        elif node.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")) or (node.tag == qn("w:p") and pieces):
            pieces.append(" ")
        waiting.extend(reversed(list(node)))
    return "".join(pieces)


def _is_vanished(node: BaseOxmlElement) -> bool:
    if node.tag != qn("w:r"):
        return False
    vanish = node.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return vanish is not None and vanish.get(qn("w:val")) not in ("0", "false")
