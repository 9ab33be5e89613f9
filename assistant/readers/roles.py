"""The interpreted-text roles of Sphinx and its usual extensions, reduced to the text they show."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from docutils import nodes
from docutils.parsers.rst import roles as docutils_roles
from docutils.parsers.rst.states import Inliner
from docutils.utils import unescape

from assistant.readers.reading import Reading

RoleResult = tuple[list[nodes.Node], list[nodes.system_message]]
Role = Callable[..., RoleResult]
# (role name, its text without escapes, the page being read) → what it shows
_Shown = Callable[[str, str, Reading], list[nodes.Node]]

_EXPLICIT = re.compile(r"^(.+?)\s*<([^<>]+)>$", re.DOTALL)
_NAMES = """
    abbr any attr class cmdoption command confval const data del dfn envvar exc ext file func guilabel
    ins kbd keyword lib mailheader mark makevar manpage meth menuselection mimetype mod mono newsgroup
    obj option program regexp samp span term token type underline var bdg strike red green blue
"""
_ICON = re.compile(r"^(?:octicon|fa[bsr]?|material-\w+|icon|iconify|nf)$")
_BADGE = re.compile(r"^bdg(?:-\w+)*$")
_CITE = re.compile(r"^(?:foot)?cite(?::\w+)?$")
_DOMAIN = re.compile(r"^(?:py|c|cpp|js|rst|std|cmake|php|go|rust|numpy):[\w-]+$")
_CODE_LIKE = frozenset(("func", "meth", "class", "mod", "obj", "attr", "exc", "data", "const"))


class CrossReference(nodes.Inline, nodes.Element):
    """Text that another page decides: ``kind`` doc or label, ``target``, ``text`` as a fallback."""


class Download(nodes.Inline, nodes.TextElement):
    """Text that links to ``target``, a file below the corpus folder which the build copies."""


def find_role(name: str) -> Role | None:
    """Return the role called ``name`` (lower case) where Sphinx or an extension has it."""
    shown = _ROLES.get(name)
    if shown is None and _ICON.match(name):
        shown = _nothing
    if shown is None and _CITE.match(name):
        shown = _cited
    if shown is None and (_DOMAIN.match(name) or _BADGE.match(name)):
        shown = _plain
    return _role(name, shown) if shown else None


def unknown_role(name: str) -> Role:
    """Return a role that keeps its text and tells that nobody knows it."""
    return _role(name, _as_written, told=f'unknown role "{name}", its text is kept')


def split_title(text: str) -> tuple[str, str]:
    """Return (title, target) of ``title <target>``; the title is empty where none is written."""
    text = text.strip()
    match = _EXPLICIT.match(text)
    return (match.group(1).strip(), match.group(2).strip()) if match else ("", text)


def _role(name: str, shown: _Shown, *, told: str = "") -> Role:
    """Return ``shown`` with the signature that docutils calls."""

    def role(
        role_name: str,
        rawtext: str,
        text: str,
        lineno: int,
        inliner: Inliner,
        options: Mapping[str, Any] | None = None,
        content: Sequence[str] | None = None,
    ) -> RoleResult:
        if told:
            inliner.reporter.warning(told, line=lineno)
        return shown(name, unescape(text), inliner.document.settings.reading), []

    return role


def _text(text: str) -> list[nodes.Node]:
    return [nodes.inline(text, text)]


def _as_written(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    return _text(text)


def _nothing(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    return []


def _cited(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    return _text(f"[{text}]")


def _plain(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    title, target = split_title(text)
    shown = title or target
    if not title and (":" in name or name in _CODE_LIKE):
        shown = shown.removeprefix("!")
        shown = shown[1:].rsplit(".", 1)[-1] if shown.startswith("~") else shown
    if name in ("file", "samp"):
        shown = shown.replace("{", "").replace("}", "")
    if name in ("guilabel", "menuselection"):
        shown = shown.replace("&", "").replace("-->", "‣")
    return _text(shown)


def _indexed(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    title, target = split_title(text)
    return _text(title or target.split(":", 1)[-1].lstrip("!").strip())


def _ref(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    title, target = split_title(text)
    if title and "{" not in title and "%" not in title:
        return _text(title)
    label = nodes.fully_normalize_name(target)
    return [CrossReference(text, kind="label", target=label, text=target, title="", uri="")]


def _doc(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    title, target = split_title(text)
    path = reading.conf_document(reading.below(target))
    return [CrossReference(text, kind="doc", target=path, text=target, title=title, uri=target)]


def _download(name: str, text: str, reading: Reading) -> list[nodes.Node]:
    title, target = split_title(text)
    shown = title or target
    return [Download(text, shown, target=reading.below(target), uri=target)]


def _table() -> dict[str, _Shown]:
    found: dict[str, _Shown] = dict.fromkeys(_NAMES.split(), _plain)
    found["abbr"] = _as_written
    found["index"] = _indexed
    found["eq"] = found["math:numref"] = _nothing
    found["ref"] = found["std:ref"] = found["numref"] = found["std:numref"] = _ref
    found["doc"] = found["std:doc"] = _doc
    found["download"] = _download
    # docutils' own names win: ``code`` and ``math`` mean what they mean there.
    return {name: shown for name, shown in found.items() if name not in docutils_roles._role_registry}


_ROLES = _table()
