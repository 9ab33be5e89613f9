"""Data files in YAML as tables: lists of mappings, also nested ones."""

from collections.abc import Sequence as Items

from assistant.readers.builder import DocumentBuilder
from assistant.readers.fields import column_name
from assistant.readers.frontmatter import is_presentational, plain_text
from assistant.readers.yaml_tree import Mapping, Scalar, Sequence, Value, parse_yaml
from assistant.text import detect_language

_MAX_OWN_FIELDS_OF_GROUP = 3
_SWITCHES_OFF = ("hidden", "hide", "draft", "disabled", "private")
_SWITCHES_ON = ("published", "visible", "show", "display", "enabled")
_ABOUT_THE_LAB = frozenset(
    "title name subtitle description email e-mail phone telephone address location institution university affiliation "
    "department employer".split()
)
_SAYS_NOTHING = frozenset(("none", "null", "n/a", "-", "nan"))
Cells = dict[str, str]


def write_yaml(builder: DocumentBuilder, text: str, *, name: str) -> None:
    """Add every list of mappings as a table named by where it stands; raises ReadError."""
    for value in parse_yaml(text, source=builder.source):
        _Writer(builder).value(value, (name,), {})


def write_settings(builder: DocumentBuilder, text: str) -> None:
    """Add what a site's settings say about the lab itself; themes show it in every margin."""
    for value in parse_yaml(text, source=builder.source):
        if not isinstance(value, Mapping):
            continue
        author = value.get("author")
        pairs = [*value.pairs, *(author.pairs if isinstance(author, Mapping) else ())]
        told = [(key, plain_text(item), item.line) for key, item in pairs if key.lower() in _ABOUT_THE_LAB]
        told = [(key, shown, line) for key, shown, line in told if shown]
        if told:
            builder.table("site", [key for key, _, _ in told], [([t for _, t, _ in told], told[0][2])], line=told[0][2])


class _Writer:
    """Walks one YAML document and tells the builder its tables."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self._builder = builder
        self._pending: dict[str, list[tuple[Cells, int]]] = {}

    def value(self, value: Value, path: tuple[str, ...], inherited: Cells) -> None:
        """Write all that stands under ``value``; ``path`` is the file's name and the keys above."""
        self._visit(value, path, inherited)
        for name, rows in self._pending.items():
            columns = list(dict.fromkeys(key for cells, _ in rows for key in cells))
            told = [([cells.get(column, "") for column in columns], line) for cells, line in rows]
            language = detect_language(" ".join(text for cells, _ in told for text in cells))
            names = [column_name(column, language) for column in columns]
            self._builder.table(name, names, told, line=rows[0][1])

    def _visit(self, value: Value, path: tuple[str, ...], inherited: Cells) -> None:
        if isinstance(value, Sequence):
            self._list(value, path, inherited)
        elif isinstance(value, Mapping):
            self._mapping(value, path, inherited)

    def _list(self, value: Sequence, path: tuple[str, ...], inherited: Cells) -> None:
        mappings = [item for item in value.items if isinstance(item, Mapping)]
        if mappings:
            for item in filter(_is_shown, mappings):
                self._row(item, path, inherited)
            return
        for item in value.items:
            if isinstance(item, Scalar) and item.text:
                self._add(path, {**inherited, path[-1]: item.text}, item.line)

    def _row(self, item: Mapping, path: tuple[str, ...], inherited: Cells) -> None:
        lists = [(key, child) for key, child in item.pairs if _is_list_of_rows(child)]
        own = _cells(item, leave={key for key, _ in lists})
        if lists and len(own) <= _MAX_OWN_FIELDS_OF_GROUP:
            # A group such as {year, papers}: what it says holds for each of its rows.
            for key, child in lists:
                above = path[:-1] if len(path) > 1 else path
                self._visit(child, (*above, key), {**inherited, **own})
            return
        self._add(path, {**inherited, **_cells(item, leave=set())}, item.line)

    def _mapping(self, value: Mapping, path: tuple[str, ...], inherited: Cells) -> None:
        children = [(key, child) for key, child in value.pairs if isinstance(child, Mapping)]
        if len(children) > 1 and len(children) == len(value.pairs) and _are_alike([c for _, c in children]):
            for key, child in ((key, child) for key, child in children if _is_shown(child)):
                cells = _cells(child, leave=set())
                if not any(key == text for text in cells.values()):
                    cells = {path[-1]: key, **cells}
                self._add(path, {**inherited, **cells}, child.line)
            return
        own = _cells(value, leave={key for key, child in value.pairs if not isinstance(child, Scalar)})
        lists = [(key, child) for key, child in value.pairs if not isinstance(child, Scalar)]
        if own and not lists:
            self._add(path, {**inherited, **own}, value.line)
        for key, child in lists:
            if not is_presentational(key):
                self._visit(child, (*path, key), {**inherited, **own} if len(own) <= 2 else inherited)

    def _add(self, path: tuple[str, ...], cells: Cells, line: int) -> None:
        if cells:
            self._pending.setdefault(" / ".join(path), []).append((cells, line))


def _is_shown(item: Mapping) -> bool:
    """Return whether a row is not one that its author switched off."""
    is_off = any(item.text(key).lower() in ("true", "yes", "1") for key in _SWITCHES_OFF)
    return not is_off and not any(item.text(key).lower() in ("false", "no", "0") for key in _SWITCHES_ON)


def _is_list_of_rows(value: Value) -> bool:
    """Return whether a value is a list of mappings that are rows in their own right."""
    if not isinstance(value, Sequence):
        return False
    items = [item for item in value.items if isinstance(item, Mapping)]
    return bool(items) and len(items) == len(value.items)


def _cells(item: Mapping, *, leave: set[str]) -> Cells:
    """Return a mapping's fields that say something, as texts; nested mappings flattened."""
    cells: Cells = {}
    for key, value in item.pairs:
        if key in leave or is_presentational(key):
            continue
        if isinstance(value, Mapping):
            for name, text in _cells(value, leave=set()).items():
                cells.setdefault(name if name not in dict(item.pairs) else f"{key} {name}", text)
        else:
            text = plain_text(value)
            if text and text.lower() not in _SAYS_NOTHING:
                cells[key] = text
    return cells


def _are_alike(children: Items[Mapping]) -> bool:
    """Return whether mappings share most of their keys: rows under names instead of in a list."""
    keys = [{key for key, _ in child.pairs} for child in children]
    shared = sum(bool(names & keys[0]) for names in keys)
    return shared * 4 >= len(keys) * 3 and all(
        any(isinstance(value, Scalar) for _, value in child.pairs) for child in children
    )
