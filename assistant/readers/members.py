"""The front matter of one member of a collection: a row of what is short, sections of what is long."""

import re
from collections.abc import Iterator

from assistant.readers.bibtex import first_entry
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.fields import column_name
from assistant.readers.frontmatter import is_presentational, plain_text, shown_fields
from assistant.readers.vocabulary import read_vocabulary
from assistant.readers.yaml_tree import Mapping, Scalar, Sequence, Value
from assistant.text import detect_language

_LANGUAGE_FOLDER = re.compile(r"^(?:[a-z]{2}|zh[-_]\w+|en[-_]\w+|cn|chinese|english)$", re.I)
_PLAIN_FOLDERS = frozenset(("_pages", "_drafts", "_includes", "_layouts", "_data", "_site", "content"))
_LONGEST_CELL = 240  # characters; a longer text is prose: an abstract, an introduction
_FEWEST_PARTS = 2  # values in an entry of a list (a school, a degree, a time) from which it is no plain list
_LAYOUT_KEYS = frozenset(("type", "layout"))  # of Hugo: they choose a template


def write_member(builder: DocumentBuilder, file: SourceFile, fields: Mapping) -> None:
    """Add a member's front matter, where its folder is a collection: one row, and a section a long field."""
    folders = _collection_folders(file.source, fields)
    if not folders:
        return
    is_hugo = file.source.startswith("content/")
    pairs = [(key, value) for key, value in fields.pairs if not (is_hugo and key in _LAYOUT_KEYS)]
    long = [(key, value) for key, value in pairs if not is_presentational(key) and _is_long(value)]
    short = Mapping(tuple(pair for pair in pairs if pair not in long), fields.line)
    _write_row(builder, file, short, folders)
    for key, value in long:
        lines = [line for line in _lines(value) if line]
        if lines:
            builder.heading(column_name(key, detect_language(" ".join(lines))), level=2, line=value.line)
        for line in lines:
            builder.block("paragraph", line, line=value.line)


def _write_row(builder: DocumentBuilder, file: SourceFile, fields: Mapping, folders: tuple[str, ...]) -> None:
    vocabulary = read_vocabulary(file.root) if file.source.startswith("_") else {}
    shown: dict[str, str] = {}
    for key, text in shown_fields(fields):
        entry = first_entry(text)
        for name, value in entry.items() if entry else ((key, vocabulary.get(text, text)),):
            shown.setdefault(name, value)
    if len(shown) < 2:
        return
    if len(folders) > 1:
        shown["collection"] = " / ".join(folders)
    language = detect_language(" ".join(shown.values()))
    columns = [column_name(key, language) for key in shown]
    builder.table(folders[0], columns, [(list(shown.values()), fields.line)], line=fields.line)


def _is_long(value: Value) -> bool:
    """Tell whether a value is prose, or a list whose entries have fields of their own."""
    if isinstance(value, Scalar):
        return len(value.text) > _LONGEST_CELL and not first_entry(value.text)
    if not isinstance(value, Sequence):
        return False
    return any(isinstance(item, Mapping) and _is_entry(item) for item in value.items)


def _is_entry(item: Mapping) -> bool:
    said = [value for key, value in item.pairs if not is_presentational(key) and plain_text(value)]
    return len(said) >= _FEWEST_PARTS or any(_is_long(value) for value in said)


def _lines(value: Value) -> Iterator[str]:
    """Yield the lines of a long value: a paragraph each, or an entry of a list."""
    if isinstance(value, Sequence):
        for item in value.items:
            yield from _lines(item)
    elif isinstance(value, Mapping):
        texts = [plain_text(item) for key, item in value.pairs if not is_presentational(key)]
        yield ", ".join(text for text in texts if text)
    else:
        yield from (plain_text(Scalar(line, value.line)) for line in value.text.split("\n"))


def _collection_folders(source: str, fields: Mapping) -> tuple[str, ...]:
    """Return the folders that say which collection a page belongs to, outermost first."""
    parts = source.split("/")[:-1]
    own = fields.text("collection")
    for index, part in enumerate(parts):
        if part.startswith("_") and part not in _PLAIN_FOLDERS:
            return (part[1:], *parts[index + 1 :])
    if parts and parts[0] == "content" and len(parts) > 1:
        # Hugo: content/people/zhang/_index.md; the last folder may be the page itself.
        if _LANGUAGE_FOLDER.match(parts[1]):
            parts = [parts[0], *parts[2:]]
        is_bundle = source.endswith(("/index.md", "/_index.md"))
        return tuple(parts[1:-1] if is_bundle else parts[1:])
    return (own,) if own else ()
