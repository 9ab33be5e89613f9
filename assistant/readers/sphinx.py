"""Parses the markup of a Sphinx site with docutils: one file's text → a resolved doctree."""

import contextlib
import threading
from collections.abc import Iterator
from types import ModuleType

from docutils import ApplicationError, nodes, readers, utils
from docutils.frontend import Values, get_default_settings
from docutils.parsers import Parser
from docutils.parsers.rst import Directive
from docutils.parsers.rst import directives as docutils_directives
from docutils.parsers.rst import roles as docutils_roles
from docutils.transforms import misc, references

from assistant.errors import ReadError
from assistant.readers import directives, roles
from assistant.readers.reading import Reading
from assistant.readers.sphinx_conf import SphinxConf

# docutils looks names up in two module-level tables. They are changed only inside ``registered``,
# by one thread at a time, and put back afterwards: a role that one page defines is gone on the next.
_REGISTRY = threading.RLock()


class Told:
    """Collects the messages that docutils would print."""

    def __init__(self) -> None:
        self.messages: list[nodes.system_message] = []

    def __call__(self, message: nodes.system_message) -> None:
        if message["level"] >= 2:
            self.messages.append(message)


_ROMAN_LETTERS = {1: "I", 5: "V", 10: "X", 50: "L", 100: "C", 500: "D", 1000: "M"}
_TRANSFORMS = (
    references.Substitutions,
    references.PropagateTargets,
    references.AnonymousHyperlinks,
    references.IndirectHyperlinks,
    references.Footnotes,
    references.ExternalTargets,
    references.InternalTargets,
    misc.Transitions,
)
# docutils and its extensions signal markup they did not foresee with whatever Python raises.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
_STUMBLES += (ApplicationError, NotImplementedError)


@contextlib.contextmanager
def registered() -> Iterator[None]:
    """Make docutils know Sphinx's directives and roles, here and now only."""
    with _REGISTRY:
        known_directives = dict(docutils_directives._directives)
        known_roles = dict(docutils_roles._roles)
        find_directive, find_role = docutils_directives.directive, docutils_roles.role

        def directive(
            name: str, language: ModuleType, document: nodes.document
        ) -> tuple[type[Directive], list[nodes.system_message]]:
            own = directives.find_directive(name.lower())
            if own is not None:
                return own, []
            found, messages = find_directive(name, language, document)
            return (found, messages) if found else (directives.Unknown, [])

        def role(
            name: str, language: ModuleType, lineno: int, reporter: utils.Reporter
        ) -> tuple[roles.Role, list[nodes.system_message]]:
            if name.lower() in docutils_roles._roles:
                return docutils_roles._roles[name.lower()], []
            own = roles.find_role(name.lower())
            if own is not None:
                return own, []
            found, messages = find_role(name, language, lineno, reporter)
            return (found, messages) if found else (roles.unknown_role(name), [])

        docutils_directives.directive, docutils_roles.role = directive, role
        try:
            yield
        finally:
            docutils_directives.directive, docutils_roles.role = find_directive, find_role
            for table, known in (
                (docutils_directives._directives, known_directives),
                (docutils_roles._roles, known_roles),
            ):
                table.clear()
                table.update(known)


def parser_settings(parser: Parser, reading: Reading) -> Values:
    """Return docutils settings under which nothing is printed, fetched or read from outside."""
    settings = get_default_settings(parser, readers.Reader)
    settings.__dict__.update(
        {
            "auto_id_prefix": "id",
            "id_prefix": "",
            "file_insertion_enabled": False,
            "raw_enabled": True,  # only our own raw directive makes raw nodes
            "report_level": 5,
            "halt_level": 5,
            "warning_stream": False,
            "line_length_limit": 1_000_000,
            "smart_quotes": False,
            "syntax_highlight": "none",
            "traceback": True,
            "tab_width": 8,
            "reading": reading,
        }
    )
    return settings


def parse(text: str, parser: Parser, reading: Reading, told: Told) -> nodes.document:
    """Return the doctree of ``text`` with substitutions, footnotes and references resolved.

    Raises ReadError where docutils itself stumbles.
    """
    document = utils.new_document(str(reading.file.path), parser_settings(parser, reading))
    document.reporter.attach_observer(told)
    try:
        with registered():
            parser.parse(text, document)
        _restore_initials(document)
        _fill_in_defaults(document, reading.settings.conf)
        document.transformer.populate_from_components((parser,))
        document.transformer.add_transforms(_TRANSFORMS)
        document.transformer.apply_transforms()
    except RecursionError as error:
        raise ReadError(f"{reading.source}: the page is nested too deeply to be read") from error
    except _STUMBLES as error:
        raise ReadError(f"{reading.source}: docutils cannot read this page ({error!r})") from error
    return document


def _restore_initials(document: nodes.document) -> None:
    """Turn lists of one item, such as "A. Li, B. Han: Title", back into what their author wrote."""
    for node in list(document.findall(nodes.enumerated_list)):
        start = node.get("start", 1)
        letter = ""
        if node["enumtype"] == "upperalpha" and 1 <= start <= 26:
            letter = chr(ord("A") + start - 1)
        elif node["enumtype"] == "upperroman":
            letter = _ROMAN_LETTERS.get(start, "")
        if letter and len(node) == 1 and len(node[0]) and isinstance(node[0][0], nodes.paragraph):
            initial = f"{node.get('prefix', '')}{letter}{node.get('suffix', '')} "
            node[0][0].insert(0, nodes.Text(initial))
            node.replace_self(node[0].children)


def _fill_in_defaults(document: nodes.document, conf: SphinxConf) -> None:
    """Resolve the substitutions that Sphinx itself defines; the day of the build is left blank."""
    values = {"version": conf.version, "release": conf.release or conf.version, "today": ""}
    for node in list(document.findall(nodes.substitution_reference)):
        name = node["refname"]
        if name in values and name not in document.substitution_defs:
            node.replace_self(nodes.Text(values[name]))
