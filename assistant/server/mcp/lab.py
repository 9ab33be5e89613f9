"""What other programs can do with the lab's documents: ask, search, list records, read pages."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from pydantic import BaseModel

from assistant.schema import Hit, Record
from assistant.server.asking import Asked, AssistantSource
from assistant.server.mcp.shapes import (
    AnswerShape,
    AskArguments,
    RecordsArguments,
    RecordsShape,
    SearchArguments,
    SearchShape,
)
from assistant.server.serialise import Body, answer_body, place_body
from assistant.text import fold

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

_PAGES = "lab://pages/"

Answering = Callable[["Assistant", Asked], Body]


@dataclass(frozen=True)
class Tool:
    """One tool: its schemas are those of ``takes`` and ``gives``."""

    name: str
    title: str
    description: str
    takes: type[BaseModel]
    gives: type[BaseModel]
    run: Callable[[Any], Body]


@dataclass(frozen=True)
class Page:
    """A document that can be read as a resource."""

    uri: str
    title: str
    source: str
    size: int  # characters


def answer_alone(assistant: "Assistant", asked: Asked) -> Body:
    """Return the body of ``/ask`` where nothing is counted or journalled."""
    started = time.perf_counter()
    answer = assistant.ask(asked.question, history=asked.history, language=asked.language)
    return answer_body(answer, index=assistant.generation, took_ms=1000 * (time.perf_counter() - started))


class LabTools:
    """The tools over the assistant that answers now."""

    def __init__(self, assistant_source: AssistantSource, answer: Answering) -> None:
        """``answer`` returns the body of ``/ask``, counted and journalled where there is a journal."""
        self._assistant = assistant_source
        self._answer = answer

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Return every tool."""
        return (
            Tool(
                "ask_lab", "Ask the lab",
                "Answers a question about the research lab from its own documents, in Chinese or English, with "
                "verbatim quotes and their sources. Lists and counts come from the lab's tables and are complete. "
                "answered is false where the documents do not say it: then nothing should be made up.",
                AskArguments, AnswerShape, self._ask,
            ),
            Tool(
                "search_lab_documents", "Search the lab's documents",
                "Returns the passages of the lab's documents that best match a question or keywords, verbatim, "
                "with where they stand. Use ask_lab for a direct answer.",
                SearchArguments, SearchShape, self._search,
            ),
            Tool(
                "list_records", "List the rows of the lab's tables",
                "Without a table: the names, columns and sizes of the tables in the lab's documents (papers, "
                "members, openings, …). With one: its rows as named fields, each with where it stands.",
                RecordsArguments, RecordsShape, self._list,
            ),
        )  # fmt: skip

    def pages(self) -> tuple[Page, ...]:
        """Return every page with text, in corpus order."""
        return tuple(
            Page(_page_uri(page.source), page.title, page.source, len(page.text))
            for page in self._assistant().pages
            if page.status != "placeholder" and page.text
        )

    def page_text(self, uri: str) -> str | None:
        """Return the text of the page at ``uri``, None where there is no such page."""
        if not uri.startswith(_PAGES):
            return None
        source = unquote(uri.removeprefix(_PAGES))
        known = {page.source for page in self.pages()}
        return self._assistant().document_text(source) if source in known else None

    def _ask(self, arguments: AskArguments) -> Body:
        asked = Asked(arguments.question, tuple(arguments.history), arguments.language)
        return self._answer(self._assistant(), asked)

    def _search(self, arguments: SearchArguments) -> Body:
        hits = self._assistant().search(arguments.query, limit=arguments.limit)
        return {"passages": [_hit_body(hit) for hit in hits]}

    def _list(self, arguments: RecordsArguments) -> Body:
        records = self._assistant().records
        if not arguments.table:
            tables = _tables(records)
            shown = tables[arguments.offset : arguments.offset + arguments.limit]
            return {"tables": shown, "rows": [], "total": len(tables)}
        name, wanted = fold(arguments.table).strip(), fold(arguments.contains)
        rows = [
            record
            for record in records
            if fold(record.table).strip() == name and any(wanted in fold(field.value) for field in record.fields)
        ]
        shown = rows[arguments.offset : arguments.offset + arguments.limit]
        return {"tables": [], "rows": [_record_body(record) for record in shown], "total": len(rows)}


def _page_uri(source: str) -> str:
    return _PAGES + quote(source)


def _hit_body(hit: Hit) -> Body:
    passage = hit.passage
    return {
        "passage": passage.id,
        "text": passage.text,
        "score": round(hit.score, 4),
        "page": _page_uri(passage.place.source),
        **place_body(passage.place),
    }


def _record_body(record: Record) -> Body:
    fields = {field.name: field.value for field in record.fields}
    return {"table": record.table, "fields": fields, **place_body(record.places[0])}


def _tables(records: Sequence[Record]) -> list[Body]:
    """Return the tables in corpus order; those of one name are one."""
    rows: dict[str, list[Record]] = {}
    for record in records:
        rows.setdefault(record.table, []).append(record)
    return [
        {
            "table": name,
            "columns": list(dict.fromkeys(field.name for record in found for field in record.fields)),
            "rows": len(found),
            "sources": list(dict.fromkeys(record.places[0].source for record in found)),
        }
        for name, found in rows.items()
    ]


