"""The base of our directives: one that takes whatever a page gives it."""

from collections.abc import Callable
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives, states
from docutils.statemachine import StringList


class AnyOptions(dict):
    """An option specification that takes every option as text."""

    def __bool__(self) -> bool:
        return True

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Callable[[str], str]:
        return directives.unchanged


class Lenient(Directive):
    """A directive that takes any argument, options and content."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = AnyOptions()

    def written(self) -> tuple[str, StringList]:
        """Return (argument, content); what starts below the directive's line is content."""
        argument = self.arguments[0].strip() if self.arguments else ""
        first = self.block_text.split("\n", 1)[0].rstrip()
        if argument and first.lstrip().startswith("..") and first.endswith("::"):
            lines = StringList(argument.splitlines(), self.state.document.current_source)
            lines.extend(StringList([""], self.state.document.current_source))
            lines.extend(self.content)
            return "", lines
        return argument, self.content

    def parsed(self, lines: StringList, *, titles: bool = False) -> list[nodes.Node]:
        """Return ``lines`` parsed as the page's own markup."""
        box = nodes.container()
        box.line = self.lineno
        self.state.nested_parse(lines, self.content_offset, box, match_titles=titles)
        return list(box.children)

    def paragraph(self, text: str) -> list[nodes.Node]:
        """Return ``text`` as a paragraph of parsed inline markup, or nothing."""
        if not text:
            return []
        inline, messages = self.state.inline_text(text, self.lineno)
        node = nodes.paragraph(text, "", *inline)
        node.line = self.lineno
        node.source = self.state.document.current_source
        return [node, *messages]


def content_line(directive: Directive) -> int:
    """Return the line of the page on which the content of ``directive`` starts."""
    # MyST counts content_offset from the directive's own line, docutils from the page's first.
    above = 0 if isinstance(directive.state, states.RSTState) else directive.lineno
    return above + directive.content_offset + 1
