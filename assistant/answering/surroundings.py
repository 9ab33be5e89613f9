"""What stands around the text of a passage: its headings, a row's columns, the words of its address."""

import re

from assistant.chunking import CONTEXT_SEPARATOR
from assistant.schema import Passage

_DIGITS = re.compile(r"\d+")


def above(passage: Passage) -> tuple[str, str]:
    """Return the headings above a passage and, of a row, the columns in which it has something."""
    parts, cells = passage.context.split(CONTEXT_SEPARATOR), passage.text.split("\t")
    if passage.kind != "row" or len(parts) < len(cells):
        return passage.context, ""
    headings, columns = parts[: len(parts) - len(cells)], parts[len(parts) - len(cells) :]
    filled = (name for name, cell in zip(columns, cells, strict=True) if cell.strip())
    return "\n".join(headings), "\n".join(filled)


def spaced(source: str) -> str:
    """Return a path's words: necv2016.html speaks of NECV, 2025-04-17-job.md of 2025."""
    return f"{source} " + _DIGITS.sub(" ", source)
