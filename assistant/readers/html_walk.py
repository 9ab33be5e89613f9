"""A cleaned HTML tree, walked in reading order into a DocumentBuilder."""

import re

from lxml.html import HtmlElement

from assistant.readers.builder import DocumentBuilder
from assistant.readers.cards import find_groups, hints_in, read_cards
from assistant.readers.entries import (
    as_names,
    find_references,
    read_dated_terms,
    read_entries,
    read_name_lists,
    read_people,
    read_references,
)
from assistant.readers.grid import Grid, write_grids
from assistant.readers.html_tables import cells_of, is_layout, read_table, rows_of
from assistant.readers.inline import (
    broken_text,
    folded,
    is_block,
    lines_of,
    linked_picture_text,
    paragraphs,
    picture_text,
    text_of,
)
from assistant.readers.soft_headings import is_kicker, is_soft_heading, is_titled_box
from assistant.readers.visible import classes
from assistant.schema import BlockKind

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MAX_DEPTH = 100
_LIST_TAGS = frozenset(("ul", "ol", "menu", "dir"))
_YEAR_HEADING = re.compile(r"^\D{0,3}(?:19|20)\d{2}(?:\s*[-–~至]\s*(?:19|20)\d{2})?\s*(?:年度?)?\W{0,3}$")
_SOFT_HEADING_LEVEL = 7  # below every <h6>


def write_blocks(builder: DocumentBuilder, content: HtmlElement, *, line_offset: int, title: str = "") -> None:
    """Add the visible content of an element and its links, in reading order.

    ``title`` names tables that stand under no heading that could.
    """
    has_headings = next(content.iter("h2", "h3", "h4", "h5", "h6"), None) is not None
    _Walk(builder, line_offset, title=title, has_headings=has_headings).flow(content, "paragraph", 0)
    for link in content.iter("a"):
        target = str(link.get("href") or "").strip()
        if target and not target.lower().startswith(("javascript:", "data:")):
            builder.link(text_of(link), target, line=(link.sourceline or 1) + line_offset)


class _Walk:
    """Tells the builder what the tree holds; one instance for one tree."""

    def __init__(self, builder: DocumentBuilder, line_offset: int, *, title: str, has_headings: bool) -> None:
        self._builder = builder
        self._offset = line_offset
        self._title = title
        self._announced = ""  # a bold line that nothing stands below yet
        self._spent = ""  # the last one that something does
        self._has_headings = has_headings
        self._kicker = ""  # a line that stands right above the next heading

    def flow(self, element: HtmlElement, kind: BlockKind, depth: int) -> None:
        """Add an element's children; what runs on one line becomes one block."""
        if depth > _MAX_DEPTH:
            self._text("\n".join(lines_of(element)), kind, self._line(element))
            return
        opening, done = self._cards(element)
        pieces, line = [folded(element.text)], self._line(element)
        for child in element:
            if not isinstance(child.tag, str) or child in done:
                pass
            elif child in opening or child.tag == "hr" or is_block(child):
                self._text("".join(pieces), kind, line)
                pieces = []
                if child in opening:
                    self._table(opening[child])
                else:
                    self._block(child, kind, depth + 1)
            else:
                if not any(piece.strip() for piece in pieces):
                    line = self._line(child)
                pieces.append("\n" if child.tag == "br" else broken_text(child) or linked_picture_text(child))
            pieces.append(folded(child.tail))
        self._text("".join(pieces), kind, line)

    def _cards(self, element: HtmlElement) -> tuple[dict[HtmlElement, Grid], set[HtmlElement]]:
        """Return the tables that runs of cards amount to, at their first card, and the others."""
        if element.tag in _LIST_TAGS or len(element) == 0:
            return {}, set()
        opening: dict[HtmlElement, Grid] = {}
        done: set[HtmlElement] = set()
        for group in find_groups(element):
            found = list(find_references(group, line_offset=self._offset)) if len(group) > 1 else []
            if not found:
                grid = read_cards(group, line_offset=self._offset) or read_people(
                    group, heading=self._heading_above(), line_offset=self._offset
                )
                found = [(group, grid)] if grid is not None else []
            for run, grid in found:
                opening[run[0]] = grid
                done.update(run[1:])
        return opening, done

    def _block(self, element: HtmlElement, kind: BlockKind, depth: int) -> None:
        tag = str(element.tag)
        if tag in _HEADINGS:
            self._heading(element)
        elif tag == "pre" and is_titled_box(element):
            self._builder.heading(text_of(element), level=_SOFT_HEADING_LEVEL, line=self._line(element))
        elif tag == "pre":
            self._builder.block("code", str(element.text_content()), line=self._line(element))
        elif tag == "table":
            self._table_element(element, kind, depth)
        elif tag in _LIST_TAGS:
            self._list(element, depth)
        elif tag == "dl":
            self._definitions(element, depth)
        elif tag in ("p", "div") and is_soft_heading(element, page_has_headings=self._has_headings):
            text, level = text_of(element).rstrip("：: "), _SOFT_HEADING_LEVEL
            if "msotitle" in classes(element):
                level = 1
            self._builder.heading(text, level=level, line=self._line(element), anchor=str(element.get("id") or ""))
            self._announced = text if level == _SOFT_HEADING_LEVEL else ""
            return
        elif tag in ("p", "div") and is_kicker(element):
            self._kicker = text_of(element)
        elif tag != "hr":
            self.flow(element, kind, depth)

    def _heading(self, element: HtmlElement) -> None:
        level = int(str(element.tag)[1])
        text = text_of(element) or picture_text(element)
        anchor = _anchor(element)
        self._builder.heading(text, level=level, line=self._line(element), anchor=anchor)
        self._builder.block("paragraph", self._kicker, line=self._line(element))
        self._kicker = ""

    def _list(self, element: HtmlElement, depth: int) -> None:
        items = [child for child in element if child.tag == "li"]
        heading = self._heading_above()
        grid = read_name_lists([(text_of(item), self._line(item)) for item in items], heading=heading)
        is_set = any(is_block(child) for item in items for child in item)
        if (
            grid is None and items and (is_set or all(len(hints_in(item)) > 1 for item in items))
        ):  # the page sets the parts apart
            grid = read_cards(items, line_offset=self._offset)
        if grid is None:
            grid = read_entries(items, heading=heading, line_offset=self._offset)
        if grid is not None:
            self._table(grid)
            return
        for child in element:
            if isinstance(child.tag, str):
                self.flow(child, "item", depth + 1)

    def _definitions(self, element: HtmlElement, depth: int) -> None:
        terms = _terms(element)
        grid = read_dated_terms([(child.tag, text_of(child), self._line(child)) for child in terms])
        if grid is not None:
            self._table(grid)
            return
        term = ""
        for child in terms:
            if child.tag == "dt":
                if term:
                    self._builder.block("definition", term, line=self._line(child))
                term = text_of(child)
            elif any(is_block(part) for part in child if part.tag != "p") or len(child) > 3:
                if term:
                    self._builder.block("definition", term, line=self._line(child))
                self.flow(child, "paragraph", depth + 1)
                term = ""
            else:
                text = f"{term} {text_of(child)}"
                self._builder.block("definition", text, line=self._line(child))
                term = ""
        if term:
            self._builder.block("definition", term, line=self._line(element))

    def _table_element(self, element: HtmlElement, kind: BlockKind, depth: int) -> None:
        rows = rows_of(element)
        pictured = element.find(".//img") is not None and element.find(".//th") is None
        grid = read_cards(rows, line_offset=self._offset) if len(rows) > 1 and pictured else None
        if grid is None and not is_layout(element):
            heading = self._heading_above()
            for table in read_table(element, line_offset=self._offset):
                self._table(as_names(table, heading=heading))
            return
        caption = element.find("caption")
        if caption is not None:
            self._text(broken_text(caption), kind, self._line(caption))
        grid = grid or (read_cards(rows, line_offset=self._offset) if len(rows) > 1 else None)
        cells = [cell for row in rows for cell in cells_of(row)]
        full = [cell for cell in cells if text_of(cell)]
        if grid is None and len(full) > 2 and len(rows) * 2 <= len(full):
            grid = read_cards(full, line_offset=self._offset)
        if grid is not None:
            self._table(grid)
            return
        for cell in cells:
            self.flow(cell, kind, depth + 1)

    def _table(self, grid: Grid) -> None:
        # A year over a list says when; the heading above it says what.
        path = self._builder.heading_path
        if self._spent and path[-1:] == (self._spent,):
            path = path[:-1]
        self._spend()
        headings = [name for name in path if not _YEAR_HEADING.match(name)]
        write_grids(self._builder, [grid], name=headings[-1] if headings else self._title)

    def _spend(self) -> None:
        """Note that something stands below a bold line that announced it: what follows is not its."""
        if self._announced:
            self._spent, self._announced = self._announced, ""

    def _text(self, broken: str, kind: BlockKind, line: int) -> None:
        texts = paragraphs(broken)
        if texts:
            self._spend()
        told = read_references(texts, line=line) if len(texts) > 1 else None
        told = told or read_name_lists([(text, line) for text in texts], heading=self._heading_above())
        if told is not None:
            self._table(told)
            return
        for text in texts:
            if any(character.isalnum() for character in text):  # not the arrows of a carousel
                self._builder.block(kind, text, line=line)

    def _heading_above(self) -> str:
        return self._builder.heading_path[-1] if self._builder.heading_path else ""

    def _line(self, element: HtmlElement) -> int:
        return (element.sourceline or 1) + self._offset


def _anchor(heading: HtmlElement) -> str:
    """Return the id by which a page's address reaches a heading; "" where there is none."""
    own = heading.get("id")
    if own:
        return str(own)
    for part in heading.iter("a", "span"):
        if part.get("id") or part.get("name"):
            return str(part.get("id") or part.get("name"))
    before = heading.getprevious()
    if before is not None and before.tag in ("a", "span") and not text_of(before):
        return str(before.get("id") or before.get("name") or "")
    parent = heading.getparent()
    opens = parent is not None and next(iter(parent)) is heading
    return str(parent.get("id") or "") if opens and parent.tag != "body" else ""


def _terms(element: HtmlElement) -> list[HtmlElement]:
    """Return the terms and definitions of a list, also where a <div> groups each pair."""
    found: list[HtmlElement] = []
    for child in element:
        found.extend(child if child.tag == "div" else [child])
    return [child for child in found if child.tag in ("dt", "dd")]
