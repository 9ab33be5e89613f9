"""The words that a Jekyll site shows for the short keys of its front matter."""

from pathlib import Path

from assistant.errors import ReadError
from assistant.readers.charset import decode
from assistant.readers.yaml_tree import Mapping, parse_yaml

_MAX_BYTES = 32_768
_LABELS = ("description", "label", "text", "title", "name")
_FILES = ("types", "roles", "role", "positions", "categories", "groups")


def read_vocabulary(root: Path) -> dict[str, str]:
    """Return key → shown word of files such as ``_data/types.yaml``: pass-phd → 毕业博士."""
    words: dict[str, str] = {}
    for path in vocabulary_files(root):
        words |= _words(path)
    return words


def vocabulary_files(root: Path) -> tuple[Path, ...]:
    """Return the files below ``root`` that hold such words."""
    paths = (root / "_data" / f"{name}{suffix}" for name in _FILES for suffix in (".yml", ".yaml"))
    return tuple(path for path in paths if path.is_file() and path.stat().st_size <= _MAX_BYTES)


def _words(path: Path) -> dict[str, str]:
    try:
        documents = parse_yaml(decode(path.read_bytes()), source=path.name)
    except (OSError, ReadError):
        return {}  # the reader of data files tells what is wrong with it
    words: dict[str, str] = {}
    for document in documents:
        for key, value in document.pairs if isinstance(document, Mapping) else ():
            label = next((value.text(name) for name in _LABELS if isinstance(value, Mapping) and value.text(name)), "")
            if label:
                words[key] = label
    return words
