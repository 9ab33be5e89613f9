"""Reads a corpus folder: every file to a Document, each with its status and address."""

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import CorpusError
from assistant.readers.choosing import reader_name
from assistant.readers.dependencies import readers_version
from assistant.readers.listing import LEFT_OUT, Skipped, list_files, matches
from assistant.readers.page import Page, resolve
from assistant.readers.site import Site, describe_site, place_files, place_sphinx
from assistant.schema import Document, Warning

if TYPE_CHECKING:
    from assistant.readers.remembering import Memory, ReadFiles
    from assistant.readers.workers import Outcome

_UNREAD = {
    ".doc": "save it as .docx to have it read",
    ".xls": "save it as .xlsx to have it read",
    ".ppt": "slides are not read; export them as .pdf",
    ".pptx": "slides are not read; export them as .pdf",
    ".odt": "save it as .docx to have it read",
    ".ipynb": "notebooks are not read",
}


_SITE_FILES = ("conf.py", "_config.yml", "_toc.yml")


@dataclass(frozen=True)
class Corpus:
    """What a folder of documents holds."""

    documents: tuple[Document, ...]  # sorted by source
    skipped: tuple[Skipped, ...]
    warnings: tuple[Warning, ...]  # of the documents, and of the files that went wrong
    digest: str  # changes whenever a file, its name, the site's address or a reader does


def read_corpus(
    path: Path,
    *,
    site_url: str = "",
    exclude: Sequence[str] = (),
    memory: "Memory | None" = None,
    read: "ReadFiles | None" = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Read every document below ``path``; one that cannot be read is skipped and told.

    With ``memory``, a file that did not change since is not read again; the others are read by
    ``read``, or by children of this process. ``on_progress`` is called with (files done, files in
    all). Raises CorpusError where there is no such folder or nothing in it can be read.
    """
    listing = list_files(path, exclude)
    site = describe_site(path, listing.files, site_url=site_url)
    skipped = list(listing.skipped)
    wanted: list[str] = []
    for source in listing.files:
        left_out = _left_out(site, source)
        if left_out is not None:
            skipped.append(left_out)
        elif reader_name(site, source):
            wanted.append(source)
    taken: list[Page | Document] = []
    for done, outcome in enumerate(_outcomes(site, wanted, memory, read), start=1):
        if outcome.read is None:
            skipped.append(Skipped(outcome.source, outcome.reason, outcome.code))
        else:
            taken.append(outcome.read)
        if on_progress is not None:
            on_progress(done, len(wanted))
    if not taken:
        raise CorpusError(f"{path}: holds no document that can be read")
    documents, left_out = _placed(site, taken)
    skipped += left_out
    documents = tuple(sorted(documents, key=lambda document: document.source))
    skipped.sort(key=lambda item: item.source)
    return Corpus(
        documents=documents,
        skipped=tuple(skipped),
        warnings=_warnings(documents, skipped),
        digest=_digest(site),
    )


def _outcomes(
    site: Site, wanted: Sequence[str], memory: "Memory | None", read: "ReadFiles | None"
) -> "Iterator[Outcome]":
    # Here, since every question asks for the digest, and none for what reads documents.
    from assistant.readers.remembering import read_changed
    from assistant.readers.workers import read_files

    read = read or read_files
    return read(site, wanted) if memory is None else read_changed(site, wanted, memory, read=read)


def _warnings(documents: Sequence[Document], skipped: Sequence[Skipped]) -> tuple[Warning, ...]:
    wrong = [Warning(item.source, 0, item.code, item.reason) for item in skipped if item.code != LEFT_OUT]
    told = [warning for document in documents for warning in document.warnings] + wrong
    return tuple(sorted(told, key=lambda warning: (warning.source, warning.line)))


def digest_corpus(path: Path, *, site_url: str = "", exclude: Sequence[str] = ()) -> str:
    """Return the digest that ``read_corpus`` would give, without reading any document."""
    listing = list_files(path, exclude)
    return _digest(describe_site(path, listing.files, site_url=site_url))


def _digest(site: Site) -> str:
    total = hashlib.sha256(f"{readers_version()} {site.url}".encode())
    for source in site.files:
        if reader_name(site, source) or posixpath.basename(source) in _SITE_FILES:
            content = hashlib.sha256((site.root / source).read_bytes()).hexdigest()
            total.update(f"\n{content} {source}".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _left_out(site: Site, source: str) -> Skipped | None:
    """Return why a file is not even tried, None where it is."""
    suffix = posixpath.splitext(source)[1].lower()
    if suffix in _UNREAD:
        return Skipped(source, _UNREAD[suffix], "unread-format")
    if site.kind in ("jekyll", "hugo"):
        from assistant.readers import jekyll  # its imports cost more than all others here

        reason = jekyll.reason_to_skip(source)
        return Skipped(source, reason) if reason else None
    if site.kind == "sphinx" and suffix in (".rst", ".md", ".html", ".htm", ".txt"):
        base = site.settings.base_of(source)
        base = f"{base}/" if base else ""
        path = source.removeprefix(base)
        if source.startswith(base) and any(matches(path, pattern) for pattern in site.conf.exclude_patterns):
            return Skipped(source, "excluded by exclude_patterns in conf.py")
    return None


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
        from assistant.readers import jekyll

        return jekyll.place_site(site.root, site.kind, documents, site_url=site.url), ()
    return place_files(site, documents), ()
