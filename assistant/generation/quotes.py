"""The evidence of an extractive answer as numbered quotes for a language model."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.generation.markup import plain
from assistant.generation.wordlists import orders
from assistant.schema import Answer, Citation, Field
from assistant.text import sentences

_LONGEST_QUOTE = 1500  # characters
_MOST_QUOTES = 12  # of a long list the opening sentence needs only the first rows


@dataclass(frozen=True)
class Quote:
    """What one citation says, as plain text."""

    number: int  # of the citation
    about: str  # the page's title and the headings above the quote
    text: str


def quotes_of(answer: Answer) -> tuple[Quote, ...]:
    """Return the answer's citations as quotes, a row of a table with its column names.

    Hidden characters, HTML, images, the targets of links and sentences that order a language model
    about are taken out.
    """
    rows: dict[int, Sequence[Field]] = {item.citation: item.fields for item in answer.items}
    return tuple(
        Quote(citation.number, _about(citation), without_orders(plain(_said(citation, rows)))[:_LONGEST_QUOTE])
        for citation in answer.citations[:_MOST_QUOTES]
    )


def without_orders(text: str) -> str:
    """Return ``text`` without the sentences that speak to a language model; it is neither told nor quoted them."""
    kept, end_before = [], 0
    for start, end in sentences(text):
        if not orders().search(text[start:end]):
            kept.append(text[end_before:end] if kept else text[start:end])
        end_before = end
    return "".join(kept).strip()


def _said(citation: Citation, rows: dict[int, Sequence[Field]]) -> str:
    if citation.number in rows:
        return "\n".join(f"{field.name}: {field.value}" for field in rows[citation.number])
    return citation.quote


def _about(citation: Citation) -> str:
    names = dict.fromkeys((citation.place.title, *citation.place.heading_path))
    return plain(" › ".join(name for name in names if name))
