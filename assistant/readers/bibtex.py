"""BibTeX files as a table of publications."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.readers.builder import DocumentBuilder
from assistant.readers.frontmatter import is_presentational

_ENTRY = re.compile(r"@\s*([A-Za-z]+)\s*([{(])")
_NO_ENTRY = frozenset(("comment", "preamble", "string"))
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w:+-]*)\s*=\s*")
_VENUE_FIELDS = ("journal", "journaltitle", "booktitle", "school", "institution", "publisher", "howpublished")
_SKIPPED = frozenset(("timestamp", "biburl", "bibsource", "file", "owner", "crossref", "issn", "isbn", "eprinttype"))
_ACCENTS = dict(
    zip("`'^~\"=.cvuHrk", "\u0300\u0301\u0302\u0303\u0308\u0304\u0307\u0327\u030c\u0306\u030b\u030a\u0328", strict=True)
)
_ACCENT = re.compile(r"\\(?:([`'^~\"=.])\s*\{?\\?([A-Za-z])\}?|([cvuHrk])\s*\{\\?([A-Za-z])\}|([cvuHrk])\s+([A-Za-z]))")
_LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "aa": "å", "AA": "Å", "i": "ı"}


@dataclass(frozen=True)
class _Entry:
    kind: str
    fields: dict[str, str]
    line: int


def write_bibtex(builder: DocumentBuilder, text: str, *, name: str) -> None:
    """Add the entries of a BibTeX text as one table; a broken entry is left out and told."""
    entries = list(_entries(builder, text))
    records = [(_record(entry), entry.line) for entry in entries]
    columns = list(dict.fromkeys(key for record, _ in records for key in record))
    rows = [([record.get(column, "") for column in columns], line) for record, line in records]
    if rows:
        builder.table(name, columns, rows, line=rows[0][1])


def first_entry(text: str) -> dict[str, str]:
    """Return title, authors, venue, year and the rest of a text that is a BibTeX entry; {} where it is none."""
    if not text.lstrip().startswith("@"):
        return {}
    entry = next(_entries(DocumentBuilder(""), text), None)
    return _record(entry) if entry is not None else {}


def _entries(builder: DocumentBuilder, text: str) -> Iterator[_Entry]:
    strings: dict[str, str] = {}
    position = 0
    while match := _ENTRY.search(text, position):
        line = text.count("\n", 0, match.start()) + 1
        kind = match.group(1).lower()
        end = _closing(text, match.end() - 1)
        if end < 0:
            builder.warn(line, "malformed-entry", f"the @{kind} that begins here is never closed")
            position = match.end()
            continue
        body = text[match.end() : end]
        position = end + 1
        if kind == "string":
            strings |= dict(_fields(body, strings))
        elif kind not in _NO_ENTRY:
            _, _, rest = body.partition(",")
            yield _Entry(kind, dict(_fields(rest, strings)), line)


def _closing(text: str, opening: int) -> int:
    """Return where the brace or parenthesis at ``opening`` closes, -1 where it does not."""
    close = "}" if text[opening] == "{" else ")"
    depth = 0
    for position in range(opening, len(text)):
        character = text[position]
        if character == "{" or position == opening:
            depth += 1
        elif character == "}" or (character == close and depth == 1):
            depth -= 1
            if depth == 0:
                return position
        # An entry that swallows the next one was never closed.
        elif character == "@" and text[position - 1] == "\n" and _ENTRY.match(text, position):
            return -1
    return -1


def _fields(body: str, strings: dict[str, str]) -> Iterator[tuple[str, str]]:
    position = 0
    while match := _FIELD.match(body, position):
        value, position = _value(body, match.end(), strings)
        yield match.group(1).lower(), value


def _value(body: str, position: int, strings: dict[str, str]) -> tuple[str, int]:
    """Return a value, its parts joined, and where it ends."""
    parts: list[str] = []
    while position < len(body):
        if body[position] == "{":
            end = _closing(body, position)
            end = len(body) if end < 0 else end
            parts.append(body[position + 1 : end])
            position = end + 1
        elif body[position] == '"':
            end = _closing_quote(body, position)
            parts.append(body[position + 1 : end])
            position = end + 1
        else:
            word = re.compile(r"[^,#\s}]*").match(body, position)
            text = word.group() if word else ""
            parts.append(strings.get(text.lower(), text))
            position += max(len(text), 1)
        joined = re.compile(r"\s*#\s*").match(body, position)
        if not joined:
            break
        position = joined.end()
    return "".join(parts), position


def _closing_quote(body: str, opening: int) -> int:
    depth = 0
    for position in range(opening + 1, len(body)):
        depth += {"{": 1, "}": -1}.get(body[position], 0)
        if body[position] == '"' and depth <= 0:
            return position
    return len(body)


def _record(entry: _Entry) -> dict[str, str]:
    """Return an entry as a visitor reads it: title, authors, venue, year, then the rest."""
    fields = {key: _plain(value) for key, value in entry.fields.items()}
    venue = next((fields[key] for key in _VENUE_FIELDS if fields.get(key)), "")
    eprint = fields.get("eprint", "")
    record = {
        "title": fields.pop("title", ""),
        "authors": _names(fields.pop("author", "") or fields.pop("editor", "")),
        "venue": venue or (f"arXiv:{eprint}" if eprint else ""),
        "year": fields.pop("year", "") or fields.get("date", "")[:4],
        "type": entry.kind,
    }
    taken = {"date", "month", *_VENUE_FIELDS[:1]} if venue else {"date", "month"}
    for key, value in fields.items():
        if key not in taken and key not in _SKIPPED and value != venue and not is_presentational(key):
            record.setdefault(key, value)
    return {key: value for key, value in record.items() if value and value.lower() not in ("true", "false")}


def _names(text: str) -> str:
    """Return authors first name first: "Roe, Jane and Li, Bo" → "Jane Roe, Bo Li"."""
    names = []
    for name in re.split(r"\s+and\s+", text):
        family, comma, given = name.partition(",")
        names.append(f"{given.strip()} {family.strip()}" if comma and given.strip() else name.strip())
    return ", ".join(name for name in names if name)


def _plain(value: str) -> str:
    """Return a value without TeX: accents as letters, braces and commands taken off."""

    def accented(match: re.Match[str]) -> str:
        mark = match.group(1) or match.group(3) or match.group(5)
        letter = match.group(2) or match.group(4) or match.group(6)
        return unicodedata.normalize("NFC", letter + _ACCENTS[mark])

    value = _ACCENT.sub(accented, value)
    value = re.sub(r"\\([a-zA-Z]+)\b\s*", lambda match: _LETTERS.get(match.group(1), ""), value)
    value = re.sub(r"\\([&%$#_{}])", r"\1", value).replace("~", " ").replace("--", "–")
    return " ".join(re.sub(r"[{}]", "", value).split())
