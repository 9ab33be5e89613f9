"""Tells what a file's reading depends on, so that it is read again when that changes, and only then."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assistant.readers.choosing import reader_name
from assistant.readers.reading import ALL_PAGES, ONE_FILE, ONE_PAGE
from assistant.readers.site import Site
from assistant.readers.vocabulary import vocabulary_files

# What is read changes with the parsers as it does with our own source.
_PARSERS = ("docutils", "myst-parser", "markdown-it-py", "lxml", "PyYAML", "openpyxl", "python-docx", "pdfplumber")
_SOURCES = ("readers", "schema.py", "text.py")
_EXPIRES = re.compile(rb"expirydate", re.IGNORECASE)


@lru_cache(maxsize=1)
def readers_version() -> str:
    """Return a digest of the readers' own source and of the parsers that they use."""
    package = Path(__file__).resolve().parent.parent
    total = hashlib.sha256()
    for name in _PARSERS:
        total.update(f"{name} {_installed(name)}\n".encode())
    for name in _SOURCES:
        path = package / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            total.update(file.read_bytes())
    return total.hexdigest()


def reading_key(site: Site, source: str, *, today: date) -> str:
    """Return a digest of all that is known before ``source`` is read; raises OSError."""
    data = (site.root / source).read_bytes()
    name = reader_name(site, source)
    parts = [readers_version(), name, source, hashlib.sha256(data).hexdigest()]
    if name in ("rst", "myst"):
        parts += [repr(site.conf), repr(site.settings.bases)]
    elif name == "markdown" and source.startswith("_"):
        parts += [_digest(path) for path in vocabulary_files(site.root)]
    if _EXPIRES.search(data):
        parts.append(today.isoformat())
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def state_of(site: Site, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the present state of each thing that a page asked for; raises OSError."""
    return tuple(_state(site, name) for name in asked)


def _state(site: Site, name: str) -> str:
    if name == ALL_PAGES:
        return hashlib.sha256("\n".join(site.settings.docnames).encode("utf-8", "surrogateescape")).hexdigest()
    if name.startswith(ONE_PAGE):
        return str(name.removeprefix(ONE_PAGE) in site.settings.docnames)
    path = (site.root / name.removeprefix(ONE_FILE)).resolve()
    is_there = path.is_relative_to(site.root.resolve()) and path.is_file()
    return _digest(path) if is_there else ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
