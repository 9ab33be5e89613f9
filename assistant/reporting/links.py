"""Finds links from one page of the site to another that lead nowhere."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from assistant.readers.site import Site
from assistant.reporting.nouns import Finding
from assistant.schema import Document, Link

# What generators add on their own: Sphinx's index, search and copies, feeds, lists of tags.
_GENERATED = re.compile(
    r"(?:^|/)(?:(?:genindex|modindex|py-modindex|search|404|tags|categories|archive)(?:\.html|/)?$|_(?:sources|images|modules|downloads)/|(?:atom|rss|feed)\b"
    r"|sitemap|robots\.txt$|favicon|tags?/|categor(?:y|ies)/)",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\{\{|\{%|%7B%7B|\$\{|<[a-z]", re.IGNORECASE)
_PAGE_ENDS = ("", ".rst", ".md", ".html", ".htm", ".ipynb", ".txt")
_FRONT_PAGES = ("index", "README", "readme", "_index")


def broken_links(site: Site, documents: Sequence[Document]) -> tuple[Finding, ...]:
    """Return the links whose page or file is nowhere in the site, by source and line.

    A link that could be meant in two ways is broken only where neither leads anywhere. Fragments
    are not looked at. On Jekyll and Hugo sites, where permalinks and plugins make pages that no
    file shows, only links to files such as a pdf are judged.
    """
    known = _known_paths(site, documents)
    found = {
        (document.source, link.line, link.target): Finding(
            document.source, link.line, document.url, link.text.strip(), link.target
        )
        for document in documents
        if document.status != "placeholder"
        for link in document.links
        if _is_broken(site, document, link, known)
    }
    return tuple(found[key] for key in sorted(found))


def _known_paths(site: Site, documents: Sequence[Document]) -> frozenset[str]:
    """Return every path below the corpus or the site's address that something stands at."""
    known = set(site.files)
    for path in site.files:
        while path := posixpath.dirname(path):
            known.add(path)
    known.update(_below_site(site, document.url) for document in documents if document.url)
    return frozenset(known)


def _below_site(site: Site, url: str) -> str:
    return unquote(url.partition("#")[0]).removeprefix(site.url).strip("/") if site.url else ""


def _is_broken(site: Site, document: Document, link: Link, known: frozenset[str]) -> bool:
    path = _internal_path(site, link.target)
    if not path or _GENERATED.search(path) or _TEMPLATE.search(link.target):
        return False
    suffix = posixpath.splitext(path)[1].lower()
    if site.kind in ("jekyll", "hugo") and suffix in ("", ".html", ".htm", ".md", ".xml", ".json"):
        return False
    return not any(
        _exists(site, candidate, known) for start in _starts(site, document) for candidate in _joined(start, path)
    )


def _internal_path(site: Site, target: str) -> str:
    """Return the path that a link within the site names; "" for any other link."""
    target = target.strip()
    if site.url and target.startswith(site.url):
        return "/" + unquote(target.removeprefix(site.url).partition("#")[0].partition("?")[0])
    if target.startswith(("#", "//")):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    path = unquote(parts.path)
    return "" if parts.scheme or parts.netloc or "\\" in path else path


def _starts(site: Site, document: Document) -> tuple[str, ...]:
    """Return the folders that a path may be meant from: the page's, the source tree's, the top."""
    return (posixpath.dirname(document.source), site.settings.base_of(document.source), "")


def _joined(start: str, path: str) -> Iterator[str]:
    """Yield ``path`` below ``start``; like a browser, no higher than the top."""
    joined = posixpath.normpath(posixpath.join(start, path.lstrip("/")))
    yield joined
    clamped = re.sub(r"^(?:\.\./)+", "", joined)
    yield posixpath.normpath(posixpath.join(start, clamped)) if clamped != joined else clamped


def _exists(site: Site, path: str, known: frozenset[str]) -> bool:
    if path in ("", "."):
        return True
    stem = path.removesuffix(".html").removesuffix(".htm").rstrip("/")
    names = [f"{stem}{end}" for end in _PAGE_ENDS] + [f"{stem}/{page}{end}" for page in _FRONT_PAGES
                                                        for end in _PAGE_ENDS]  # fmt: skip
    if path in known or any(name in known for name in names):
        return True
    # Hidden and built files are not listed, but are there.
    return ".." not in path.split("/") and (site.root / path).exists()
