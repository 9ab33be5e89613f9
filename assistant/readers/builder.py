"""Assembles a Document: readers say what they meet, the builder keeps text and offsets in step."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.schema import Block, BlockKind, Document, Link, Row, Section, Table, Warning
from assistant.text import detect_language

_SPACES = re.compile(r"[ \t\r\n\f\v\u00a0\u3000]+")
# Characters that show nothing and can hide words from a reader: never part of what is published.
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1f]")
_LONGEST_NAME = 160  # characters; what is longer stands before a table, but does not name it


@dataclass(frozen=True)
class SourceFile:
    """One file to read."""

    root: Path  # the corpus folder
    source: str  # path below it, with "/"

    @property
    def path(self) -> Path:
        return self.root / self.source


def one_line(text: str) -> str:
    """Return ``text`` without invisible characters, every run of white space one space."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def said(error: Exception) -> str:
    """Return the message of a foreign parser, cut to what a sentence of ours can hold."""
    text = one_line(str(error))
    return text if len(text) <= 160 else f"{text[:160]}…"


@dataclass(frozen=True)
class _OpenSection:
    heading_path: tuple[str, ...]
    anchor: str
    line: int
    start: int


class DocumentBuilder:
    """Collects the blocks of one file in reading order."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._open = _OpenSection((), "", 1, 0)
        self._path: list[tuple[int, str]] = []
        self._blocks: list[Block] = []
        self._tables: list[Table] = []
        self._links: list[Link] = []
        self._warnings: list[Warning] = []

    @property
    def heading_path(self) -> tuple[str, ...]:
        """The headings that the next block will stand under, outermost first."""
        return self._open.heading_path

    def heading(self, text: str, *, level: int, line: int, anchor: str = "") -> None:
        """Open a section; ``level`` is 1 for the outermost heading."""
        text = one_line(text)
        if not text:
            return
        self._close_section()
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))
        path = tuple(name for _, name in self._path)
        self._open = _OpenSection(path, anchor, line, self._next_start())
        self._add("heading", text, line)

    def section(self, heading_path: Sequence[str], *, anchor: str, line: int) -> None:
        """Open a section that has no visible heading of its own, such as the page of a pdf."""
        self._close_section()
        self._open = _OpenSection(tuple(heading_path), anchor, line, self._next_start())

    def block(self, kind: BlockKind, text: str, *, line: int) -> None:
        """Add one block; white space is folded except in code. Empty text adds nothing."""
        text = _INVISIBLE.sub("", text).strip("\n").rstrip() if kind == "code" else one_line(text)
        if text.strip():
            self._add(kind, text, line)

    def table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[tuple[Sequence[str], int]],
        *,
        line: int,
    ) -> None:
        """Add a table; each row is (cells, line).

        Column names are made non-empty and unique; short rows are filled with "". Rows without
        any text are left out.
        """
        names = _unique_names([one_line(column) for column in columns])
        kept = []
        for cells, row_line in rows:
            texts = [one_line(cell) for cell in cells][: len(names)]
            texts += [""] * (len(names) - len(texts))
            if any(texts):
                start = self._add("row", "\t".join(texts).strip("\t"), row_line)
                kept.append(Row(tuple(texts), row_line, start, self._length))
        if kept:
            name = one_line(name)
            name = name if 0 < len(name) <= _LONGEST_NAME else (self.heading_path[-1] if self.heading_path else "")
            self._tables.append(Table(name, names, tuple(kept), len(self._sections), line))

    def link(self, text: str, target: str, *, line: int) -> None:
        """Note a published link."""
        self._links.append(Link(one_line(text), target.strip(), line))

    def warn(self, line: int, code: str, message: str) -> None:
        """Note something that could not be taken as written."""
        self._warnings.append(Warning(self.source, line, code, one_line(message)))

    def build(self, *, title: str = "") -> Document:
        """Return the Document, with status ``published`` and no address: the site decides both."""
        self._close_section()
        text = "".join(self._parts)
        headings = [section.heading_path[-1] for section in self._sections if section.heading_path]
        fallback = headings[0] if headings else self.source.rsplit("/", 1)[-1]
        return Document(
            source=self.source,
            title=one_line(title) or fallback,
            text=text,
            language=detect_language(text),
            status="published",
            url="",
            sections=tuple(self._sections),
            blocks=tuple(self._blocks),
            tables=tuple(self._tables),
            links=tuple(self._links),
            warnings=tuple(self._warnings),
        )

    def _next_start(self) -> int:
        return self._length + 2 if self._parts else 0

    def _add(self, kind: BlockKind, text: str, line: int) -> int:
        if self._parts:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self._blocks.append(Block(kind, len(self._sections), line, start, self._length))
        return start

    def _close_section(self) -> None:
        opened = self._open
        if opened.heading_path or self._length > opened.start:
            start = min(opened.start, self._length)
            self._sections.append(Section(opened.heading_path, opened.anchor, opened.line, start, self._length))


def _unique_names(columns: Sequence[str]) -> tuple[str, ...]:
    names: dict[str, None] = {}  # in order; a list would make thousands of equal columns cubic
    repeats: dict[str, int] = {}
    for number, column in enumerate(columns, start=1):
        name = base = column or f"#{number}"
        while name in names:
            repeats[base] = repeats.get(base, 1) + 1
            name = f"{base} ({repeats[base]})"
        names[name] = None
    return tuple(names)
