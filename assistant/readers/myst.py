"""Reads one MyST Markdown page."""

from assistant.readers.builder import SourceFile
from assistant.readers.doctree import page_of
from assistant.readers.myst_parsing import myst_parser, substituted, without_front_matter
from assistant.readers.page import Page, resolve
from assistant.readers.reading import Reading, SphinxSettings
from assistant.readers.source_text import read_source
from assistant.readers.sphinx import Told, parse
from assistant.schema import Document

_DEFAULT = SphinxSettings()


def read_page(file: SourceFile, settings: SphinxSettings = _DEFAULT) -> Page:
    """Return the page with what other pages decide still open."""
    text, warnings = read_source(file)
    told = Told()
    reading = Reading(file, settings)
    document = parse(without_front_matter(substituted(text, settings)), myst_parser(settings), reading, told)
    return page_of(document, file, told, warnings)


def read(file: SourceFile) -> Document:
    """Return the page as it stands alone: references to other pages show their own text."""
    return resolve(read_page(file), {}, {})
