"""An HTML page, or a piece of one inside another document, as a Document's blocks and tables."""

import re
from datetime import date

from assistant.errors import NotPublished
from assistant.readers.builder import DocumentBuilder, SourceFile
from assistant.readers.charset import read_text
from assistant.readers.chrome import main_content, margin_contacts
from assistant.readers.column_names import with_shared_names
from assistant.readers.frontmatter import scalars, split_page, title_of, unpublished_reason
from assistant.readers.html_walk import write_blocks
from assistant.readers.inline import folded, text_of
from assistant.readers.liquid import without_template_tags
from assistant.readers.visible import drop_hidden, parse
from assistant.schema import Document

_SITE_SUFFIX = re.compile(r"(?<=[\u4e00-\u9fff])-(?=[\u4e00-\u9fff])|\s+[|｜—–·»-]+\s+|\s*[|｜_»]\s*|\s*——\s*")


def read(file: SourceFile) -> Document:
    """Return the document that a page's visitors see; raises ReadError where it cannot be read."""
    page = split_page(read_text(file), source=file.source)
    reason = unpublished_reason(page.fields, source=file.source, today=date.today())
    if reason:
        raise NotPublished(f"{file.source} is not published yet ({reason}).")
    builder = DocumentBuilder(file.source)
    title = title_of(page.fields)
    if title:
        builder.heading(title, level=0, line=page.fields.line)
    return read_page(builder, without_template_tags(page.body, scalars(page.fields)), title=title)


def read_page(builder: DocumentBuilder, markup: str, *, title: str = "") -> Document:
    """Return the document of a whole page, called ``title`` or what it calls itself."""
    root = parse(markup)
    named = root.find(".//title") if root is not None else None
    page_title = folded(named.text).strip() if named is not None else ""
    if root is not None:
        drop_hidden(root)
        contacts = margin_contacts(root)
        content = main_content(root)
        first = content.find(".//h1")
        title = title or _title(page_title, text_of(first) if first is not None else "")
        write_blocks(builder, content, line_offset=0, title=title)
        if contacts:
            builder.section((), anchor="", line=contacts[0][1])
        for text, line in contacts:
            builder.block("paragraph", text, line=line)
    document = builder.build(title=title or page_title)
    if not document.blocks:
        builder.warn(0, "no-text", "the page holds nothing that a visitor would read")
        document = builder.build(title=document.title)
    return with_shared_names(document)


def read_fragment(builder: DocumentBuilder, markup: str, *, line: int) -> None:
    """Add what a piece of HTML shows to a document; ``line`` is where the piece begins."""
    # After a <style>, libxml2 takes tags it does not know, such as <details>, for part of the head.
    root = parse(f"<body>{markup}")
    if root is None:
        return
    drop_hidden(root)
    body = root.find("body")
    write_blocks(builder, root if body is None else body, line_offset=line - 1)


def _title(page_title: str, heading: str) -> str:
    parts = [part.strip() for part in _SITE_SUFFIX.split(page_title) if part.strip()]
    # A heading that is only the site's name, repeated on every page, names no page.
    if heading and heading not in parts[1:]:
        return heading
    return parts[0] if parts else ""
