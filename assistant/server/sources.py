"""Routes beside the answer: example questions, and a citation's passage in its context."""

from typing import Literal

from apiflask import APIBlueprint
from flask import request

from assistant.schema import Language
from assistant.server.asking import AssistantSource
from assistant.server.failures import RequestRefused
from assistant.server.schemas import LanguageQuery, SourceOut, SuggestionsOut
from assistant.server.serialise import Body, source_body, suggestions_body


def sources_blueprint(assistant_source: AssistantSource) -> APIBlueprint:
    """Return ``/suggestions`` and ``/sources/<passage_id>``."""
    blueprint = APIBlueprint("sources", __name__, tag="Sources")

    @blueprint.get("/suggestions")
    @blueprint.input(LanguageQuery, location="query")
    @blueprint.output(SuggestionsOut)
    @blueprint.doc(summary="Example questions", responses={503: "No index yet"}, operation_id="suggestions")
    def suggestions(query_data: Body) -> Body:
        """Return questions that the documents answer."""
        language = _chosen(query_data["language"])
        return suggestions_body(assistant_source().examples(language), language=language)

    @blueprint.get("/sources/<passage_id>")
    @blueprint.output(SourceOut)
    @blueprint.doc(summary="A passage in its context", responses={503: "No index yet"}, operation_id="source")
    def source(passage_id: str) -> Body:
        """Return the passage that a citation names, with the text around it."""
        assistant = assistant_source()
        passage = assistant.passage(passage_id)
        if passage is None:
            message = "passage: no such id in this index; ask again for a fresh citation."
            raise RequestRefused(message, status=404, code="no-such-passage")
        text = assistant.document_text(passage.place.source) or ""
        return source_body(passage, document_text=text)

    return blueprint


def _chosen(language: Literal["auto", "zh", "en"]) -> Language:
    if language != "auto":
        return language
    preferred = request.accept_languages.best_match(["zh", "en", "zh-CN", "zh-TW"], default="zh")
    return "en" if preferred == "en" else "zh"
