"""Reads what a Sphinx site says of itself, conf.py or _toc.yml, without ever running it."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

# What MyST takes in where no conf.py says which extensions are on. ``substitution`` is never
# among them: MyST renders it with Jinja2, and the corpus is not trusted with templates.
_LENIENT_MYST = (
    "amsmath",
    "attrs_block",
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
    "fieldlist",
    "strikethrough",
    "tasklist",
)
_KNOWN_MYST = frozenset(
    (*_LENIENT_MYST, "attrs_image", "html_admonition", "html_image", "linkify", "replacements") + ("smartquotes",)
)


@dataclass(frozen=True)
class SphinxConf:
    """The settings of a Sphinx site that change what its pages say or where they are."""

    project: str = ""
    language: str = ""
    version: str = ""
    release: str = ""
    root_doc: str = "index"
    html_baseurl: str = ""
    exclude_patterns: tuple[str, ...] = ()
    static_path: tuple[str, ...] = ("_static",)  # what sphinx-quickstart writes
    extra_path: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = (".rst", ".md")
    myst_extensions: tuple[str, ...] = _LENIENT_MYST
    myst_substitutions: tuple[tuple[str, str], ...] = ()  # plain values by name
    rst_prolog: str = ""
    rst_epilog: str = ""


def read_conf(path: Path) -> SphinxConf:
    """Return the literal settings in ``path``; what is computed there keeps its default."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return SphinxConf()
    values: dict[str, object] = {}
    for statement in tree.body:
        _assign(statement, values)
    default = SphinxConf()
    extensions = default.myst_extensions
    if "myst_enable_extensions" in values:
        named = _strings(values["myst_enable_extensions"], ())
        extensions = tuple(sorted(set(named) & _KNOWN_MYST - {"smartquotes", "replacements"}))
    return SphinxConf(
        project=_string(values, "project"),
        language=_string(values, "language"),
        version=_string(values, "version"),
        release=_string(values, "release"),
        root_doc=_string(values, "root_doc") or _string(values, "master_doc") or default.root_doc,
        html_baseurl=_string(values, "html_baseurl"),
        exclude_patterns=_strings(values.get("exclude_patterns"), ()),
        static_path=_strings(values.get("html_static_path"), ()),
        extra_path=_strings(values.get("html_extra_path"), ()),
        suffixes=_suffixes(values.get("source_suffix"), default.suffixes),
        myst_extensions=extensions,
        myst_substitutions=_texts_by_name(values.get("myst_substitutions")),
        rst_prolog=_string(values, "rst_prolog"),
        rst_epilog=_string(values, "rst_epilog"),
    )


def read_external_toc(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return (root page, globs of all pages) of a Jupyter Book's _toc.yml."""
    try:
        content = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return "", ()
    names: list[str] = []
    waiting = [content]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            names += [str(node[key]) for key in ("root", "file", "glob") if key in node]
            waiting += [value for value in node.values() if isinstance(value, list)]
    first = content[0] if isinstance(content, list) and content else content
    root = first.get("root", first.get("file", "")) if isinstance(first, dict) else ""
    pages = [re.sub(r"\.(?:md|rst|ipynb)$", "", name) for name in (str(root), *names)]
    return pages[0], tuple(sorted(set(filter(None, pages))))


def _assign(statement: ast.stmt, values: dict[str, object]) -> None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            literal = _literal(value, values)
            if literal is not None:
                values[name] = literal
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value):
            literal, before = _literal(value, values), values.get(name)
            if isinstance(before, str) and isinstance(literal, str):
                values[name] = before + literal
            elif isinstance(before, list) and isinstance(literal, (list, tuple)):
                values[name] = [*before, *literal]
        case _:
            return


def _literal(value: ast.expr, values: Mapping[str, object]) -> object:
    """Return a literal, or the literal an earlier name stands for, else None."""
    if isinstance(value, ast.Name):
        return values.get(value.id)
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _string(values: Mapping[str, object], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _strings(value: object, default: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, (list, tuple, set)):
        texts = [item for item in value if isinstance(item, str)]
        return tuple(sorted(texts) if isinstance(value, set) else texts)
    return default


def _suffixes(value: object, default: tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return tuple(suffix for suffix in value if isinstance(suffix, str))
    return _strings(value, default)


def _texts_by_name(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    plain = ((name, text) for name, text in value.items() if isinstance(name, str) and isinstance(text, str))
    return tuple((name, " ".join(text.split())) for name, text in plain)
