"""MyST's docutils parser, set up for a site whose pages are not trusted."""

import re

from docutils import nodes, utils
from docutils.parsers import Parser

from assistant.readers.reading import SphinxSettings

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)


def myst_parser(settings: SphinxSettings) -> Parser:
    """Return MyST's parser under the site's own settings; imported here, for it takes 0.3 s."""
    from myst_parser.config.main import MdParserConfig
    from myst_parser.mdit_to_docutils.base import DocutilsRenderer, SyntaxTreeNode
    from myst_parser.parsers.docutils_ import Parser as MystParser
    from myst_parser.parsers.mdit import create_md_parser

    class Renderer(DocutilsRenderer):
        """MyST's renderer, which also notes the line of each table row."""

        def render_table_row(self, token: SyntaxTreeNode) -> None:
            super().render_table_row(token)
            row = self.current_node[-1]
            if token.map:
                self.add_line_and_source_path(row, token)

    class Markdown(MystParser):
        """MyST's parser, deaf to the settings that a page would give itself."""

        def parse(self, inputstring: str, document: nodes.document) -> None:
            self.setup_parse(inputstring, document)
            config = MdParserConfig(enable_extensions=set(settings.conf.myst_extensions))
            parser = create_md_parser(config, Renderer)
            parser.options["document"] = document
            parser.render(inputstring)
            self.finish_parse()

    return Markdown()


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
