"""MyST's docutils parser, set up for a site whose pages are not trusted."""

import re
from typing import TYPE_CHECKING

import yaml
from docutils import nodes, utils
from docutils.parsers import Parser

from assistant.readers.reading import Reading, SphinxSettings
from assistant.readers.roles import CrossReference, Download

if TYPE_CHECKING:
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_NAMED = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")


def myst_parser(settings: SphinxSettings) -> Parser:
    """Return MyST's parser under the site's own settings; imported here, for it takes 0.3 s."""
    from myst_parser.config.main import MdParserConfig
    from myst_parser.parsers.docutils_ import Parser as MystParser
    from myst_parser.parsers.mdit import create_md_parser

    renderer = _renderer()

    class Markdown(MystParser):
        """MyST's parser, deaf to the settings that a page would give itself."""

        def parse(self, inputstring: str, document: nodes.document) -> None:
            self.setup_parse(inputstring, document)
            config = MdParserConfig(enable_extensions=set(settings.conf.myst_extensions))
            parser = create_md_parser(config, renderer)
            parser.options["document"] = document
            parser.render(inputstring)
            self.finish_parse()

    return Markdown()


def _renderer() -> "type[DocutilsRenderer]":
    """Return MyST's renderer with what it leaves out when Sphinx is not there."""
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer, SyntaxTreeNode

    class Renderer(DocutilsRenderer):
        """Notes the line of each table row, and takes local links as Sphinx would."""

        def render_table_row(self, token: SyntaxTreeNode) -> None:
            super().render_table_row(token)
            row = self.current_node[-1]
            if token.map:
                self.add_line_and_source_path(row, token)

        def render_link_unknown(self, token: SyntaxTreeNode) -> None:
            href = self.md.normalizeLinkText(str(token.attrGet("href") or ""))
            node = _local_link(href, self.document.settings.reading, shown=bool(token.children))
            self.add_line_and_source_path(node, token)
            self.current_node.append(node)
            with self.current_node_context(node):
                self.render_children(token)

        def render_link_path(self, token: SyntaxTreeNode) -> None:
            scheme, _, path = str(token.attrGet("href")).partition(":")
            if token.info == "auto":
                token.children.clear()
            token.attrs["href"] = path
            self.render_link_unknown(token)

        def render_link_project(self, token: SyntaxTreeNode) -> None:
            if str(token.attrGet("href")).startswith("project:#"):
                super().render_link_project(token)
            else:
                self.render_link_path(token)

    return Renderer


def _local_link(href: str, reading: Reading, *, shown: bool) -> nodes.Element:
    """Return the node of a Markdown link to something of the site itself.

    A link to a file is a download, as MyST publishes it; a link without text shows a title.
    """
    path = reading.below(href)
    page = reading.conf_document(path)
    is_page = reading.is_page(page) or href.split("#")[0].endswith(reading.settings.conf.suffixes)
    if shown and not is_page and reading.inside(href):
        return Download(href, "", target=path, uri=href)
    if shown:
        return nodes.reference(href, "", refuri=href)
    if is_page and "#" not in href:
        return CrossReference(href, kind="doc", target=page, text=href, title="", uri=href)
    label = nodes.fully_normalize_name(href.rpartition("#")[2])
    return CrossReference(href, kind="label", target=label, text=href, title="", uri=href)


def substituted(text: str, settings: SphinxSettings) -> str:
    """Return ``text`` with each ``{{ name }}`` that conf.py or front matter gives a plain value.

    Line numbers stay: a value of several lines is put on one. Code blocks are left alone.
    """
    known = dict(settings.conf.myst_substitutions) | _own_substitutions(text)
    if not known or "{{" not in text:
        return text
    lines = text.split("\n")
    fence = ""
    for number, line in enumerate(lines):
        opened = _FENCE.match(line)
        if opened and not fence and "{" not in line:
            fence = opened.group(1)
        elif fence and line.strip() == fence:
            fence = ""
        elif not fence:
            lines[number] = _NAMED.sub(lambda match: known.get(match.group(1), match.group(0)), line)
    return "\n".join(lines)


def _own_substitutions(text: str) -> dict[str, str]:
    """Return the plain substitutions that the page's front matter defines."""
    match = _FRONT_MATTER.match(text)
    try:
        data = yaml.safe_load(match.group(0).strip().strip("-.")) if match else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(data, dict):
        return {}
    inner = data.get("myst")
    found: dict[str, str] = {}
    for given in (data.get("substitutions"), inner.get("substitutions") if isinstance(inner, dict) else None):
        for name, value in given.items() if isinstance(given, dict) else ():
            if isinstance(value, (str, int, float)):
                found[str(name)] = " ".join(str(value).split())
    return found


def without_front_matter(text: str) -> str:
    """Return ``text`` with its front matter blanked: Sphinx does not publish it.

    MyST must not see it either, since a page could turn on Jinja2 substitutions there.
    """
    match = _FRONT_MATTER.match(text)
    if not match:
        return text
    return "\n" * match.group(0).count("\n") + text[match.end() :]


def parse_included(text: str, document: nodes.document) -> list[nodes.Node]:
    """Return the nodes of Markdown that an rst page includes."""
    inner = utils.new_document("included:markdown", document.settings)
    inner.ids, inner.nameids, inner.nametypes = document.ids, document.nameids, document.nametypes
    inner.id_counter = document.id_counter
    myst_parser(document.settings.reading.settings).parse(without_front_matter(text), inner)
    return list(inner.children)
