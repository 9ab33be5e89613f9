"""Data files of a lab: YAML lists, BibTeX, delimited text, plain text."""

import json
import posixpath
import re

from assistant.errors import ReadError
from assistant.readers.bibtex import write_bibtex
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.charset import read_text
from assistant.readers.delimited import write_delimited
from assistant.readers.inline import paragraphs
from assistant.readers.yaml_tables import write_settings, write_yaml
from assistant.schema import Document

_HALVES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def read(file: SourceFile) -> Document:
    """Return a data file as tables; raises ReadError where it is broken or of another kind."""
    text = read_text(file)
    stem, suffix = posixpath.splitext(posixpath.basename(file.source))
    builder = DocumentBuilder(file.source)
    match suffix.lower():
        case ".yml" | ".yaml" if stem.startswith("_config"):
            write_settings(builder, text)
        case ".yml" | ".yaml":
            write_yaml(builder, text, name=stem)
        case ".json":
            write_yaml(builder, _json_as_yaml(text), name=stem)
        case ".bib":
            write_bibtex(builder, text, name=stem)
        case ".csv" | ".tsv":
            write_delimited(builder, text, name=stem)
        case ".txt":
            _write_plain(builder, text)
        case _:
            raise ReadError(f"{file.source} is no data file that can be read; exclude it.")
    return builder.build(title=stem)


def _json_as_yaml(text: str) -> str:
    """Return JSON in the form in which it is YAML as well: no tabs, no characters in two halves."""
    return _HALVES.sub(lambda match: json.loads(f'"{match[0]}"'), text.replace("\t", " "))


def _write_plain(builder: DocumentBuilder, text: str) -> None:
    """Add plain text: empty lines part paragraphs."""
    pending: list[str] = []
    first = 1
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line.strip():
            first = first if pending else number
            pending.append(line)
        elif pending:
            for paragraph in paragraphs("\n".join(pending)):
                builder.block("paragraph", paragraph, line=first)
            pending = []
