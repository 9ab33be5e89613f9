"""What a Jekyll or Hugo site publishes of its sources: which pages are linked, where they stand."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

from assistant.errors import ReadError
from assistant.readers.boilerplate import is_boilerplate
from assistant.readers.charset import decode
from assistant.readers.frontmatter import split_page
from assistant.readers.site import is_placeholder
from assistant.readers.yaml_tree import Mapping, Scalar, Value, parse_yaml
from assistant.readers.yaml_tree import Sequence as YamlSequence
from assistant.schema import Document, Status

_PAGES = (".md", ".markdown", ".html", ".htm")
_DATA = (".yml", ".yaml", ".csv", ".tsv", ".json", ".bib")
_REFERENCE = re.compile(r"site\.(data\.)?([\w-]+)")
# Components of lab templates take the list they show as a parameter: {% include list.html data="members" %}
_LISTED = re.compile(r"\{%-?\s*include\s[^%]*?\b(?:data|collection)\s*=\s*[\"']([\w./-]+)[\"']", re.S)
_NAVIGATION_FILE = re.compile(r"^_data/(?:[\w-]*nav[\w-]*|menus?|header|sidebar)\.ya?ml$", re.I)
# Files of a theme: they word or arrange the site and say nothing about the lab.
_THEME_FILE = re.compile(
    r"^_data/(?:comments/.*|(?:[\w-]*nav[\w-]*|menus?|header|footer|sidebar|ui-text|i18n|l10n|locales?|strings|messages"
    r"|translations?|types|icons?|social|socials|theme|settings|options|config|toc|analytics|coauthors_links"
    r"|download_links)\.\w+|(?:i18n|locales?|languages)/.*)$"
    r"|^i18n/|^themes/|^archetypes/|^(?:config|params|menus?|languages)[\w.-]*\.(?:ya?ml|toml)$|^config/"
    r"|^(?:.*/)?(?:README|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT|LICEN[SC]E|INSTALL|SECURITY|AUTHORS|FAQ_THEME)"
    r"(?:[\w.-]*)\.(?:md|markdown|txt)$",
    re.I,
)
_SERVICE_PAGE = re.compile(
    r"^(?:.*/)?(?:404|sitemap|search|feed|tags?|categor(?:y|ies)|(?:tag|category|year|page|collection)-archive"
    r"|offline|redirects?|thank-?you|robots|talkmap)\.(?:md|markdown|html?)$",
    re.I,
)

_CONFIG = "_config.yml"

SiteKind = Literal["jekyll", "hugo"]


@dataclass(frozen=True)
class _Source:
    """One file of the site as its generator sees it."""

    document: Document
    fields: Mapping
    text: str
    path: str  # address below the site's root, "" where it has none of its own


def reason_to_skip(source: str) -> str:
    """Return why a file of a Jekyll or Hugo site is not read at all, "" where it is."""
    if _THEME_FILE.match(source):
        return "belongs to the site's template, not to its content"
    if _SERVICE_PAGE.match(source):
        return "a service page of the site's template"
    return ""


def place_site(root: Path, kind: SiteKind, documents: Sequence[Document], *, site_url: str) -> tuple[Document, ...]:
    """Return the documents with the status and address that the site gives them."""
    config = _config(root)
    sources = [_source(root, kind, document, config) for document in documents]
    pages = [source for source in sources if _is_page(source)]
    linked = _linked(root, kind, pages, config)
    shown_by = _lists(pages, linked)
    placed = []
    for source in sources:
        status = _status(source, sources, linked, shown_by)
        path = source.path
        if not path:
            path = next((page.path for page in shown_by.get(_list_name(source), ()) if page.path), "")
        url = site_url.rstrip("/") + "/" + quote(path.lstrip("/")) if site_url and path else ""
        placed.append(replace(source.document, status=status, url=url))
    return tuple(placed)


def _source(root: Path, kind: SiteKind, document: Document, config: Mapping) -> _Source:
    text = ""
    fields = Mapping((), 1)
    if document.source.lower().endswith((*_PAGES, *_DATA)):
        try:
            text = decode((root / document.source).read_bytes())
            fields = split_page(text.replace("\r\n", "\n"), source=document.source).fields
        except (OSError, ReadError):
            text = ""
    return _Source(document, fields, text, _path(document.source, kind, fields, config))


def _path(source: str, kind: SiteKind, fields: Mapping, config: Mapping) -> str:
    """Return where a page is published, "" where only its theme knows."""
    permalink = fields.text("permalink") or fields.text("url")
    if permalink and ":" not in permalink:
        return permalink
    if source == _CONFIG:
        return "/"
    if not source.endswith(_PAGES):
        return "" if source.startswith("_") else f"/{source}"
    stem = posixpath.splitext(source)[0]
    if kind == "hugo":
        folder, name = posixpath.split(stem.removeprefix("content/"))
        parts = [folder] if name in ("index", "_index") else [folder, fields.text("slug") or name.lower()]
        return "/" + "".join(f"{part}/" for part in parts if part)
    if stem.startswith("_"):
        return ""
    folder, name = posixpath.split(stem)
    if name == "index":
        return f"/{folder}/" if folder else "/"
    pretty = config.text("permalink") == "pretty" or config.text("permalink").endswith("/")
    return f"/{stem}/" if pretty else f"/{stem}.html"


def _config(root: Path) -> Mapping:
    try:
        values = parse_yaml(decode((root / _CONFIG).read_bytes()), source=_CONFIG)
    except (OSError, ReadError):
        return Mapping((), 1)
    return values[0] if values and isinstance(values[0], Mapping) else Mapping((), 1)


def _is_page(source: _Source) -> bool:
    """Return whether a file is a page in its own right, not a member of a collection."""
    name = source.document.source
    if not name.endswith(_PAGES):
        return False
    folders = name.split("/")[:-1]
    return not any(folder.startswith("_") and folder != "_pages" for folder in folders)


def _list_name(source: _Source) -> str:
    """Return the name under which pages list a file: its collection or data file; "" for pages."""
    name = source.document.source
    if name.startswith(("_data/", "data/")):
        return "data." + posixpath.splitext(name.split("/", 1)[1])[0].split("/")[0]
    folder = next((part for part in name.split("/")[:-1] if part.startswith("_") and part != "_pages"), "")
    return folder[1:]


def _linked(root: Path, kind: SiteKind, pages: Sequence[_Source], config: Mapping) -> frozenset[str]:
    """Return the sources of the pages that a visitor reaches from the menu and the front page."""
    wanted = set(_menu(root, config))
    in_menu = {page.document.source for page in pages if _names_menu(page.fields)}
    by_path: dict[str, list[_Source]] = {}
    for page in pages:
        by_path.setdefault(_normal(page.path), []).append(page)
    start = [page for page in pages if page.document.source in in_menu or _normal(page.path) in wanted]
    if not start or kind == "hugo":
        return frozenset(page.document.source for page in pages)  # no menu to judge by
    start += by_path.get("/", [])
    reached: dict[str, _Source] = {}
    while start:
        page = start.pop()
        if page.document.source in reached:
            continue
        reached[page.document.source] = page
        for link in page.document.links:
            start += by_path.get(_normal(_target(link.target, page.path)), [])
    return frozenset(reached)


def _names_menu(fields: Mapping) -> bool:
    """Return whether a page's own front matter puts it into the menu."""
    values = [fields.get(key) for key in ("nav", "menu", "menus")]
    return any(
        isinstance(value, Mapping) or (isinstance(value, Scalar) and value.text.lower() in ("true", "main"))
        for value in values
    )


def _menu(root: Path, config: Mapping) -> Iterator[str]:
    """Yield the addresses that the site's navigation names."""
    for key in ("nav", "navigation", "menu", "header_pages", "navbar-links"):
        yield from map(_normal, _addresses(config.get(key)))
    folder = root / "_data"
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        if _NAVIGATION_FILE.match(f"_data/{path.name}"):
            try:
                values = parse_yaml(decode(path.read_bytes()), source=path.name)
            except (OSError, ReadError):
                continue
            for value in values:
                yield from map(_normal, _addresses(value))


def _addresses(value: Value) -> Iterator[str]:
    """Yield every scalar that could be an address: a menu is nested as its theme likes."""
    if isinstance(value, Scalar):
        if "/" in value.text or value.text.endswith(_PAGES):
            yield value.text
    elif isinstance(value, YamlSequence):
        for item in value.items:
            yield from _addresses(item)
    else:
        for _, item in value.pairs:
            yield from _addresses(item)


def _target(target: str, path: str) -> str:
    parts = urlsplit(target) if "[" not in target and "\\" not in target else urlsplit("")
    if parts.scheme not in ("", "http", "https") or parts.netloc:
        return ""
    return posixpath.join(path if path.endswith("/") else posixpath.dirname(path), unquote(parts.path))


def _normal(path: str) -> str:
    """Return one spelling of an address: /people/, /people.html and people are the same page."""
    if not path:
        return ""
    path = urlsplit(path).path if "://" in path else path.split("#")[0].split("?")[0]
    path = posixpath.normpath("/" + path.strip("/"))
    for ending in ("/index.html", "/index.md", ".html", ".md"):
        path = path.removesuffix(ending)
    return path or "/"


def _lists(pages: Sequence[_Source], linked: frozenset[str]) -> dict[str, tuple[_Source, ...]]:
    """Return list name → the pages that show it, those that visitors reach first."""
    shown: dict[str, list[_Source]] = {}
    for page in sorted(pages, key=lambda page: (page.document.source not in linked, page.document.source)):
        names = {f"data.{name}" if data else name for data, name in _REFERENCE.findall(page.text)}
        for value in _LISTED.findall(page.text):
            name = value.rsplit("/", 1)[-1]
            names |= {name, f"data.{posixpath.splitext(name)[0]}"}
        for name in names:
            shown.setdefault(name, []).append(page)
    return {name: tuple(found) for name, found in shown.items()}


def _status(
    source: _Source, sources: Sequence[_Source], linked: frozenset[str], shown_by: dict[str, tuple[_Source, ...]]
) -> Status:
    name = _list_name(source)
    is_linked = source.document.source in linked
    if name:
        is_linked = _is_listed(source, sources, linked, shown_by)
    if is_boilerplate(source.document, is_linked=is_linked and not name):
        return "placeholder"
    if source.document.source == _CONFIG:
        return "published"
    if not name and not _is_page(source):
        # Pages link attachments in many ways: by Markdown, by a field, by a component's parameter.
        file_name = posixpath.basename(source.document.source)
        is_linked = any(file_name in other.text for other in sources if other is not source)
    elif is_placeholder(source.document):
        return "placeholder"
    return "published" if is_linked else "orphan"


def _is_listed(
    source: _Source, sources: Sequence[_Source], linked: frozenset[str], shown_by: dict[str, tuple[_Source, ...]]
) -> bool:
    """Return whether a page that visitors reach lists the file's collection or data.

    Where no page lists anything of the kind, the listing is the theme's and all of it counts.
    """
    name = _list_name(source)
    pages = shown_by.get(name, ())
    if pages:
        return any(page.document.source in linked for page in pages)
    if not name.startswith("data."):
        return True
    file_name = posixpath.basename(source.document.source)
    # A data file that another names as where its rows came from is an input, not what is shown.
    if any(file_name in other.text for other in sources if _list_name(other) not in ("", name)):
        return False
    return not any(listed.startswith("data.") for listed in shown_by)
