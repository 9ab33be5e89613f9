"""Documents made in memory, in the shape that readers give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.schema import Block, BlockKind, Document, Row, Section, Status, Table


@dataclass(frozen=True)
class Part:
    """A section to be: its headings and its blocks as (kind, text); a row's cells part at tabs."""

    heading_path: tuple[str, ...]
    blocks: tuple[tuple[BlockKind, str], ...]
    columns: tuple[str, ...] = ()  # of the one table that its rows make
    table: str = ""


def make_document(
    parts: Sequence[Part], *, source: str = "doc/page.md", title: str = "Page", status: Status = "published"
) -> Document:
    """Return a published document whose text is the blocks of ``parts``, parted by blank lines."""
    text, sections, blocks, tables = "", [], [], []
    for number, part in enumerate(parts):
        heading = [("heading", part.heading_path[-1])] if part.heading_path else []
        first, rows = len(text), []
        for kind, body in (*heading, *part.blocks):
            start, line = len(text), text.count("\n") + 1
            text += f"{body}\n\n"
            blocks.append(Block(kind, number, line, start, start + len(body)))
            if kind == "row":
                rows.append(Row(tuple(body.split("\t")), line, start, start + len(body)))
        line = text.count("\n", 0, first) + 1
        sections.append(Section(part.heading_path, f"id{number + 1}", line, first, len(text)))
        if rows:
            tables.append(Table(part.table or title, part.columns, tuple(rows), number, line))
    return Document(
        source=source, title=title, text=text, language="zh", status=status,
        url=f"https://lab.example/{source}", sections=tuple(sections), blocks=tuple(blocks),
        tables=tuple(tables), links=(), warnings=(),
    )  # fmt: skip


def document_of(entry: dict[str, Any]) -> Document:
    """Return the document that a case file describes."""
    parts = [
        Part(
            tuple(part.get("headings", ())),
            tuple((kind, text) for block in part["blocks"] for kind, text in block.items()),
            tuple(part.get("columns", ())),
            part.get("table", ""),
        )
        for part in entry["sections"]
    ]
    return make_document(
        parts,
        source=entry.get("source", "doc/page.md"),
        title=entry.get("title", "Page"),
        status=entry.get("status", "published"),
    )
