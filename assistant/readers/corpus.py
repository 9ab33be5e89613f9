"""Reads a corpus folder: every file to a Document, each with its status and address."""

import hashlib
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import CorpusError, ReadError
from assistant.readers import jekyll
from assistant.readers.builder import SourceFile
from assistant.readers.listing import Skipped, list_files, matches
from assistant.readers.page import Page, resolve
from assistant.readers.site import Site, describe_site, place_files, place_sphinx
from assistant.schema import Document

_UNREAD = {
    ".doc": "save it as .docx to have it read",
    ".xls": "save it as .xlsx to have it read",
    ".ppt": "slides are not read; export them as .pdf",
    ".pptx": "slides are not read; export them as .pdf",
    ".odt": "save it as .docx to have it read",
    ".ipynb": "notebooks are not read",
}


@dataclass(frozen=True)
class Corpus:
    """What a folder of documents holds."""

    documents: tuple[Document, ...]  # sorted by source
    skipped: tuple[Skipped, ...]
    digest: str  # changes whenever a file, its name or the site's address does


def read_corpus(
    path: Path,
    *,
    site_url: str = "",
    exclude: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Read every document below ``path``; one that cannot be read is skipped and told.

    ``on_progress`` is called with (files done, files in all). Raises CorpusError where there is
    no such folder or nothing in it can be read.
    """
    listing = list_files(path, exclude)
    site = describe_site(path, listing.files, site_url=site_url)
    skipped = list(listing.skipped)
    wanted = []
    for source in listing.files:
        reason = _reason_to_skip(site, source)
        if reason:
            skipped.append(Skipped(source, reason))
        elif _reader_name(site, source):
            wanted.append(source)
    read: list[Page | Document] = []
    for done, source in enumerate(wanted, start=1):
        try:
            read.append(_read(site, source))
        except ReadError as error:
            skipped.append(Skipped(source, str(error)))
        if on_progress is not None:
            on_progress(done, len(wanted))
    if not read:
        raise CorpusError(f"{path}: holds no document that can be read")
    documents, left_out = _placed(site, read)
    skipped += left_out
    return Corpus(
        documents=tuple(sorted(documents, key=lambda document: document.source)),
        skipped=tuple(sorted(skipped, key=lambda item: item.source)),
        digest=_digest(site),
    )


def digest_corpus(path: Path, *, site_url: str = "", exclude: Sequence[str] = ()) -> str:
    """Return the digest that ``read_corpus`` would give, without reading any document."""
    listing = list_files(path, exclude)
    return _digest(describe_site(path, listing.files, site_url=site_url))


def _digest(site: Site) -> str:
    total = hashlib.sha256(site.url.encode())
    for source in site.files:
        if _reader_name(site, source) or posixpath.basename(source) in ("conf.py", "_config.yml"):
            content = hashlib.sha256((site.root / source).read_bytes()).hexdigest()
            total.update(f"\n{content} {source}".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _reason_to_skip(site: Site, source: str) -> str:
    suffix = posixpath.splitext(source)[1].lower()
    if suffix in _UNREAD:
        return _UNREAD[suffix]
    if site.kind in ("jekyll", "hugo"):
        return jekyll.reason_to_skip(source)
    if site.kind == "sphinx" and suffix in (".rst", ".md", ".html", ".htm", ".txt"):
        base = f"{site.settings.base}/" if site.settings.base else ""
        path = source.removeprefix(base)
        if source.startswith(base) and any(matches(path, pattern) for pattern in site.conf.exclude_patterns):
            return "excluded by exclude_patterns in conf.py"
    return ""


def _reader_name(site: Site, source: str) -> str:
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
    return _READERS_BY_SUFFIX.get(suffix, "")


_READERS_BY_SUFFIX = {
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


def _read(site: Site, source: str) -> Page | Document:
    file = SourceFile(site.root, source)
    name = _reader_name(site, source)
    if name == "rst":
        from assistant.readers import rst

        return rst.read_page(file, site.settings)
    if name == "myst":
        from assistant.readers import myst

        return myst.read_page(file, site.settings)
    return _load_reader(name)(file)


def _load_reader(name: str) -> Callable[[SourceFile], Document]:
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


def _placed(site: Site, read: Sequence[Page | Document]) -> tuple[tuple[Document, ...], tuple[Skipped, ...]]:
    """Return the documents as published, and what the site's own rules leave out."""
    pages: dict[str, Page] = {}
    for item in read:
        if isinstance(item, Page):
            pages.setdefault(site.docname(item.document.source) or item.document.source, item)
    titles = {name: page.document.title for name, page in pages.items()}
    labels = {label.name: label.title for page in pages.values() for label in page.labels}
    documents = tuple(resolve(item, titles, labels) if isinstance(item, Page) else item for item in read)
    if site.kind == "sphinx":
        return place_sphinx(site, documents, pages), ()
    if site.kind in ("jekyll", "hugo"):
        return jekyll.place_site(site.root, site.kind, documents, site_url=site.url), ()
    return place_files(site, documents), ()
