"""Parses the markup of a Sphinx site with docutils: one file's text → a resolved doctree."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docutils import nodes, readers, utils
from docutils.frontend import Values, get_default_settings
from docutils.parsers import Parser
from docutils.parsers.rst import directives as docutils_directives
from docutils.parsers.rst import roles as docutils_roles
from docutils.transforms import misc, references

from assistant.readers import directives, roles
from assistant.readers.builder import SourceFile
from assistant.readers.sphinx_conf import SphinxConf

# docutils looks names up in two module-level tables. They are changed only inside ``registered``,
# by one thread at a time, and put back afterwards: a role that one page defines is gone on the next.
_REGISTRY = threading.RLock()


@dataclass(frozen=True)
class SphinxSettings:
    """What a page needs to know about its site."""

    conf: SphinxConf = SphinxConf()
    base: str = ""  # the folder of conf.py below the corpus folder, "" or "docs/source"
    docnames: tuple[str, ...] = ()  # every page below the corpus folder, without suffix, sorted


@dataclass
class Reading:
    """The file being read, for the directives that need to know; one for each file."""

    file: SourceFile
    settings: SphinxSettings
    includes: int = field(default=0)

    @property
    def source(self) -> str:
        return self.file.source

    @property
    def docnames(self) -> Sequence[str]:
        return self.settings.docnames

    def conf_document(self, name: str) -> str:
        """Return the document name of a path that may carry a source suffix."""
        for suffix in self.settings.conf.suffixes:
            if name.endswith(suffix) and name not in self.docnames:
                return name.removesuffix(suffix)
        return name

    def below(self, target: str) -> str:
        """Return ``target`` as a path below the corpus folder; "/x" counts from conf.py's."""
        if target.startswith("/"):
            target = f"/{self.settings.base}/{target.lstrip('/')}"
        return roles.document_name(self.source, target)

    def inside(self, name: str) -> Path | None:
        """Return the file that ``name`` means from this page, where it is one of the corpus."""
        target = self.below(name)
        if not target:
            return None
        path = (self.file.root / target).resolve()
        inside = path.is_relative_to(self.file.root.resolve())
        return path if inside and path.is_file() else None

    def may_include(self, path: Path, *, limit: int) -> bool:
        """Count one more inclusion; false past ``limit`` or for a file over 2 MB."""
        self.includes += 1
        return self.includes <= limit and path.stat().st_size <= 2_000_000


class Told:
    """Collects the messages that docutils would print."""

    def __init__(self) -> None:
        self.messages: list[nodes.system_message] = []

    def __call__(self, message: nodes.system_message) -> None:
        if message["level"] >= 2:
            self.messages.append(message)


@contextlib.contextmanager
def registered() -> Iterator[None]:
    """Make docutils know Sphinx's directives and roles, here and now only."""
    with _REGISTRY:
        known_directives = dict(docutils_directives._directives)
        known_roles = dict(docutils_roles._roles)
        find_directive, find_role = docutils_directives.directive, docutils_roles.role

        def directive(name: str, language, document):
            own = directives.find_directive(name.lower())
            if own is not None:
                return own, []
            found, messages = find_directive(name, language, document)
            return (found, messages) if found else (directives.Unknown, [])

        def role(name: str, language, lineno: int, reporter):
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
    """Return the doctree of ``text`` with substitutions, footnotes and references resolved."""
    document = utils.new_document(str(reading.file.path), parser_settings(parser, reading))
    document.reporter.attach_observer(told)
    with registered():
        parser.parse(text, document)
    _fill_in_defaults(document, reading.settings.conf)
    transformer = document.transformer
    transformer.populate_from_components((parser,))
    transformer.add_transforms(
        (
            references.Substitutions,
            references.PropagateTargets,
            references.AnonymousHyperlinks,
            references.IndirectHyperlinks,
            references.Footnotes,
            references.ExternalTargets,
            references.InternalTargets,
            misc.Transitions,
        )
    )
    transformer.apply_transforms()
    return document


def _fill_in_defaults(document: nodes.document, conf: SphinxConf) -> None:
    """Resolve the substitutions that Sphinx itself defines; the day of the build is left blank."""
    values = {"version": conf.version, "release": conf.release or conf.version, "today": ""}
    for node in list(document.findall(nodes.substitution_reference)):
        name = node["refname"]
        if name in values and name not in document.substitution_defs:
            node.replace_self(nodes.Text(values[name]))
