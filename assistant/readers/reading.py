"""The file being read, as the directives and roles on it need to know it."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assistant.readers.builder import SourceFile
from assistant.readers.sphinx_conf import SphinxConf

# How a page says what else it was made of: "file:" and "page:" are followed by a path or name.
ONE_FILE, ONE_PAGE, ALL_PAGES = "file:", "page:", "pages"

_MAX_INCLUDES = 50
_MAX_REPEATS = 3  # a file that includes itself is stopped here


@dataclass(frozen=True)
class SphinxSettings:
    """What a page needs to know about its site."""

    conf: SphinxConf = SphinxConf()
    # The folders of conf.py below the corpus folder: "", or "docs/source", or one for each language.
    bases: tuple[str, ...] = ("",)
    docnames: tuple[str, ...] = ()  # every page below the corpus folder, without suffix, sorted

    @property
    def top(self) -> str:
        """The folder whose paths are those of the published site."""
        return posixpath.commonpath(self.bases)

    def base_of(self, source: str) -> str:
        """Return the folder of conf.py that ``source`` belongs to."""
        return next((base for base in self.bases if source.startswith(f"{base}/")), self.bases[0])


@dataclass
class Reading:
    """The file being read, for the directives that need to know; one for each file."""

    file: SourceFile
    settings: SphinxSettings
    _included: list[Path] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)

    @property
    def source(self) -> str:
        return self.file.source

    @property
    def asked(self) -> tuple[str, ...]:
        """What this page depends on besides its own text, as `dependencies` understands it."""
        return tuple(sorted(self._asked))

    def docnames(self) -> Sequence[str]:
        """Return the names of all pages of the site."""
        self._asked.add(ALL_PAGES)
        return self.settings.docnames

    def is_page(self, name: str) -> bool:
        """Return whether the site has a page of this name."""
        self._asked.add(f"{ONE_PAGE}{name}")
        return name in self.settings.docnames

    def conf_document(self, name: str) -> str:
        """Return the document name of a path that may carry a source suffix."""
        for suffix in self.settings.conf.suffixes:
            if name.endswith(suffix) and not self.is_page(name):
                return name.removesuffix(suffix)
        return name

    def below(self, target: str) -> str:
        """Return ``target`` as a path below the corpus folder; "/x" counts from conf.py's."""
        if target.startswith("/"):
            target = f"/{self.settings.base_of(self.source)}/{target.lstrip('/')}"
        return _path_below(self.source, target)

    def inside(self, name: str) -> Path | None:
        """Return the file that ``name`` means from this page, where it is one of the corpus."""
        target = self.below(name)
        if not target:
            return None
        self._asked.add(f"{ONE_FILE}{target}")
        path = (self.file.root / target).resolve()
        inside = path.is_relative_to(self.file.root.resolve())
        return path if inside and path.is_file() else None

    def may_include(self, path: Path) -> bool:
        """Note an inclusion; false for the page itself, too much of it or a file over 2 MB."""
        self._included.append(path)
        return (
            path != self.file.path.resolve()
            and len(self._included) <= _MAX_INCLUDES
            and self._included.count(path) <= _MAX_REPEATS
            and path.stat().st_size <= 2_000_000
        )


def _path_below(page: str, target: str) -> str:
    """Return ``target``, as written on ``page``, as a path below the corpus folder.

    "" where it leaves the folder.
    """
    target = target.split("#", 1)[0]
    folder = "" if target.startswith("/") else posixpath.dirname(page)
    path = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
    return "" if path.startswith("..") or path == "." else path
