"""Walks a doctree and tells a DocumentBuilder what a visitor of the built page reads."""

import itertools
import re
from collections.abc import Sequence
from typing import Literal

from docutils import nodes

from assistant.errors import ReadError
from assistant.readers.as_html import cards_as_html, items_as_html
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.cards import read_cards
from assistant.readers.directives import Toctree
from assistant.readers.doctree_shape import ancestors, anchor, inside_entry, without, without_metadata
from assistant.readers.entries import read_entries
from assistant.readers.grid import Grid, grids_of, write_grids
from assistant.readers.inline import folded
from assistant.readers.messages import warning_of
from assistant.readers.page import Label, Page, Reference, marker
from assistant.readers.roles import CrossReference, Download
from assistant.readers.source_text import without_reserved
from assistant.readers.sphinx import Told
from assistant.readers.tables import drawn_rows
from assistant.readers.tags import TagTracker
from assistant.schema import BlockKind, Warning

_SKIPPED = (
    nodes.comment,
    nodes.system_message,
    nodes.substitution_definition,
    nodes.target,
    nodes.pending,
    nodes.transition,
    nodes.docinfo,
    nodes.meta,
    nodes.decoration,
    nodes.image,
    nodes.label,
    nodes.colspec,
)

_BREAKING = re.compile(r"</?(?:br|p|div|li|tr|td|th|ul|ol|table)\b", re.IGNORECASE)


def page_of(
    document: nodes.document,
    file: SourceFile,
    told: Told,
    warnings: Sequence[Warning],
    *,
    title_lines_below: int = 0,
) -> Page:
    """Return the page that ``document`` publishes.

    ``title_lines_below``: how far below its text the parser notes a heading's line.
    """
    walker = _Walker(document, file, title_lines_below)
    for warning in warnings:
        walker.builder.warn(warning.line, warning.code, warning.message)
    for message in told.messages:
        warning = warning_of(message, file.source)
        if warning is not None:
            walker.builder.warn(warning.line, warning.code, warning.message)
    walker.children(without_metadata(document), level=0)
    built = walker.builder.build(title=walker.title)
    return Page(
        document=built,
        toctree=tuple(dict.fromkeys(walker.toctree)),
        downloads=tuple(dict.fromkeys(walker.downloads)),
        labels=tuple(walker.labels()),
        references=tuple(walker.references),
        asked=document.settings.reading.asked,
    )


class _Walker:
    """One pass over one doctree."""

    def __init__(self, document: nodes.document, file: SourceFile, title_lines_below: int) -> None:
        self.builder = DocumentBuilder(file.source)
        self.title = ""
        self.toctree: list[str] = []
        self.downloads: list[str] = []
        self.references: list[Reference] = []
        self._document = document
        self._source = str(file.path)
        self._title_lines_below = title_lines_below
        self._tags = TagTracker()
        self._line = 1
        self._named_images = set(document.substitution_defs)

    # -- blocks ---------------------------------------------------------------------------------

    def children(self, node: nodes.Element, *, level: int, kind: BlockKind = "paragraph") -> None:
        """Read the children of ``node``; ``kind`` is what its paragraphs are."""
        pending: list[nodes.raw] = []
        for child in node.children:
            if isinstance(child, nodes.raw):
                pending.append(child)
                continue
            if isinstance(child, _SKIPPED):
                self._inline(child)
                continue
            self._raw(pending)
            pending = []
            self._block(child, level, kind)
        self._raw(pending)

    def _block(self, node: nodes.Node, level: int, kind: BlockKind) -> None:
        match node:
            case nodes.section():
                self._section(node, level + 1)
            case nodes.table():
                self._table(node, level)
            case nodes.literal_block() | nodes.doctest_block() | nodes.math_block():
                self._add("code", self._code(node), node)
            case nodes.line_block():
                self._line_block(node, kind)
            case nodes.bullet_list() | nodes.enumerated_list() if self._entries(node):
                return
            case nodes.container() if node.get("is_grid") and self._cards(node):
                return
            case nodes.list_item():
                self.children(node, level=level, kind="item")
            case nodes.definition_list_item() | nodes.option_list_item() | nodes.field():
                self._definition(node, level)
            case Toctree():
                self._toctree(node)
            case nodes.topic() if "contents" in node["classes"]:
                return
            case nodes.container() if "line" in node:
                self._line = node["line"]
                self.children(node, level=level, kind=kind)
            case nodes.TextElement():
                self._add(kind, self._inline(node), node)
            case nodes.Element():
                inner = kind if isinstance(node, (nodes.compound, nodes.container)) else "paragraph"
                self.children(node, level=level, kind=inner)
            case _:
                self._add(kind, self._inline(node), node)

    def _section(self, node: nodes.section, level: int) -> None:
        title = node.next_node(nodes.title)
        if title is not None and title.parent is node:
            text = folded(self._inline(title))
            if not self._tags.is_hidden:
                identifier = anchor(node["ids"])
                line = max(1, self._line_of(title) - self._title_lines_below)
                self.builder.heading(text, level=level, line=line, anchor=identifier)
                self.title = self.title or text
            node = without(node, title)
        self.children(node, level=level)

    def _definition(self, node: nodes.Element, level: int) -> None:
        """A term with its definition, a field with its body, an option with its description."""
        *heads, body = node.children
        if isinstance(node, nodes.field):
            head = f"{self._inline(heads[0])}:" if heads else ""
        else:
            head = self._head(heads)
        line = self._line_of(node)
        rest = list(body.children) if isinstance(body, nodes.Element) else []
        if rest and isinstance(rest[0], nodes.paragraph):
            first = self._inline(rest[0])
            self._add_at("definition", f"{head} {first}", line)
            body = without(body, rest[0])
        else:
            self._add_at("definition", head, line)
        if isinstance(body, nodes.Element):
            self.children(body, level=level, kind="definition")

    def _head(self, parts: Sequence[nodes.Node]) -> str:
        """Return the terms of a definition, with classifiers, or the spellings of an option."""
        shown = ""
        for part in parts:
            if isinstance(part, nodes.option_group):
                shown += ", ".join(part_of.astext() for part_of in part.children)
            else:
                joint = " : " if isinstance(part, nodes.classifier) else " "
                shown += (joint if shown else "") + self._inline(part)
        return shown

    def _line_block(self, node: nodes.Element, kind: BlockKind) -> None:
        for line in node.children:
            if isinstance(line, nodes.line_block):
                self._line_block(line, kind)
            else:
                self._add(kind, self._inline(line), line)

    def _toctree(self, node: Toctree) -> None:
        line, reading = self._line_of(node), self._document.settings.reading
        self._add_at("paragraph", node["caption"], line)
        # Where none of its pages is here, the folder is a part of the site: the names are kept.
        is_partial = not any(reading.is_page(target) for target, _, _ in node["entries"])
        for target, title, line in node["entries"]:
            if "://" in target:
                self.builder.link(title or target, target, line=line)
                self._add_at("item", title or target, line)
                continue
            self.toctree.append(target)
            if reading.settings.docnames and not reading.is_page(target):
                self.builder.warn(line, "missing-page", f"the toctree names {target}, which is no page of the site")
                if not is_partial:
                    continue
            name = target.rsplit("/", 1)[-1]
            text = title or self._refer("doc", target, name)
            self.builder.link(text, target, line=line)
            self._add_at("item", text, line)

    def _table(self, node: nodes.table, level: int) -> None:
        line = self._line_of(node)
        if any(True for entry in node.findall(nodes.entry) for _ in entry.findall(nodes.table)):
            # A table within a table lays out a page; its cells are read as text.
            for entry in node.findall(nodes.entry):
                if not inside_entry(entry, node):
                    self.children(entry, level=level)
            return
        title = node.next_node(nodes.title)
        name = self._inline(title) if title is not None else ""
        for tgroup in node.findall(nodes.tgroup):
            rows = drawn_rows(tgroup, self._cell, self._line_of)
            if not self._tags.is_hidden:
                write_grids(self.builder, grids_of(rows, name=name, line=line))

    def _entries(self, node: nodes.Element) -> bool:
        """Read a list whose items are records of one make, such as publications."""
        items = items_as_html(node.children, self._line_of)
        if self._tags.is_hidden or not items:
            return False
        heading = self.builder.heading_path[-1] if self.builder.heading_path else ""
        return self._records(node, read_entries(items, heading=heading, line_offset=0))

    def _cards(self, node: nodes.Element) -> bool:
        """Read a grid of cards of one make, such as people."""
        cards = [card for card in node.findall(nodes.container) if card.get("is_card")]
        elements = cards_as_html(cards, self._line_of) if len(cards) > 1 else []
        if self._tags.is_hidden or not elements:
            return False
        return self._records(node, read_cards(elements, line_offset=0))

    def _records(self, node: nodes.Element, grid: Grid | None) -> bool:
        if grid is None:
            return False
        self._inline(node)  # notes the links
        write_grids(self.builder, [grid])
        return True

    def _raw(self, pieces: Sequence[nodes.raw]) -> None:
        """Read pieces of raw HTML that stand side by side: blank lines part what is one table."""
        shown = [piece for piece in pieces if "html" in piece.get("format", "").split()]
        if not shown:
            return
        line = self._line_of(shown[0])
        markup = "\n".join(piece.astext() for piece in shown)
        if not self._tags.is_hidden:
            _read_html(self.builder, markup, line)
        self._tags.feed(markup)
        self._tags.taken_links()  # the HTML reader has noted them

    def _add(self, kind: BlockKind, text: str, node: nodes.Node) -> None:
        self._add_at(kind, text, self._line_of(node))

    def _add_at(self, kind: BlockKind, text: str, line: int) -> None:
        if not self._tags.is_hidden:
            self.builder.block(kind, text if kind == "code" else folded(text), line=line)

    # -- text -----------------------------------------------------------------------------------

    def _inline(self, node: nodes.Node) -> str:
        """Return the text that ``node`` shows; links and references are noted on the way."""
        match node:
            case nodes.Text():
                text = "" if self._tags.is_hidden else without_reserved(node.astext())
                self._tags.note_text(text)
                return text
            case nodes.raw():
                return self._inline_html(node)
            case CrossReference():
                return self._cross_reference(node)
            case nodes.comment() | nodes.system_message() | nodes.substitution_definition():
                return ""
            case nodes.image():
                return ""
            case nodes.math():
                return without_reserved(node.astext())
            case nodes.footnote_reference():
                return f"[{node.astext()}]"
            case nodes.Element():
                block = not isinstance(node, (nodes.Inline, nodes.TextElement))
                parts = [self._inline(child) for child in node.children]
                text = (" " if block else "").join(part for part in parts if part)
                self._note_link(node, text)
                return text
            case _:
                return ""

    def _cell(self, node: nodes.Node) -> str:
        """Return the text of a table cell; a picture alone is what its alternative text says."""
        text = folded(self._inline(node))
        if text.strip():
            return text
        named = (image.get("alt", "") for image in node.findall(nodes.image))
        return " ".join(alt for alt in named if nodes.fully_normalize_name(alt) not in self._named_images)

    def _code(self, node: nodes.Element) -> str:
        return "" if self._tags.is_hidden else without_reserved(node.astext())

    def _inline_html(self, node: nodes.raw) -> str:
        if "html" not in node.get("format", "").split():
            return ""
        markup = node.astext()
        self._tags.feed(markup)
        for target, text in self._tags.taken_links():
            self.builder.link(text, target, line=self._line_of(node))
        return " " if _BREAKING.match(markup) else ""

    def _cross_reference(self, node: CrossReference) -> str:
        if self._tags.is_hidden:
            return ""
        text = node.get("title", "") or self._refer(node["kind"], node["target"], node["text"])
        if node["kind"] == "doc" and node["target"]:
            self.builder.link(text, node["uri"], line=self._line_of(node))
        return text

    def _refer(self, kind: Literal["doc", "label"], target: str, fallback: str) -> str:
        self.references.append(Reference(kind, target, fallback))
        return marker(len(self.references) - 1)

    def _note_link(self, node: nodes.Element, text: str) -> None:
        if self._tags.is_hidden:
            return
        if isinstance(node, Download):
            self.downloads.append(node["target"])
            self.builder.link(text, node["uri"], line=self._line_of(node))
        elif isinstance(node, nodes.reference) and node.get("refuri"):
            self.builder.link(text, node["refuri"], line=self._line_of(node))

    # -- places ---------------------------------------------------------------------------------

    def _line_of(self, node: nodes.Node) -> int:
        """Return the line of ``node`` in the file itself; what is included has the line before.

        docutils gives many nodes the line where they end, or none; their first text has its own.
        """
        for candidate in (node, *itertools.islice(node.findall(nodes.TextElement), 8), *ancestors(node)):
            own = candidate.source is None or candidate.source == self._source
            if candidate.line and own:
                self._line = max(1, candidate.line)
                break
        return self._line

    def labels(self) -> list[Label]:
        """Return the labels of this page that stand above a heading or a titled block."""
        found = []
        for name, identifier in self._document.nameids.items():
            node = self._document.ids.get(identifier) if identifier else None
            if node is None or not self._document.nametypes.get(name):
                continue
            title = node.next_node(nodes.title) or node.next_node(nodes.caption)
            if title is not None and title.parent is node:
                found.append(Label(name, title.astext()))
        return found


def _read_html(builder: DocumentBuilder, markup: str, line: int) -> None:
    from assistant.readers.html import read_fragment

    try:
        read_fragment(builder, markup, line=line)
    except ReadError as error:
        builder.warn(line, "raw-html", str(error))
