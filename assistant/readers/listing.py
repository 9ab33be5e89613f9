"""Lists the files of a corpus folder that may be documents, in a fixed order."""

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import CorpusError

# Built output, templates and tools; folders whose name starts with "." are never entered either.
_CLOSED = frozenset(
    """_build _templates _themes _site _layouts _includes _sass _exts _ext node_modules
    __pycache__ venv env site-packages vendor""".split()
)
_MAX_FILES = 20_000


LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Skipped:
    """A file that is not in the index, and why in one sentence."""

    source: str
    reason: str
    code: str = LEFT_OUT  # any other says what went wrong: "unreadable", "too-slow", …


@dataclass(frozen=True)
class Listing:
    """Paths below the corpus folder, sorted, and what was left out."""

    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]


def list_files(root: Path, exclude: Sequence[str] = ()) -> Listing:
    """Return every file below ``root`` but hidden, built and excluded ones.

    Links that leave the folder are skipped and told. Raises CorpusError where ``root`` is not a
    folder that can be read.
    """
    if not root.exists():
        raise CorpusError(f"{root}: the corpus folder does not exist; set corpus.path to yours")
    if not root.is_dir():
        raise CorpusError(f"{root}: is a file; set corpus.path to the folder of your documents")
    files: list[str] = []
    skipped: list[Skipped] = []
    real_root = root.resolve()
    for folder, folders, names in os.walk(root, onerror=_refuse):
        below = Path(folder).relative_to(root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        folders[:] = sorted(name for name in folders if _is_open(name))
        for name in [name for name in folders if (Path(folder) / name).is_symlink()]:
            folders.remove(name)
            skipped.append(Skipped(prefix + name, "a link to a folder is not followed", "link"))
        for name in sorted(names):
            source = prefix + name
            if name.startswith("."):
                continue
            if any(matches(source, pattern) for pattern in exclude):
                skipped.append(Skipped(source, "excluded by corpus.exclude"))
            elif not _is_text(name):
                told = source.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                skipped.append(Skipped(told, "its name is not UTF-8; rename it to have it read", "file-name"))
            elif not (Path(folder) / name).resolve().is_relative_to(real_root):
                skipped.append(Skipped(source, "a link that leaves the corpus folder", "link"))
            elif _is_hidden_target(Path(folder) / name, real_root):
                skipped.append(Skipped(source, "a link to a hidden file", "link"))
            elif not (Path(folder) / name).is_file():
                skipped.append(Skipped(source, "not a readable file", "unreadable"))
            else:
                files.append(source)
        if len(files) > _MAX_FILES:
            raise CorpusError(f"{root}: over {_MAX_FILES} files; narrow corpus.path or exclude some")
    return Listing(tuple(sorted(files)), tuple(sorted(skipped, key=lambda item: item.source)))


def matches(path: str, pattern: str) -> bool:
    """Return whether ``pattern`` names ``path`` or a folder above it.

    ``*`` stays within a folder and ``**`` crosses folders, as in Sphinx; a pattern without "/"
    may match at any depth.
    """
    pattern = pattern.removeprefix("./").strip("/")
    if not pattern:
        return False
    expression = glob_expression(pattern)
    parts = path.split("/")
    ends = range(1, len(parts) + 1)
    if any(expression.fullmatch("/".join(parts[:end])) for end in ends):
        return True
    return "/" not in pattern and any(expression.fullmatch(part) for part in parts)


@functools.lru_cache(maxsize=1024)
def glob_expression(pattern: str) -> re.Pattern[str]:
    """Return a regular expression for a glob in Sphinx's sense."""
    parts: list[str] = []
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|.", pattern, re.DOTALL):
        if token == "**/":
            parts.append("(?:.*/)?")
        elif token == "**":
            parts.append(".*")
        elif token == "*":
            parts.append("[^/]*")
        elif token == "?":
            parts.append("[^/]")
        elif len(token) > 1:
            inner = re.escape(token[1:-1]).replace(r"\-", "-")
            parts.append(f"[{'^' + inner[2:] if token[1] == '!' else inner}]")
        else:
            parts.append(re.escape(token))
    try:
        return re.compile("".join(parts))
    except re.error:
        return re.compile(re.escape(pattern))


def _is_hidden_target(path: Path, real_root: Path) -> bool:
    """Return whether ``path`` is a link to what would not be read under its own name."""
    if not path.is_symlink():
        return False
    parts = path.resolve().relative_to(real_root).parts
    return not all(map(_is_open, parts))


def _is_open(name: str) -> bool:
    return not name.startswith(".") and name not in _CLOSED


def _is_text(name: str) -> bool:
    """Tell whether a file name is UTF-8; Python hands over other bytes as lone surrogates."""
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in name)


def _refuse(error: OSError) -> None:
    raise CorpusError(f"{error.filename}: cannot be read ({error.strerror})") from error
