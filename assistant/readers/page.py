"""A page as read on its own, and the step that fills in what other pages have to say about it.

The text of ``:doc:`team/hpc``` is the title of another page. A reader puts a marker in its place,
so that reading stays a function of one file; ``resolve`` replaces the markers once every title
is known.
"""

import bisect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from assistant.schema import Document, Row, Table

# Private-use characters; readers strip them from what they read.
_MARKER = re.compile("\ue000(\\d+)\ue001")
MARKER_CHARACTERS = "\ue000\ue001"


@dataclass(frozen=True)
class Reference:
    """A place in the text that shows the title of a page or the heading of a label."""

    kind: Literal["doc", "label"]
    target: str  # document name below the corpus folder, or label
    text: str  # shown where the target does not exist


@dataclass(frozen=True)
class Label:
    """A name that other pages can refer to, and the heading that stands under it."""

    name: str
    title: str


@dataclass(frozen=True)
class Page:
    """One source file of a Sphinx site; ``document`` still holds markers."""

    document: Document
    toctree: tuple[str, ...]  # document names in the order of the page's toctrees
    downloads: tuple[str, ...]  # files that the build copies to _downloads, below the corpus folder
    labels: tuple[Label, ...]
    references: tuple[Reference, ...]
    asked: tuple[str, ...] = ()  # what else of the site it depends on, as `Reading.asked`


def marker(number: int) -> str:
    """Return the text that stands for reference ``number`` until it is resolved."""
    return f"\ue000{number}\ue001"


def resolve(page: Page, titles: Mapping[str, str], labels: Mapping[str, str]) -> Document:
    """Return the page's document with every marker replaced by the text a visitor sees.

    ``titles``: document name → title; ``labels``: label → heading.
    """

    def shown(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if number >= len(page.references):
            return ""
        reference = page.references[number]
        known = titles if reference.kind == "doc" else labels
        return _MARKER.sub("", known.get(reference.target, "")) or reference.text

    document = page.document
    if not page.references:
        return document
    text, moved = _substitute(document.text, shown)

    def plain(value: str) -> str:
        return _MARKER.sub(shown, value)

    return replace(
        document,
        title=plain(document.title),
        text=text,
        sections=tuple(
            replace(
                section,
                heading_path=tuple(plain(name) for name in section.heading_path),
                start=moved(section.start),
                end=moved(section.end),
            )
            for section in document.sections
        ),
        blocks=tuple(replace(block, start=moved(block.start), end=moved(block.end)) for block in document.blocks),
        tables=tuple(_resolved_table(table, plain, moved) for table in document.tables),
        links=tuple(replace(link, text=plain(link.text)) for link in document.links),
        warnings=tuple(replace(told, message=plain(told.message)) for told in document.warnings),
    )


def _resolved_table(table: Table, plain: Callable[[str], str], moved: Callable[[int], int]) -> Table:
    rows = tuple(
        Row(tuple(plain(cell) for cell in row.cells), row.line, moved(row.start), moved(row.end)) for row in table.rows
    )
    columns = tuple(plain(column) for column in table.columns)
    return replace(table, name=plain(table.name), columns=columns, rows=rows)


def _substitute(text: str, shown: Callable[[re.Match[str]], str]) -> tuple[str, Callable[[int], int]]:
    """Return ``text`` with markers replaced, and a function from old offsets to new ones."""
    parts: list[str] = []
    ends = [0]  # old offsets behind each marker
    shifts = [0]
    done = 0
    for match in _MARKER.finditer(text):
        replacement = shown(match)
        parts += [text[done : match.start()], replacement]
        done = match.end()
        ends.append(done)
        shifts.append(shifts[-1] + len(replacement) - (match.end() - match.start()))
    parts.append(text[done:])

    def moved(offset: int) -> int:
        return offset + shifts[bisect.bisect_right(ends, offset) - 1]

    return "".join(parts), moved
