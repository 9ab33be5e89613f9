"""What the tools of the MCP server take and return, from which their JSON schemas come."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.pipeline import LONGEST_QUESTION

_MOST_HISTORY = 20


class _Arguments(BaseModel):
    """Unknown arguments are refused: a misspelt one must not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class AskArguments(_Arguments):
    """A question to the lab."""

    question: str = Field(min_length=1, max_length=LONGEST_QUESTION, description="In Chinese or English.")
    history: list[str] = Field(
        [], max_length=_MOST_HISTORY, description="Earlier questions of the conversation, oldest first."
    )
    language: Literal["auto", "zh", "en"] = Field("auto", description="To answer in; auto is that of the question.")


class SearchArguments(_Arguments):
    """What to look for."""

    query: str = Field(min_length=1, max_length=LONGEST_QUESTION, description="A question or keywords.")
    limit: int = Field(5, ge=1, le=20)


class RecordsArguments(_Arguments):
    """Which rows of which table."""

    table: str = Field("", max_length=200, description="A table's name; empty lists the tables instead of rows.")
    contains: str = Field("", max_length=200, description="Only rows with this text in one of their fields.")
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0)


class PlaceShape(BaseModel):
    """Where a text stands."""

    title: str
    heading_path: list[str]
    source: str = Field(description="Path of the document below the corpus folder.")
    line: int
    url: str = Field(description="Empty where the page has no address.")
    status: Literal["published", "orphan", "placeholder"]


class CitationShape(PlaceShape):
    """A numbered source of an answer."""

    number: int
    quote: str = Field(description="Verbatim.")
    passage: str


class RowShape(BaseModel):
    """One row of a list answer."""

    fields: dict[str, str]
    citation: int


class AnswerShape(BaseModel):
    """An answer; ``answered`` is false where the documents do not say it."""

    id: str
    question: str
    language: Literal["zh", "en"]
    answered: bool
    kind: str
    answer: str
    items: list[RowShape]
    citations: list[CitationShape]
    suggestions: list[str]
    confidence: float = Field(ge=0, le=1)
    method: Literal["extractive", "generated"]
    index: str
    took_ms: float


class PassageShape(PlaceShape):
    """A passage that may answer."""

    passage: str
    text: str = Field(description="Verbatim.")
    score: float = Field(description="Higher is better; comparable within one search only.")
    page: str = Field(description="The resource that holds the whole page.")


class SearchShape(BaseModel):
    """What was found, best first."""

    passages: list[PassageShape]


class TableShape(BaseModel):
    """A table of the documents."""

    table: str
    columns: list[str]
    rows: int
    sources: list[str]


class RecordShape(PlaceShape):
    """One row of a table."""

    table: str
    fields: dict[str, str]


class RecordsShape(BaseModel):
    """The tables, or the rows of one; ``total`` is how many there are before limit and offset."""

    tables: list[TableShape]
    rows: list[RecordShape]
    total: int
