"""The messages of docutils and MyST under stable codes of our own."""

import re

from docutils import nodes

from assistant.schema import Warning

_CODES = (
    ("malformed-table", re.compile(r"Malformed table|invalid .* directive:|content block for the")),
    ("unknown-directive", re.compile(r"^unknown (?:directive|condition)|Unknown directive")),
    ("unknown-role", re.compile(r"^unknown role|Unknown interpreted")),
    ("unknown-substitution", re.compile(r"Undefined substitution")),
    ("unknown-target", re.compile(r"[Uu]nknown target|xref|not found|Anonymous hyperlink")),
    ("duplicate-target", re.compile(r"[Dd]uplicate")),
    ("include", re.compile(r"not a file of the corpus|includes too much|table from an address")),
    ("directive", re.compile(r"[Dd]irective")),
    ("heading", re.compile(r"[Tt]itle|[Hh]eading")),
    ("indentation", re.compile(r"indent|without a blank line")),
)
# What Sphinx and MyST complain of and no reader of the page would notice.
_HARMLESS = re.compile(
    r"Title (?:under|over)line too short|Pygments|Duplicate implicit|myst\.header|"
    r"myst\.xref_missing|is not referenced|Substitution definition .* empty|lexer|myst\.strikethrough|"
    r"Duplicate explicit target name"
)


def warning_of(message: nodes.system_message, source: str) -> Warning | None:
    """Return a message as a warning about ``source``, or None where no reader would notice."""
    text = message.astext().split("\n", 1)[0]
    text = text.split(") ", 1)[-1] if re.match(r"^\S*: \(\w+/\d\) ", text) else text
    if _HARMLESS.search(text):
        return None
    code = next((code for code, pattern in _CODES if pattern.search(text)), "markup")
    return Warning(source, message.get("line", 0), code, text)
