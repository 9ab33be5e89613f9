"""Pages that are built of blocks in their front matter, as Hugo Blox (Wowchemy) does."""

from collections.abc import Callable, Iterator

from assistant.readers.builder import DocumentBuilder
from assistant.readers.fields import column_name
from assistant.readers.frontmatter import is_presentational, plain_text
from assistant.readers.yaml_tree import Mapping, Scalar, Sequence, Value
from assistant.text import detect_language

_PROSE = frozenset(("text", "subtitle", "body", "description"))  # keys whose text is Markdown
# Blocks that gather other pages: what they show is read where it is written.
_GATHERING = frozenset(("collection", "portfolio", "people", "tag_cloud", "tag-cloud", "lab-profile", "slider"))
_TECHNICAL = frozenset(("coordinates", "design", "form", "cta", "filters", "button", "user_groups", "country_code"))


def write_landing(
    builder: DocumentBuilder, fields: Mapping, write_text: Callable[[str], None]
) -> None:
    """Add the blocks under ``sections``, each under its own title.

    ``write_text`` adds a Markdown text whose lines are the file's.
    """
    sections = fields.get("sections")
    for section in sections.items if isinstance(sections, Sequence) else ():
        content = section.get("content") if isinstance(section, Mapping) else None
        if not isinstance(content, Mapping) or not isinstance(section, Mapping):
            continue
        if section.text("block") in _GATHERING:
            continue
        builder.heading(content.text("title"), level=2, line=content.line)
        for key, value in content.pairs:
            if key in _PROSE and isinstance(value, Scalar):
                # A block text begins on the line after its key.
                write_text("\n" * value.line + value.text)
        _write_facts(builder, content)


def _write_facts(builder: DocumentBuilder, content: Mapping) -> None:
    """Add what a block says field by field: the address, the email, the office hours."""
    facts = [(key, plain_text(value), value.line) for key, value in _leaves(content)]
    language = detect_language(" ".join(text for _, text, _ in facts))
    separator = "：" if language == "zh" else ": "
    for key, text, line in facts:
        if text:
            builder.block("paragraph", f"{column_name(key, language)}{separator}{text}", line=line)


def _leaves(fields: Mapping) -> Iterator[tuple[str, Value]]:
    for key, value in fields.pairs:
        if key == "title" or key in _PROSE or key in _TECHNICAL or is_presentational(key):
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value)
        else:
            yield key, value
