"""The nouns of the project: what one module hands to another.

Read from top to bottom this is the path of a document (Document, Section, Block, Table,
Record, Conflict, Passage) and then that of a question (Question, Hit, Citation, Answer).
"""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
Status = Literal["published", "orphan", "placeholder"]
BlockKind = Literal["heading", "paragraph", "item", "definition", "code", "row"]
PassageKind = Literal["text", "code", "row"]


@dataclass(frozen=True)
class Section:
    """A heading and the text under it, up to the next heading of any level.

    ``document.text[start:end]`` is the section: its heading, then its blocks. Text before the
    first heading belongs to a section with an empty ``heading_path``. The pages of a pdf are
    sections whose anchor is ``page=N``.
    """

    heading_path: tuple[str, ...]  # outermost first, its own heading last
    anchor: str  # the id of the heading in the published page; "" where it has none
    line: int  # 1-based line of the heading in the source file
    start: int
    end: int


@dataclass(frozen=True)
class Block:
    """One paragraph, list item, code block or table row: a slice of the document's text.

    Blocks are in text order and never overlap. A ``row`` block belongs to a table.
    """

    kind: BlockKind
    section: int  # index into Document.sections
    line: int  # 1-based
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """One row of a table; ``document.text[start:end]`` is its cells joined by tabs."""

    cells: tuple[str, ...]  # one for each column; "" where the source has none
    line: int
    start: int
    end: int


@dataclass(frozen=True)
class Table:
    """A table, list of cards, YAML list or BibTeX file read as rows of named fields.

    ``name`` says what a row is (caption, nearest heading, sheet or collection name); tables of
    one collection that is spread over several files share it.
    """

    name: str
    columns: tuple[str, ...]  # unique, non-empty
    rows: tuple[Row, ...]
    section: int  # index into Document.sections
    line: int


@dataclass(frozen=True)
class Link:
    """A link that the document publishes."""

    text: str
    target: str  # as written: relative path, absolute URL or mailto:
    line: int


@dataclass(frozen=True)
class Warning:
    """Something in a source file that could not be taken as written."""

    source: str
    line: int  # 1-based; 0 where the whole file is meant
    code: str  # kebab-case, stable: "malformed-table", "unknown-directive", …
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line} {self.code} {self.message}"


@dataclass(frozen=True)
class Document:
    """One file of the corpus as its readers see it."""

    source: str  # path below the corpus folder, with "/"
    title: str
    text: str  # every block's text, blocks parted by blank lines
    language: Language
    status: Status
    url: str  # where the page is published, without fragment; "" where unknown
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...]
    tables: tuple[Table, ...]
    links: tuple[Link, ...]
    warnings: tuple[Warning, ...]


@dataclass(frozen=True)
class PageText:
    """The text of one document, for showing a quote in its surroundings."""

    source: str
    title: str
    url: str
    status: str
    text: str


@dataclass(frozen=True)
class Place:
    """Where a piece of text stands, precisely enough for a visitor to check it."""

    source: str
    title: str
    heading_path: tuple[str, ...]
    anchor: str
    line: int
    start: int  # half-open range of the document's text
    end: int
    url: str  # with anchor; "" where the page has no address
    status: Status


@dataclass(frozen=True)
class Field:
    """One named value of a record."""

    name: str
    value: str


@dataclass(frozen=True)
class Conflict:
    """A field of a record that another page states otherwise."""

    field: str
    value: str  # as the other page states it
    place: Place  # where it does


@dataclass(frozen=True)
class Record:
    """One table row as named fields, with every place that states it.

    ``year`` is the year the row itself names in a year-like column, else that of its headings,
    else 0.
    """

    id: str
    table: str  # the table's name
    fields: tuple[Field, ...]  # non-empty values only, in column order
    year: int
    places: tuple[Place, ...]  # at least one; published before orphan
    conflicts: tuple[Conflict, ...] = ()  # the other page's row is a record of its own


@dataclass(frozen=True)
class Passage:
    """A slice of one document that can be retrieved and quoted.

    ``document.text[place.start:place.end] == text``. ``context`` is what a reader of the page
    sees around it (title, headings, column names): indexed with the text, never quoted.
    """

    id: str
    text: str
    context: str
    kind: PassageKind
    language: Language
    record: str  # id of the record a row passage belongs to; "" for others
    places: tuple[Place, ...]  # at least one: identical passages of several pages are one
    code: tuple[tuple[int, int], ...] = ()  # ranges of text that are code blocks

    @property
    def place(self) -> Place:
        """The place to cite first."""
        return self.places[0]


@dataclass(frozen=True)
class Hit:
    """A passage that retrieval found, with the signals that ranked it."""

    passage: Passage
    score: float  # fused, higher is better
    lexical: float  # BM25, about 1 for a passage with every word of the question once
    dense: float  # cosine, −1…1


@dataclass(frozen=True)
class Question:
    """What was asked, and what was asked before it."""

    text: str
    history: tuple[str, ...]  # earlier questions, oldest first
    language: Language  # the language to answer in


AnswerKind = Literal[
    "list", "count", "contact", "person", "status", "number", "date", "definition", "howto", "fact"
]


@dataclass(frozen=True)
class Citation:
    """A numbered source of an answer; ``quote`` is verbatim."""

    number: int  # 1-based, in order of use
    passage: str  # passage id
    quote: str
    place: Place


@dataclass(frozen=True)
class Item:
    """One row of a list answer."""

    fields: tuple[Field, ...]
    citation: int


@dataclass(frozen=True)
class Example:
    """A question that the documents answer, found when the index was built."""

    question: str
    language: Language
    source: str  # the page that answers it


@dataclass(frozen=True)
class Answer:
    """What the assistant says; ``answered`` is False when the documents do not say it."""

    question: Question
    answered: bool
    kind: AnswerKind
    text: str
    items: tuple[Item, ...]
    citations: tuple[Citation, ...]
    suggestions: tuple[str, ...]
    confidence: float  # 0…1
    method: Literal["extractive", "generated"]
