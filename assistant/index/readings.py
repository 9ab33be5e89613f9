"""What was read of each file, kept on disk so that an unchanged file is not read again."""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.index import disk
from assistant.readers.page import Label, Page, Reference
from assistant.readers.remembering import KeptReading
from assistant.schema import Block, Document, Link, Row, Section, Table, Warning


class ReadingFiles:
    """One JSON file for each file of the corpus, below ``folder``.

    A file that is missing, damaged or cannot be written costs a reading, never a build.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, source: str) -> KeptReading | None:
        """Return what was kept of a file, None where nothing whole is there."""
        content = disk.kept_whole(self._path(source))
        if content is None:
            return None
        try:
            return _reading(json.loads(content))
        except (ValueError, TypeError, LookupError, AttributeError):
            return None

    def keep(self, source: str, reading: KeptReading) -> None:
        """Write what was read of a file."""
        values = {**dataclasses.asdict(reading), "is_page": isinstance(reading.read, Page)}
        content = json.dumps(values, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            disk.keep_whole(self._path(source), content)

    def keep_only(self, sources: Sequence[str]) -> None:
        """Remove what was kept of any other file."""
        wanted = {self._path(source).name for source in sources}
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.iterdir()):
                if path.name not in wanted:
                    path.unlink(missing_ok=True)

    def _path(self, source: str) -> Path:
        name = hashlib.sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return self._folder / f"{name}.json"


def _reading(values: Mapping[str, Any]) -> KeptReading:
    read = values["read"]
    return KeptReading(
        values["key"], tuple(values["state"]), _page(read) if values["is_page"] else _document(read)
    )


def _page(values: Mapping[str, Any]) -> Page:
    return Page(
        document=_document(values["document"]),
        toctree=tuple(values["toctree"]),
        downloads=tuple(values["downloads"]),
        labels=tuple(Label(**label) for label in values["labels"]),
        references=tuple(Reference(**reference) for reference in values["references"]),
        asked=tuple(values["asked"]),
    )


def _document(values: Mapping[str, Any]) -> Document:
    sections = (
        Section(**{**section, "heading_path": tuple(section["heading_path"])}) for section in values["sections"]
    )
    parts = {
        "sections": tuple(sections),
        "blocks": tuple(Block(**block) for block in values["blocks"]),
        "tables": tuple(map(_table, values["tables"])),
        "links": tuple(Link(**link) for link in values["links"]),
        "warnings": tuple(Warning(**warning) for warning in values["warnings"]),
    }
    return Document(**{**values, **parts})


def _table(values: Mapping[str, Any]) -> Table:
    rows = (Row(**{**row, "cells": tuple(row["cells"])}) for row in values["rows"])
    return Table(**{**values, "columns": tuple(values["columns"]), "rows": tuple(rows)})
