"""The front matter of a page: the fields that its site shows about it."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date

from assistant.errors import ReadError
from assistant.readers.builder import said
from assistant.readers.inline import text_of
from assistant.readers.visible import parse
from assistant.readers.yaml_tree import Mapping, Scalar, Sequence, Value, parse_yaml

_YAML = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.S | re.M)
# Keys that tell the theme how a page looks or where it stands, nothing about the lab.
_PRESENTATIONAL = re.compile(
    r"^(?:layout|permalink|url|slug|redirect.*|image.*|img|thumb.*|thumbnail|photo|picture|avatar|icon"
    r"|cover.*|banner.*|background.*|header.*|footer.*|hero.*|gallery|feature_.*|caption|classes|class"
    r"|css|style.*|js|script.*|nav.*|menu.*|order|weight|position_index|rank_order|sort.*|index|toc.*|sidebar.*"
    r"|comments?|share|related.*|author_profile|read_time|sitemap|search.*|published|draft|hidden|pin.*"
    r"|sticky|featured|highlight|selected|output|collection|lang|locale|ref|uid|key|id|math.*|katex"
    r"|mermaid|color|theme|tooltip|bibtex_show|widget.*|view|date_format|show_.*|hide_.*|enable.*|disable.*"
    r"|bibtex_\w+|last_modified.*|lastmod|modified|preview|plugin|file|cascade|outputs|build|_.*)$",
    re.I,
)
_ISO_DAY = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})")


@dataclass(frozen=True)
class PageSource:
    """A page's fields and what stands below them."""

    fields: Mapping
    body: str  # begins with as many empty lines as the front matter took: line numbers hold


def split_page(text: str, *, source: str) -> PageSource:
    """Part a page's front matter (YAML or TOML) from its body; raises ReadError where it is broken."""
    match = _YAML.match(text)
    if match:
        values = parse_yaml(match.group(1), source=source, first_line=2)
        fields = values[0] if values and isinstance(values[0], Mapping) else Mapping((), 1)
    else:
        match = _TOML.match(text)
        if not match:
            return PageSource(Mapping((), 1), text)
        try:
            fields = _from_toml(tomllib.loads(match.group(1)))
        except tomllib.TOMLDecodeError as error:
            raise ReadError(f"{source} has front matter that is not valid TOML: {said(error)}.") from error
    blank = "\n" * match.group().count("\n")
    return PageSource(fields, blank + text[match.end() :])


def unpublished_reason(fields: Mapping, *, source: str, today: date) -> str:
    """Return why the site does not show a page yet, "" where it does."""
    if fields.text("published").lower() == "false":
        return "published: false"
    if fields.text("draft").lower() == "true":
        return "draft: true"
    is_dated = "_posts/" in f"/{source}" or source.startswith("content/")
    day = _day(fields.text("date")) or _day(source.rsplit("/", 1)[-1])
    if is_dated and day is not None and day > today:
        return f"dated {day.isoformat()}, which is still to come"
    expires = _day(fields.text("expiryDate"))
    return "expired" if expires is not None and expires < today else ""


def title_of(fields: Mapping) -> str:
    """Return what a page calls itself in its front matter, "" where it does not."""
    for key in ("title", "name"):
        value = fields.get(key)
        if isinstance(value, Scalar) and value.text and not value.is_boolean:
            return value.text
    return ""


def scalars(fields: Mapping) -> dict[str, str]:
    """Return the fields that are single values."""
    return {key: value.text for key, value in fields.pairs if isinstance(value, Scalar)}


def shown_fields(fields: Mapping) -> list[tuple[str, str]]:
    """Return the fields that say something to a visitor, as (name, text); nested ones flattened."""
    found: list[tuple[str, str]] = []
    for key, value in fields.pairs:
        if _PRESENTATIONAL.match(key):
            continue
        if isinstance(value, Mapping):
            found.extend(shown_fields(value))
        else:
            found.append((key, plain_text(value)))
    return [(key, text) for key, text in found if text]


def is_presentational(key: str) -> bool:
    """Return whether a key speaks to the theme, not to visitors."""
    return bool(_PRESENTATIONAL.match(key))


def plain_text(value: Value) -> str:
    """Return a value as a visitor reads it: markup taken off, lists joined by semicolons."""
    if isinstance(value, Scalar):
        return "" if value.is_boolean else _without_markup(value.text)
    if isinstance(value, Sequence):
        return "; ".join(text for text in map(plain_text, value.items) if text)
    texts = [plain_text(item) for key, item in value.pairs if not _PRESENTATIONAL.match(key)]
    return ": ".join(text for text in texts if text)


def _without_markup(text: str) -> str:
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r"\1", text)
    if "<" not in text and "&" not in text:
        return text
    root = parse(text)
    return text_of(root) if root is not None else ""


def _day(text: str) -> date | None:
    match = _ISO_DAY.match(text)
    if not match:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def _from_toml(values: object) -> Mapping:
    value = _toml_value(values)
    return value if isinstance(value, Mapping) else Mapping((), 1)


def _toml_value(value: object) -> Value:
    if isinstance(value, dict):
        return Mapping(tuple((str(key), _toml_value(item)) for key, item in value.items()), 1)
    if isinstance(value, list):
        return Sequence(tuple(_toml_value(item) for item in value), 1)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), 1, True)
    return Scalar(str(value).strip(), 1)
