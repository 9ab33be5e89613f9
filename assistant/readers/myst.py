"""Reads one MyST Markdown page."""

import re

from docutils import nodes, utils

from assistant.errors import ReadError
from assistant.readers.builder import SourceFile
from assistant.readers.doctree import page_of
from assistant.readers.page import Page, resolve
from assistant.readers.source_text import read_source
from assistant.readers.sphinx import Reading, SphinxSettings, Told, parse
from assistant.schema import Document

_DEFAULT = SphinxSettings()
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)


def read_page(file: SourceFile, settings: SphinxSettings = _DEFAULT) -> Page:
    """Return the page with what other pages decide still open."""
    text, warnings = read_source(file)
    told = Told()
    reading = Reading(file, settings)
    try:
        document = parse(_without_front_matter(text), _parser(settings), reading, told)
        return page_of(document, file, reading, told, warnings)
    except RecursionError as error:
        raise ReadError(f"{file.source}: the page is nested too deeply to be read") from error


def read(file: SourceFile) -> Document:
    """Return the page as it stands alone: references to other pages show their own text."""
    return resolve(read_page(file), {}, {})


def parse_included(text: str, document: nodes.document) -> list[nodes.Node]:
    """Return the nodes of Markdown that an rst page includes."""
    inner = utils.new_document("included:markdown", document.settings)
    inner.ids, inner.nameids, inner.nametypes = document.ids, document.nameids, document.nametypes
    inner.id_counter = document.id_counter
    reading = document.settings.reading
    inner.settings.myst_enable_extensions = set(reading.settings.conf.myst_extensions)
    _parser(reading.settings).parse(_without_front_matter(text), inner)
    return list(inner.children)


def _parser(settings: SphinxSettings):
    from myst_parser.parsers.docutils_ import Parser

    class MystParser(Parser):
        """MyST's parser under the site's own settings."""

        def setup_parse(self, inputstring: str, document: nodes.document) -> None:
            super().setup_parse(inputstring, document)
            document.settings.myst_enable_extensions = set(settings.conf.myst_extensions)

    return MystParser()


def _without_front_matter(text: str) -> str:
    """Return ``text`` with its front matter blanked: Sphinx does not publish it.

    MyST must not see it either, since a page could turn on Jinja2 substitutions there.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return text
    return "\n" * match.group(0).count("\n") + text[match.end() :]
