"""Chooses the reader of a file by its suffix and the kind of its site."""

import posixpath
from collections.abc import Callable

from assistant.readers.builder import SourceFile
from assistant.readers.page import Page
from assistant.readers.site import Site
from assistant.schema import Document

_BY_SUFFIX = {
    ".rst": "rst",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".bib": "bibtex",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".docx": "docx",
    ".pdf": "pdf",
    ".txt": "text",
}


def reader_name(site: Site, source: str) -> str:
    """Return the name of the reader for ``source``, "" where none reads such files."""
    name = posixpath.basename(source).lower()
    if name.startswith("requirements") or name in ("robots.txt", "cmakelists.txt", "license.txt"):
        return ""
    suffix = posixpath.splitext(name)[1]
    if site.kind == "sphinx":
        if suffix in (".yml", ".yaml"):
            return ""
        if suffix == ".md":
            return "myst"
        if suffix == ".txt" and suffix in site.conf.suffixes:
            return "rst"
    if suffix == ".json":
        return "json" if source in site.loaded or source.startswith("_data/") else ""
    return _BY_SUFFIX.get(suffix, "")


def read_file(site: Site, source: str) -> Page | Document:
    """Read one file of the corpus; raises ReadError, one sentence, where it cannot be read."""
    file = SourceFile(site.root, source)
    name = reader_name(site, source)
    if name == "rst":
        from assistant.readers import rst

        return rst.read_page(file, site.settings)
    if name == "myst":
        from assistant.readers import myst

        return myst.read_page(file, site.settings)
    return _loaded(name)(file)


def _loaded(name: str) -> Callable[[SourceFile], Document]:
    """Import a reader only when a file needs it: a start should not pay for what it never reads."""
    if name == "html":
        from assistant.readers import html

        return html.read
    if name == "markdown":
        from assistant.readers import markdown

        return markdown.read
    if name in ("xlsx", "docx"):
        from assistant.readers import office

        return office.read
    if name == "pdf":
        from assistant.readers import pdf

        return pdf.read
    from assistant.readers import data

    return data.read
