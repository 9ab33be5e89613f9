"""The directives of Sphinx and its usual extensions, reduced to what a visitor reads."""

import ast
import re

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from assistant.readers.inclusions import Include, LiteralInclude, LocalTable, Raw
from assistant.readers.lenient import Lenient, content_line
from assistant.readers.listing import glob_expression
from assistant.readers.roles import split_title

_CARD_RULE = re.compile(r"^\s*(?:\^{3,}|\+{3,})\s*$")
_WORDS = re.compile(r"[\s\u3400-\u9fff]")


class Toctree(nodes.Element):
    """``entries``: list of (document name or address, explicit title, line); ``caption``: text."""


class Nothing(Lenient):
    """Shows nothing a visitor could read: settings, diagrams, generated API pages."""

    def run(self) -> list[nodes.Node]:
        return []


class Date(Lenient):
    """The day of the build, which is left blank: an answer does not change overnight."""

    def run(self) -> list[nodes.Node]:
        return [nodes.inline()]


class Content(Lenient):
    """Shows its content; its argument is layout."""

    def run(self) -> list[nodes.Node]:
        argument, lines = self.written()
        return self.parsed(lines)


class Titled(Lenient):
    """Shows its argument as a title, then its content: cards, tabs, drop-downs."""

    def run(self) -> list[nodes.Node]:
        argument, lines = self.written()
        for position, line in enumerate(lines):
            if _CARD_RULE.match(line):
                lines[position] = ""
        return [*self.paragraph(argument), *self.parsed(lines)]


class Card(Titled):
    """A card, which may be one of many in a grid."""

    def run(self) -> list[nodes.Node]:
        card = nodes.container("", *super().run())
        card["is_card"] = True
        card["titled"] = bool(self.arguments)
        card.line = self.lineno
        return [card]


class CardGrid(Content):
    """A grid, whose cards may be records."""

    def run(self) -> list[nodes.Node]:
        grid = nodes.container("", *super().run())
        grid["is_grid"] = True
        return [grid]


class Inline(Lenient):
    """Shows its argument and its content as text."""

    def run(self) -> list[nodes.Node]:
        argument, lines = self.written()
        return [*self.paragraph(argument), *self.parsed(lines)]


class Version(Lenient):
    """``versionadded`` and its kin: shows the note, not the version number."""

    def run(self) -> list[nodes.Node]:
        argument, lines = self.written()
        note = "".join(argument.split(None, 1)[1:])
        return [*self.paragraph(note), *self.parsed(lines)]


class Code(Lenient):
    """Shows its content as code; its argument is a language."""

    def run(self) -> list[nodes.Node]:
        argument, lines = self.written()
        code = "\n".join(lines)
        node = nodes.literal_block(code, code)
        node.line = self.lineno
        caption = self.options.get("caption", "")
        return [*self.paragraph(caption), *([node] if code.strip() else [])]


class Described(Lenient):
    """An object description such as ``py:function``: its signature, then its content."""

    def run(self) -> list[nodes.Node]:
        argument = "\n".join(self.arguments)
        signature = nodes.literal_block(argument, argument)
        signature.line = self.lineno
        return [*([signature] if argument else []), *self.parsed(self.content)]


class Unknown(Lenient):
    """A directive nobody knows: told, and its content kept."""

    def run(self) -> list[nodes.Node]:
        self.state.document.reporter.warning(f'unknown directive "{self.name}", its content is kept', line=self.lineno)
        argument, lines = self.written()
        shown = argument if lines and _WORDS.search(argument) else ""
        return [*self.paragraph(shown), *self.parsed(lines, titles=True)]


class Only(Lenient):
    """Shows its content where its condition holds for the HTML build."""

    def run(self) -> list[nodes.Node]:
        condition = self.arguments[0] if self.arguments else ""
        return self.parsed(self.content, titles=True) if holds_for_html(condition) else []


class Conditional(Lenient):
    """``ifconfig``: its condition needs conf.py to run, so its content is left out and told."""

    def run(self) -> list[nodes.Node]:
        self.state.document.reporter.warning(
            f'unknown condition of "{self.name}", its content is left out', line=self.lineno
        )
        return []


class Glossary(Lenient):
    """A definition list in which several terms may share one definition."""

    def run(self) -> list[nodes.Node]:
        _, lines = self.written()
        listing = nodes.definition_list()
        listing.line = self.lineno
        position = 0
        while position < len(lines):
            terms: list[tuple[str, int]] = []
            while position < len(lines) and not lines[position][:1].isspace():
                line = lines[position].strip()
                if line and not line.startswith(".. "):
                    terms.append((line.split(" : ")[0], position))
                position += 1
            start = position
            while position < len(lines) and (not lines[position] or lines[position][0].isspace()):
                position += 1
            if terms:
                listing += self._item(terms, lines[start:position], start)
        return [listing]

    def _item(self, terms: list[tuple[str, int]], body: StringList, offset: int) -> nodes.Node:
        item = nodes.definition_list_item()
        for text, position in terms:
            inline, _ = self.state.inline_text(text, self.lineno)
            term = nodes.term(text, "", *inline)
            term.line = item.line = content_line(self) + position
            item += term
        indent = min((len(s) - len(s.lstrip()) for s in body if s.strip()), default=0)
        dedented = StringList([line[indent:] for line in body], self.state.document.current_source)
        definition = nodes.definition()
        self.state.nested_parse(dedented, self.content_offset + offset, definition)
        item += definition
        return item


class TocTree(Lenient):
    """The pages below this one, in reading order."""

    def run(self) -> list[nodes.Node]:
        _, lines = self.written()
        entries: list[tuple[str, str, int]] = []
        first = content_line(self)
        for position, line in enumerate(lines):
            title, target = split_title(line)
            number = first + position
            entries += [(name, title, number) for name in self._targets(target)]
        if "reversed" in self.options:
            entries.reverse()
        node = Toctree(entries=entries, caption=self.options.get("caption", ""))
        node.line = self.lineno
        node.source = self.state.document.current_source
        return [node]

    def _targets(self, target: str) -> list[str]:
        reading = self.state.document.settings.reading
        if not target or target == "self":
            return []
        if "://" in target:
            return [target]
        if "glob" not in self.options or not set(target) & set("*?["):
            name = reading.conf_document(reading.below(target))
            return [name] if name else []
        own = reading.conf_document(reading.source)
        wanted = glob_expression(reading.below(target))
        return [name for name in reading.docnames() if name != own and wanted.fullmatch(name)]


def holds_for_html(condition: str) -> bool:
    """Return whether an ``only`` condition holds in the HTML build; unknown tags are unset."""
    try:
        expression = ast.parse(condition.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return False
    return _holds(expression)


def _holds(expression: ast.expr) -> bool:
    match expression:
        case ast.Name(id=name):
            return name in ("html", "builder_html", "format_html")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _holds(operand)
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_holds(value) for value in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_holds(value) for value in values)
        case _:
            return False


def find_directive(name: str) -> type[Directive] | None:
    """Return the directive called ``name`` where Sphinx or an extension has it."""
    if name in _DIRECTIVES:
        return _DIRECTIVES[name]
    if name.startswith("auto"):
        return Nothing
    if ":" in name:
        return Described
    return None


_NAMES: tuple[tuple[type[Directive], str], ...] = (
    (TocTree, "toctree"),
    (Include, "include"),
    (LiteralInclude, "literalinclude"),
    (LocalTable, "csv-table"),
    (Raw, "raw"),
    (Only, "only"),
    (Conditional, "ifconfig"),
    (Glossary, "glossary"),
    (Version, "versionadded versionchanged deprecated version-added version-changed"),
    (Version, "version-deprecated version-removed versionremoved"),
    (Code, "code-block sourcecode code code-tab highlight-block prompt console-tab"),
    (Code, "productionlist testcode testoutput doctest ipython code-cell terminal"),
    (Content, "grid-item grid-row grid-column tab-set tabs seealso hlist div"),
    (Content, "cssclass rst-class container-fluid acks panels row column centered-block list-group"),
    (Date, "date"),
    (CardGrid, "grid card-carousel"),
    (Card, "card grid-item-card"),
    (Titled, "tab-item tab group-tab dropdown collapse details toggle spoiler"),
    (Titled, "panel step steps theorem lemma proof definition remark example-block exercise"),
    (Content, "button-link button-ref button divider"),
    (Inline, "centered"),
    (Described, "function class-desc method attribute data exception module-desc option envvar"),
    (Described, "describe object confval program-option cmdoption"),
    (Nothing, "index highlight tabularcolumns currentmodule py:currentmodule py:module module"),
    (Nothing, "sectionauthor codeauthor moduleauthor default-domain program meta contents sectnum"),
    (Nothing, "mermaid graphviz digraph graph uml plantuml inheritance-diagram blockdiag seqdiag"),
    (Nothing, "comment draft hidden todo todolist testsetup testcleanup tabularcolumn genindex sidebar-links"),
    (Nothing, "doxygenfile doxygenclass doxygenfunction doxygenindex doxygennamespace"),
    (Nothing, "doxygengroup doxygenstruct youtube vimeo video bilibili plot bibliography"),
    (Nothing, "footbibliography tags header footer target-notes image-sg gallery jupyter-execute"),
)
_DIRECTIVES = {name: directive for directive, names in _NAMES for name in names.split()}
