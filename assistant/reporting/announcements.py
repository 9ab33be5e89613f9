"""Finds dates that are past and still announced: deadlines, intakes, events to come."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from assistant.reporting.dates import FoundDate, clauses, find_dates, is_past
from assistant.reporting.nouns import Finding
from assistant.schema import Document, Section, Table
from assistant.text import sentences

_LONGEST_SHOWN = 200  # characters
_DATED_FILE = re.compile(r"(?:^|/)(?:_posts/|posts?/|news/|blog/|(?:19|20)\d\d[-_]?\d\d[-_]?\d\d)", re.IGNORECASE)


@dataclass(frozen=True)
class _Words:
    """The patterns of announcements.yaml."""

    cue: re.Pattern[str]
    heading_cue: re.Pattern[str]
    column: re.Pattern[str]
    before_past: re.Pattern[str]
    after_past: re.Pattern[str]
    history: re.Pattern[str]


def outdated_announcements(documents: Sequence[Document], *, today: date) -> tuple[Finding, ...]:
    """Return the clauses, headings and table cells that announce what is over, by source and line."""
    return tuple(
        finding
        for document in documents
        if document.status != "placeholder" and not _DATED_FILE.search(document.source)
        for finding in sorted(_of_document(document, today), key=lambda one: (one.line, one.text))
    )


def _of_document(document: Document, today: date) -> Iterator[Finding]:
    words = _words()
    if words.history.search(document.title):
        return
    for block in document.blocks:
        section = document.sections[block.section]
        if block.kind in ("row", "code") or any(words.history.search(name) for name in section.heading_path):
            continue
        text = document.text[block.start : block.end]
        for start, end in sentences(text):
            found = _announced(text[start:end], today, is_heading=block.kind == "heading")
            if found:
                yield _finding(document, section, block.line, text[start:end], found)
    for table in document.tables:
        yield from _of_table(document, table, today)


def _announced(text: str, today: date, *, is_heading: bool) -> tuple[FoundDate, ...]:
    """Return the past dates of the first clause that announces one."""
    words = _words()
    dates = find_dates(text)
    for start, end in clauses(text, dates) if dates else ():
        clause = text[start:end]
        is_cued = words.cue.search(clause) or (is_heading and words.heading_cue.search(clause))
        inside = tuple(one for one in dates if start <= one.start < end and not _has_happened(text, one))
        if is_cued and is_past(inside, today):
            return inside
    return ()


def _has_happened(text: str, found: FoundDate) -> bool:
    words = _words()
    return bool(words.before_past.search(text[: found.start]) or words.after_past.search(text[found.end :]))


def _of_table(document: Document, table: Table, today: date) -> Iterator[Finding]:
    words = _words()
    columns = [number for number, name in enumerate(table.columns) if words.column.search(name)]
    for row in table.rows:
        for number in columns:
            dates = find_dates(row.cells[number])
            if is_past(dates, today):
                text = f"{table.columns[number]}: {row.cells[number]}"
                yield _finding(document, document.sections[table.section], row.line, text, dates)


def _finding(
    document: Document, section: Section, line: int, text: str, dates: Sequence[FoundDate]
) -> Finding:
    shown = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
    url = f"{document.url}#{section.anchor}" if document.url and section.anchor else document.url
    return Finding(document.source, line, url, shown, max(one.last_day for one in dates).isoformat())


@functools.cache
def _words() -> _Words:
    values = yaml.safe_load(Path(__file__).with_name("announcements.yaml").read_text("utf-8"))

    def pattern(value: str | list[str]) -> re.Pattern[str]:
        return re.compile("|".join([value] if isinstance(value, str) else value), re.IGNORECASE)

    return _Words(
        cue=pattern(values["cues"]),
        heading_cue=pattern(values["heading_cues"]),
        column=pattern(values["columns"]),
        before_past=pattern(values["before_past"]),
        after_past=pattern(values["after_past"]),
        history=pattern(values["history"]),
    )
