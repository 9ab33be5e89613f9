"""A Markdown page of a Jekyll, Hugo or plain site: front matter as a record, the body as shown."""

import re
from datetime import date

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from assistant.errors import NotPublished
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.charset import read_text
from assistant.readers.chrome import main_content
from assistant.readers.column_names import with_shared_names
from assistant.readers.frontmatter import PageSource, scalars, split_page, title_of, unpublished_reason
from assistant.readers.html_walk import write_blocks
from assistant.readers.landing import write_landing
from assistant.readers.liquid import without_template_tags
from assistant.readers.members import write_member
from assistant.readers.visible import drop_hidden, parse
from assistant.schema import Document

_FENCE = re.compile(r"^\s{0,3}(```+|~~~+)")
_BLOCK_TAG = re.compile(
    r"<(/?)(div|section|article|main|figure|table|tbody|thead|tr|td|th|ul|ol|li|dl|details|center|p)\b[^>]*?(/?)>",
    re.I,
)
_ATTRIBUTES = re.compile(r"[ \t]*\{:[^{}\n]*\}|(?<=\S)[ \t]*\{[#.][\w.# -]+\}[ \t]*$", re.M)
_HEADING_ID = re.compile(r"\{:?\s*#([\w\u4e00-\u9fff-]+)[^{}]*\}\s*$")
_CONTENTS_LIST = re.compile(r"^[*+-] .*\n\{:\s*toc[^{}]*\}|^\[\[?toc\]?\][ \t]*$", re.I | re.M)
# "[//]: # (…)": a link that nothing refers to, the way to comment in Markdown.
_COMMENT = re.compile(r"<!--[\s\S]*?(?:-->|\Z)|^ {0,3}\[(?://|comment)\]: ?[<#(\"'].*$", re.M)
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
# Folders that a site generator reserves for pages that make no collection.


def read(file: SourceFile) -> Document:
    """Return the page as its visitors see it; raises ReadError where it is broken or a draft."""
    page = split_page(read_text(file), source=file.source)
    reason = unpublished_reason(page.fields, source=file.source, today=date.today())
    if reason:
        raise NotPublished(f"{file.source} is not published yet ({reason}).")
    builder = DocumentBuilder(file.source)
    title = title_of(page.fields)
    if title:
        # Level 0: everything in the body stands under the title that the theme puts above it.
        builder.heading(title, level=0, line=page.fields.line)
    write_member(builder, file, page.fields)
    write_landing(builder, page.fields, lambda text: write_markdown(builder, _COMMENT.sub(_line_ends, text)))
    write_markdown(builder, _body(page))
    return with_shared_names(builder.build(title=title))


def write_markdown(builder: DocumentBuilder, text: str) -> None:
    """Add a Markdown text to a document; its lines are the file's lines."""
    root = parse(rendered(text))
    if root is None:
        return
    drop_hidden(root)
    write_blocks(builder, main_content(root), line_offset=0)


def rendered(text: str) -> str:
    """Return the page's HTML, each element on the line that it has in the Markdown source.

    A Markdown construct takes at least as many lines as it needs in HTML, so empty lines are all
    it takes to keep in step; the HTML parser then reports the source's own line numbers.
    """
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin)
    environment: dict[str, object] = {}
    tokens = parser.parse(_prepared(text), environment)
    _give_headings_ids(tokens)
    pieces: list[str] = []
    line = 0
    for index, token in enumerate(tokens):
        if token.map and token.nesting >= 0 and token.map[0] > line:
            pieces.append("\n" * (token.map[0] - line))
            line = token.map[0]
        if token.type == "inline":
            piece = parser.renderer.renderInline(token.children or [], parser.options, environment)
        elif token.type in parser.renderer.rules:
            piece = parser.renderer.rules[token.type](tokens, index, parser.options, environment)
        else:
            piece = parser.renderer.renderToken(tokens, index, parser.options, environment)
        if token.type not in ("html_block", "fence", "code_block"):
            piece = piece.strip("\n")
        pieces.append(piece)
        line += piece.count("\n")
    return "".join(pieces)


def _body(page: PageSource) -> str:
    return without_template_tags(_COMMENT.sub(_line_ends, page.body), scalars(page.fields))


def _line_ends(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def _prepared(text: str) -> str:
    """Return Markdown that CommonMark reads as Jekyll's kramdown reads the original."""
    text = _CONTENTS_LIST.sub(_line_ends, text)
    text = "\n".join(_heading_id_sheltered(line) for line in text.split("\n"))
    lines = text.split("\n")
    depth, fence = 0, ""
    for index, line in enumerate(lines):
        marker = _FENCE.match(line)
        if marker and (not fence or marker.group(1).startswith(fence)):
            fence = "" if fence else marker.group(1)[:3]
        if fence:
            continue
        # Inside raw HTML kramdown takes indented tags for tags, CommonMark for code.
        if depth > 0 and line.lstrip().startswith("<"):
            lines[index] = line.lstrip()
        for closing, _, empty in _BLOCK_TAG.findall(line):
            depth = max(0, depth - 1) if closing else depth + (not empty)
    return "\n".join(lines)


def _heading_id_sheltered(line: str) -> str:
    """Drop kramdown's attribute lists but the ids of headings."""
    if line.startswith("#") and _HEADING_ID.search(line):
        return line
    return _ATTRIBUTES.sub("", line)


def _give_headings_ids(tokens: list[Token]) -> None:
    """Give each heading the id that Jekyll and Hugo publish: as written, else a GitHub slug."""
    seen: dict[str, int] = {}
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open":
            continue
        children = inline.children or []
        last = children[-1] if children else None
        match = _HEADING_ID.search(last.content) if last is not None else None
        if match and last is not None:
            last.content = last.content[: match.start()].rstrip()
            opening.attrSet("id", match.group(1))
            continue
        text = "".join(child.content for child in children if child.type in ("text", "code_inline"))
        slug = _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-")
        repeat = seen.get(slug, 0)
        seen[slug] = repeat + 1
        opening.attrSet("id", f"{slug}-{repeat}" if repeat else slug or "section")
