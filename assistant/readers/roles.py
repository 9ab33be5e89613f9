"""The interpreted-text roles of Sphinx and its usual extensions, reduced to the text they show."""

import posixpath
import re
from collections.abc import Callable, Sequence

from docutils import nodes
from docutils.parsers.rst import roles as docutils_roles
from docutils.utils import unescape

RoleResult = tuple[list[nodes.Node], list[nodes.system_message]]
Role = Callable[..., RoleResult]

_EXPLICIT = re.compile(r"^(.+?)\s*<([^<>]+)>$", re.DOTALL)
_PLAIN = """
    abbr any attr c cite:t class cmdoption command confval const data dfn doc-plain envvar exc
    exclass ext file func guilabel keyword kbd lib mailheader makevar manpage meth menuselection
    mimetype mod mono newsgroup obj option program regexp samp term token type var
    bdg ul strike red green blue u s del ins mark span
""".split()
_ICON = re.compile(r"^(?:octicon|fa[bsr]?|material-\w+|icon|iconify|nf|rocket)$")
_BADGE = re.compile(r"^bdg(?:-\w+)*$")
_CITE = re.compile(r"^(?:foot)?cite(?::\w+)?$")
_DOMAIN = re.compile(r"^(?:py|c|cpp|js|rst|std|cmake|php|go|rust|numpy|math):[\w-]+$")


class CrossReference(nodes.Inline, nodes.Element):
    """Text that another page decides: ``kind`` doc or label, ``target``, ``text`` as a fallback."""


class Download(nodes.Inline, nodes.TextElement):
    """Text that links to ``target``, a file below the corpus folder which the build copies."""


def find_role(name: str) -> Role | None:
    """Return the role called ``name`` (lower case) where Sphinx or an extension has it."""
    if name in _ROLES:
        return _ROLES[name]
    if _ICON.match(name):
        return _nothing
    if _CITE.match(name):
        return _cite
    if _DOMAIN.match(name) or _BADGE.match(name):
        return _plain
    return None


def unknown_role(name: str) -> Role:
    """Return a role that keeps its text and tells that nobody knows it."""

    def role(
        role_name: str, rawtext: str, text: str, lineno: int, inliner, options=None, content=None
    ) -> RoleResult:
        inliner.reporter.warning(f'unknown role "{name}", its text is kept', line=lineno)
        return [nodes.inline(rawtext, unescape(text))], []

    return role


def split_title(text: str) -> tuple[str, str]:
    """Return (title, target) of ``title <target>``; the title is empty where none is written."""
    text = unescape(text).strip()
    match = _EXPLICIT.match(text)
    return (match.group(1).strip(), match.group(2).strip()) if match else ("", text)


def document_name(base: str, target: str) -> str:
    """Return ``target`` as a path below the corpus folder; it is relative to the file ``base``.

    "" where it leaves the folder.
    """
    target = target.split("#", 1)[0]
    folder = "" if target.startswith("/") else posixpath.dirname(base)
    path = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
    return "" if path.startswith("..") or path == "." else path


def _plain(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    title, target = split_title(text)
    shown = title or target
    if not title and ":" in name or name in ("func", "meth", "class", "mod", "obj", "attr"):
        shown = shown.lstrip("!")
        if shown.startswith("~"):
            shown = shown[1:].rsplit(".", 1)[-1]
    if name in ("file", "samp"):
        shown = shown.replace("{", "").replace("}", "")
    if name in ("guilabel", "menuselection"):
        shown = shown.replace("&", "").replace("-->", "‣")
    return [nodes.inline(rawtext, shown)], []


def _abbreviation(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    return [nodes.inline(rawtext, unescape(text))], []


def _nothing(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    return [], []


def _cite(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    return [nodes.inline(rawtext, f"[{unescape(text)}]")], []


def _index(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    title, target = split_title(text)
    shown = title or target.split(":", 1)[-1].lstrip("!").strip()
    return [nodes.inline(rawtext, shown)], []


def _ref(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    title, target = split_title(text)
    if title and "{" not in title and "%" not in title:
        return [nodes.inline(rawtext, title)], []
    label = nodes.fully_normalize_name(target)
    return [CrossReference(rawtext, kind="label", target=label, text=target)], []


def _doc(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    title, target = split_title(text)
    reading = inliner.document.settings.reading
    docname = document_name(reading.source, target)
    node = CrossReference(rawtext, kind="doc", target=docname, text=title or target)
    node["title"] = title
    node["uri"] = target
    return [node], []


def _download(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    title, target = split_title(text)
    reading = inliner.document.settings.reading
    path = document_name(reading.source, target)
    return [Download(rawtext, title or target, target=path, uri=target)], []


def _styled(name, rawtext, text, lineno, inliner, options=None, content=None) -> RoleResult:
    return [nodes.inline(rawtext, unescape(text))], []


def _table(plain: Sequence[str]) -> dict[str, Role]:
    found: dict[str, Role] = dict.fromkeys(plain, _plain)
    found |= {
        "abbr": _abbreviation,
        "doc": _doc,
        "download": _download,
        "eq": _nothing,
        "index": _index,
        "keyword": _plain,
        "numref": _ref,
        "ref": _ref,
        "std:doc": _doc,
        "std:ref": _ref,
        "std:numref": _ref,
        "del": _styled,
    }
    # docutils' own names win: ``code`` and ``math`` mean what they mean there.
    return {name: role for name, role in found.items() if name not in _DOCUTILS}


_DOCUTILS = frozenset(docutils_roles._role_registry)
_ROLES = _table(_PLAIN)
