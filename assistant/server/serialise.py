"""The JSON of the API: the only place where answers, citations and sources become bodies."""

import hashlib
from collections.abc import Mapping, Sequence

from assistant.schema import Answer, Citation, Item, Language, Passage, Place
from assistant.server.fragments import citation_url

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]
Body = dict[str, Json]

CONTEXT_CHARACTERS = 700  # shown on either side of a passage: about one screen of a phone


def answer_body(answer: Answer, *, index: str, took_ms: float) -> Body:
    """Return the body of ``/ask``, also printed by ``ask --json``.

    ``index`` is the generation that answered; ``took_ms`` is rounded to a tenth.
    """
    return {
        "id": answer_id(answer, index=index),
        "question": answer.question.text,
        "language": answer.question.language,
        "answered": answer.answered,
        "kind": answer.kind,
        "answer": answer.text,
        "items": [item_body(item) for item in answer.items],
        "citations": [citation_body(citation) for citation in answer.citations],
        "suggestions": list(answer.suggestions),
        "confidence": round(answer.confidence, 3),
        "method": answer.method,
        "index": index,
        "took_ms": round(took_ms, 1),
    }


def answer_id(answer: Answer, *, index: str) -> str:
    """Return the same id for the same question, asked after the same ones, of the same index."""
    question = answer.question
    parts = (index, question.language, *question.history, question.text)
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def item_body(item: Item) -> Body:
    """Return one row of a list answer."""
    return {
        "fields": {field.name: field.value for field in item.fields},
        "citation": item.citation,
    }


def citation_body(citation: Citation) -> Body:
    """Return one numbered source; ``passage`` is the id that ``/sources/<id>`` takes."""
    return {
        "number": citation.number,
        "title": citation.place.title,
        "heading_path": list(citation.place.heading_path),
        "source": citation.place.source,
        "line": citation.place.line,
        "url": citation_url(citation),
        "quote": citation.quote,
        "passage": citation.passage,
        "status": citation.place.status,
    }


def source_body(passage: Passage, *, document_text: str) -> Body:
    """Return a passage between the text that surrounds it in its document."""
    place = passage.place
    return {
        "passage": passage.id,
        "kind": passage.kind,
        "language": passage.language,
        "before": _text_before(document_text, place),
        "text": passage.text,
        "after": _text_after(document_text, place),
        **place_body(place),
        "also_at": [place_body(other) for other in passage.places[1:]],
    }


def place_body(place: Place) -> Body:
    """Return where a passage stands."""
    return {
        "title": place.title,
        "heading_path": list(place.heading_path),
        "source": place.source,
        "line": place.line,
        "url": place.url,
        "status": place.status,
    }


def suggestions_body(suggestions: Sequence[str], *, language: Language) -> Body:
    """Return the example questions of one language."""
    return {"language": language, "suggestions": list(suggestions)}


def error_body(code: str, message: str) -> Body:
    """Return the one shape that every error of the API has."""
    return {"error": {"code": code, "message": message}}


def _text_before(text: str, place: Place) -> str:
    start = max(0, place.start - CONTEXT_CHARACTERS)
    before = text[start : place.start]
    if start > 0:
        _, _, before = before.partition("\n")  # never begin in the middle of a line
    return before.strip("\n")


def _text_after(text: str, place: Place) -> str:
    end = place.end + CONTEXT_CHARACTERS
    after = text[place.end : end]
    if end < len(text):
        after, _, _ = after.rpartition("\n")
    return after.strip("\n")
