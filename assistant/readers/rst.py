"""Reads one reStructuredText page."""

from docutils import nodes
from docutils.parsers.rst import Parser, states
from docutils.statemachine import StringList, string2lines

from assistant.readers.builder import SourceFile
from assistant.readers.doctree import page_of
from assistant.readers.page import Page, resolve
from assistant.readers.reading import Reading, SphinxSettings
from assistant.readers.source_text import read_source
from assistant.readers.sphinx import Told, parse
from assistant.schema import Document

_DEFAULT = SphinxSettings()


class _RstParser(Parser):
    """docutils' parser, with the prologue and epilogue that conf.py adds to every page."""

    def __init__(self, prolog: str, epilog: str) -> None:
        super().__init__()
        self._prolog = prolog
        self._epilog = epilog

    def parse(self, inputstring: str, document: nodes.document) -> None:
        self.setup_parse(inputstring, document)
        lines = StringList(
            string2lines(inputstring, tab_width=8, convert_whitespace=True),
            document.current_source,
        )
        if self._prolog:
            prolog = StringList(["", *self._prolog.splitlines(), ""], "included:rst_prolog")
            lines = _spliced(lines, prolog, _fields_at_top(lines))
        if self._epilog:
            epilog = StringList(["", *self._epilog.splitlines()], "included:rst_epilog")
            lines = _spliced(lines, epilog, len(lines))
        self.statemachine = states.RSTStateMachine(state_classes=self.state_classes, initial_state=self.initial_state)
        self.statemachine.run(lines, document, inliner=self.inliner)
        self.finish_parse()


def _spliced(lines: StringList, added: StringList, position: int) -> StringList:
    """Return ``lines`` with ``added`` before ``position``, each line with its own source."""
    return StringList(
        items=[*lines.items[:position], *added.items, *lines.items[position:]],
        initlist=[*lines.data[:position], *added.data, *lines.data[position:]],
    )


def _fields_at_top(lines: StringList) -> int:
    """Return how many lines the field list at the very top takes: it has to stay first."""
    count = 0
    for line in lines:
        if not line.strip() or not (line.startswith(":") or (count and line[0].isspace())):
            break
        count += 1
    return count


def read_page(file: SourceFile, settings: SphinxSettings = _DEFAULT) -> Page:
    """Return the page with what other pages decide still open."""
    text, warnings = read_source(file)
    told = Told()
    reading = Reading(file, settings)
    parser = _RstParser(settings.conf.rst_prolog, settings.conf.rst_epilog)
    document = parse(text, parser, reading, told)
    return page_of(document, file, told, warnings, title_lines_below=1)


def read(file: SourceFile) -> Document:
    """Return the page as it stands alone: references to other pages show their own text."""
    return resolve(read_page(file), {}, {})
