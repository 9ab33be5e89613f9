"""The directives that bring in other files of the corpus, and raw HTML."""

import csv
import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, states
from docutils.parsers.rst.directives.tables import CSVTable
from docutils.statemachine import StringList

from assistant.readers.lenient import Lenient, content_line
from assistant.readers.myst_parsing import parse_included
from assistant.readers.source_text import without_reserved


class LocalTable(CSVTable):
    """``csv-table`` whose ``:file:`` may only name a file of the corpus."""

    def run(self) -> list[nodes.Node]:
        settings = self.state.document.settings
        if "url" in self.options:
            raise self.warning("a table from an address is not read")
        if "file" not in self.options:
            return self._with_lines(super().run())
        path = settings.reading.inside(self.options["file"])
        if path is None:
            raise self.warning(f'"{self.options["file"]}" is not a file of the corpus')
        self.options["file"] = str(path)
        settings.file_insertion_enabled = True
        try:
            return super().run()
        finally:
            settings.file_insertion_enabled = False

    def _with_lines(self, read: list[nodes.Node]) -> list[nodes.Node]:
        """Give the rows of the table the lines they stand on, which docutils does not note."""
        rows = [row for node in read for row in node.findall(nodes.row)]
        reader = csv.reader(self.content, dialect=self.DocutilsDialect(self.options))
        starts, start = [], 0
        for _ in reader:
            starts.append(content_line(self) + start)
            start = reader.line_num
        for row, line in zip(reversed(rows), reversed(starts), strict=False):
            row.line = line
            row.source = self.state.document.current_source
        return read


class LiteralInclude(Lenient):
    """A file of the corpus shown as code."""

    def run(self) -> list[nodes.Node]:
        text = _included(self, self.arguments[0] if self.arguments else "")
        node = nodes.literal_block(text, _clip(text, self.options))
        node.line = self.lineno
        return [node]


class Include(Lenient):
    """A file of the corpus read as part of this page."""

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0] if self.arguments else ""
        text = _clip(_included(self, name), self.options)
        if "literal" in self.options or "code" in self.options:
            node = nodes.literal_block(text, text)
            node.line = self.lineno
            return [node]
        box = nodes.container()
        box["line"] = self.lineno
        markdown = name.endswith(".md") or "myst" in self.options.get("parser", "")
        rst = isinstance(self.state, states.RSTState)
        if rst and markdown:
            box += parse_included(text, self.state.document)
            return [box]
        if rst:
            self.state_machine.insert_input(text.splitlines(), f"included:{name}")
            return []
        lines = StringList(text.splitlines(), f"included:{name}")
        self.state.nested_parse(lines, 0, box, match_titles=True)
        return [box]


def _included(directive: Directive, name: str) -> str:
    """Return the text of a file of the corpus, or raise the directive's own warning."""
    reading = directive.state.document.settings.reading
    path = reading.inside(name)
    if path is None:
        raise directive.warning(f'"{name}" is not a file of the corpus')
    if not reading.may_include(path):
        raise directive.warning(f'"{name}" is left out, the page includes too much')
    return without_reserved(path.read_text(encoding="utf-8-sig", errors="replace"))


def _clip(text: str, options: dict[str, Any]) -> str:
    lines = text.splitlines()
    first, last = _number(options.get("start-line"), 0), _number(options.get("end-line"), None)
    if "lines" in options:
        bounds = re.fullmatch(r"\s*(\d+)\s*-\s*(\d*)\s*", options["lines"])
        if bounds:
            first = int(bounds.group(1)) - 1
            last = int(bounds.group(2)) if bounds.group(2) else None
    text = "\n".join(lines[first:last])
    for name, keep in (("start-after", 1), ("end-before", 0)):
        if options.get(name) and options[name] in text:
            text = text.split(options[name], 1)[keep]
    return text


def _number(value: str | None, default: int | None) -> int | None:
    try:
        return int(value) if value else default
    except ValueError:
        return default


class Raw(Lenient):
    """Raw HTML, which the published page shows; other formats and files are left out."""

    def run(self) -> list[nodes.Node]:
        formats = self.arguments[0].lower().split() if self.arguments else []
        if "html" not in formats or "file" in self.options or "url" in self.options:
            return []
        markup = "\n".join(self.content)
        node = nodes.raw(markup, markup, format="html")
        node.line = content_line(self)
        node.source = self.state.document.current_source
        return [node]
