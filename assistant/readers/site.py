"""Says what kind of site a corpus is, which of its pages are published, and where."""

import contextlib
import hashlib
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from assistant.readers.listing import glob_expression
from assistant.readers.page import Page
from assistant.readers.placeholders import is_placeholder
from assistant.readers.reading import SphinxSettings
from assistant.readers.sphinx_conf import SphinxConf, read_conf, read_external_toc
from assistant.schema import Document, Status

SiteKind = Literal["sphinx", "jekyll", "hugo", "html", "plain"]

_PAGES = (".rst", ".md", ".html", ".htm")
_TOCTREE = re.compile(rb"^[ \t]*(?:\.\. toctree::|[`:~]{3,}\s*\{toctree\})", re.MULTILINE)
_SCRIPTS = (".html", ".htm", ".js", ".mjs", ".ts", ".jsx", ".tsx", ".vue", ".svelte", ".astro")
_SCRIPT_BYTES = 2_000_000  # of a script, the beginning is looked through
_JSON_NAME = re.compile(rb"[\w-]+(?:\.[\w-]+)*\.json\b")
_TOOLS_FILES = frozenset(("package.json", "package-lock.json", "manifest.json", "tsconfig.json", "composer.json"))
_JEKYLL_FOLDERS = ("_data/", "_posts/", "_pages/", "_layouts/")


@dataclass(frozen=True)
class Site:
    """A corpus folder seen as the site it is published as."""

    root: Path
    kind: SiteKind
    settings: SphinxSettings  # of a Sphinx site; the defaults elsewhere
    files: tuple[str, ...]
    url: str  # where it is published, with a trailing "/"; "" where unknown
    toc: tuple[str, ...] = ()  # globs of the pages that a Jupyter Book's _toc.yml publishes
    loaded: frozenset[str] = frozenset()  # data files that a page or script of the site names

    @property
    def conf(self) -> SphinxConf:
        return self.settings.conf

    def docname(self, source: str) -> str:
        """Return the document name of a page below the corpus folder, "" where it is none."""
        for suffix in self.conf.suffixes:
            if source.endswith(suffix):
                return source.removesuffix(suffix)
        return ""


def describe_site(root: Path, files: Sequence[str], *, site_url: str = "") -> Site:
    """Return the site that ``files`` (sorted paths below ``root``) make up."""
    conf_paths = _conf_paths(files)
    toc_path = _shallowest(files, "_toc.yml")
    kind = _kind(root, files, is_sphinx=bool(conf_paths or toc_path))
    conf = read_conf(root / conf_paths[0]) if conf_paths and kind == "sphinx" else SphinxConf()
    bases = tuple(posixpath.dirname(path) for path in conf_paths or [toc_path])
    toc: tuple[str, ...] = ()
    if kind != "sphinx":
        bases = ("",)
    elif toc_path:
        root_doc, toc = read_external_toc(root / toc_path)
        conf = replace(conf, root_doc=root_doc or conf.root_doc)
    elif not conf_paths:
        bases = (posixpath.dirname(_shallowest(files, "index.rst") or _shallowest(files, "index.md")),)
    names = {name for source in files for name in [_docname(source, conf.suffixes)] if name}
    url = site_url or conf.html_baseurl
    url = url if not url or url.endswith("/") else f"{url}/"
    settings = SphinxSettings(conf, bases, tuple(sorted(names)))
    loaded = frozenset() if kind == "sphinx" else _loaded(root, files)
    return Site(root, kind, settings, tuple(files), url, toc, loaded)


def _conf_paths(files: Sequence[str]) -> list[str]:
    """Return the conf.py nearest to the top that has pages beside or below it.

    Its siblings come with it: ``docs/en/conf.py`` and ``docs/zh_cn/conf.py`` are one site.
    """
    pages = [source for source in files if source.endswith((".rst", ".md"))]
    found = [
        source
        for source in files
        if posixpath.basename(source) == "conf.py"
        and any(page.startswith(source.removesuffix("conf.py")) for page in pages)
    ]
    first = _shallowest(found, "conf.py")
    siblings = posixpath.dirname(posixpath.dirname(first))
    return [
        source
        for source in found
        if source == first
        or (
            posixpath.dirname(first)
            and posixpath.dirname(posixpath.dirname(source)) == siblings
            and source.count("/") == first.count("/")
        )
    ]


def _kind(root: Path, files: Sequence[str], *, is_sphinx: bool) -> SiteKind:
    top = {source.split("/", 1)[0] for source in files}
    if is_sphinx and not ("_config.yml" in top and any(source.startswith(_JEKYLL_FOLDERS) for source in files)):
        return "sphinx"
    if top & {"hugo.toml", "hugo.yaml"} or (
        "content" in {s.split("/")[0] for s in files} and top & {"config.toml", "config.yaml"}
    ):
        return "hugo"
    if "_config.yml" in top or any(source.startswith(_JEKYLL_FOLDERS) for source in files):
        return "jekyll"
    sources = [source for source in files if source.endswith((".rst", ".md"))]
    if any(_TOCTREE.search((root / source).read_bytes()) for source in sources):
        return "sphinx"
    if any(source.endswith((".html", ".htm")) for source in files):
        return "html"
    return "plain"


def _loaded(root: Path, files: Sequence[str]) -> frozenset[str]:
    """Return the JSON files that pages or scripts name: what they load is shown to visitors."""
    data = [s for s in files if s.endswith(".json") and posixpath.basename(s) not in _TOOLS_FILES]
    if not data:
        return frozenset()
    named: set[bytes] = set()
    for source in files:
        if source.endswith(_SCRIPTS):
            with contextlib.suppress(OSError), (root / source).open("rb") as file:
                named.update(_JSON_NAME.findall(file.read(_SCRIPT_BYTES)))
    return frozenset(s for s in data if posixpath.basename(s).encode() in named)


def _shallowest(files: Sequence[str], name: str) -> str:
    found = [source for source in files if posixpath.basename(source) == name]
    return min(found, key=lambda source: (source.count("/"), source), default="")


def _docname(source: str, suffixes: Sequence[str]) -> str:
    return next((source.removesuffix(end) for end in suffixes if source.endswith(end)), "")


def place_sphinx(site: Site, documents: Sequence[Document], pages: Mapping[str, Page]) -> tuple[Document, ...]:
    """Return the documents with the status and address that Sphinx gives them.

    ``pages``: document name → page; of two files with one document name only the first is built.
    """
    built = {page.document.source: name for name, page in pages.items()}
    reached = _reachable(site, pages)
    published = {page.document.source for name, page in pages.items() if name in reached}
    shown = [document for document in documents if document.source in published]
    linked = linked_files(shown, site)
    downloads = {path for page in pages.values() for path in page.downloads}
    placed = []
    for document in documents:
        source = document.source
        status: Status = "published" if source in published or source in linked else "orphan"
        if source in built:
            url = _sphinx_url(site, built[source] + ".html")
        elif site.docname(source):
            status, url = "orphan", ""
        else:
            url = _attachment_url(site, source, is_download=source in downloads)
        if is_placeholder(document):
            status = "placeholder"
        placed.append(replace(document, status=status, url=url))
    return tuple(placed)


def place_files(site: Site, documents: Sequence[Document]) -> tuple[Document, ...]:
    """Return the documents of a plain or HTML site: pages are published, files where linked."""
    pages = [document for document in documents if document.source.endswith(_PAGES)]
    linked = linked_files(pages, site)
    placed = []
    for document in documents:
        is_page = document.source.endswith(_PAGES)
        orphan = site.kind == "html" and not is_page and document.source not in linked | site.loaded
        status: Status = "orphan" if orphan else "published"
        if is_page and is_placeholder(document):
            status = "placeholder"
        url = site.url + quote(_plain_path(document.source)) if site.url else ""
        placed.append(replace(document, status=status, url=url))
    return tuple(placed)


def _plain_path(source: str) -> str:
    """Return the path of a page that GitHub Pages and its like make of a file."""
    stem, suffix = posixpath.splitext(source)
    if suffix not in (".md", ".rst"):
        return source
    folder, name = posixpath.split(stem)
    name = "index" if name.lower() == "readme" else name
    return posixpath.join(folder, f"{name}.html")


def linked_files(documents: Iterable[Document], site: Site) -> frozenset[str]:
    """Return the files of the corpus that ``documents`` link to."""
    known = set(site.files)
    found = set()
    for document in documents:
        for link in document.links:
            target = link.target
            parts = urlsplit(target) if "\\" not in target and "[" not in target else None
            if parts is None or parts.scheme or parts.netloc or not parts.path:
                continue
            path = unquote(parts.path)
            folder = posixpath.dirname(document.source)
            if path.startswith("/"):
                folder, path = site.settings.base_of(document.source), path.lstrip("/")
            # A browser, too, goes no higher than the top.
            joined = re.sub(r"^(?:\.\./)+", "", posixpath.normpath(posixpath.join(folder, path)))
            if joined in known:
                found.add(joined)
    return frozenset(found)


def _reachable(site: Site, pages: Mapping[str, Page]) -> frozenset[str]:
    """Return the names of the pages that a visitor reaches from the root page."""
    bases = site.settings.bases
    roots = {posixpath.join(base, site.conf.root_doc) for base in bases} & pages.keys()
    if not roots:
        return frozenset(pages)
    listed = {posixpath.normpath(posixpath.join(base, name)) for base in bases for name in site.toc}
    reached = roots | {name for name in pages if any(glob_expression(one).fullmatch(name) for one in listed)}
    waiting = sorted(reached)
    while waiting:
        for name in pages[waiting.pop()].toctree:
            if name in pages and name not in reached:
                reached.add(name)
                waiting.append(name)
    return frozenset(reached)


def _sphinx_url(site: Site, path: str) -> str:
    base = f"{site.settings.top}/" if site.settings.top else ""
    if not site.url or not path.startswith(base):
        return ""
    return site.url + quote(path.removeprefix(base))


def _attachment_url(site: Site, source: str, *, is_download: bool) -> str:
    """Return where Sphinx puts a file that is no page, "" where it leaves it behind."""
    base = site.settings.base_of(source)
    path = source.removeprefix(f"{base}/") if base else source
    if not site.url or (base and path == source):
        return ""
    below = base.removeprefix(site.settings.top).strip("/")
    url = site.url + (f"{quote(below)}/" if below else "")
    for folder in site.conf.static_path:
        if _is_below(path, folder):
            return f"{url}_static/{quote(posixpath.relpath(path, folder))}"
    for folder in site.conf.extra_path:
        if path == folder or _is_below(path, folder):
            return url + quote(posixpath.relpath(path, folder if path != folder else "."))
    if is_download:
        # Sphinx copies what :download: names to _downloads/<md5 of its path>/<name>.
        digest = hashlib.md5(path.encode(), usedforsecurity=False).hexdigest()
        return f"{url}_downloads/{digest}/{quote(posixpath.basename(path))}"
    return ""


def _is_below(path: str, folder: str) -> bool:
    return bool(folder.strip("./")) and path.startswith(f"{posixpath.normpath(folder)}/")
