"""Routes that ask: ``POST /ask`` and ``GET /ask?q=``, answered as JSON or as an event stream."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from assistant.server.failures import RequestRefused
from assistant.server.metrics import Metrics
from assistant.server.schemas import AnswerOut, AskIn, AskQuery
from assistant.server.serialise import Body, answer_body
from assistant.server.streaming import answer_events

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

AssistantSource = Callable[[], "Assistant"]
_EVENTS = {
    "description": "The answer; as meta, delta, citation and done events where Accept asks for a stream",
    "content": {"text/event-stream": {}},
}
_RESPONSES = {
    200: _EVENTS,
    413: "The body is longer than 16 kB",
    429: "Too many questions; see Retry-After",
    503: "There is no index yet",
}


def questions_blueprint(assistant_source: AssistantSource, metrics: Metrics) -> APIBlueprint:
    """Return the routes of ``/ask``."""
    blueprint = APIBlueprint("questions", __name__, tag="Questions")
    blueprint.before_request(_require_json_object)

    def answer(question: str, history: Sequence[str], language: Literal["auto", "zh", "en"]) -> Response:
        assistant = assistant_source()
        started = time.perf_counter()
        found = assistant.ask(question, history=history, language=language)
        took_s = time.perf_counter() - started
        metrics.answered(found, took_s)
        return respond(answer_body(found, index=assistant.generation, took_ms=took_s * 1000))

    @blueprint.post("/ask")
    @blueprint.input(AskIn)
    @blueprint.output(AnswerOut)
    @blueprint.doc(summary="Ask a question", responses=_RESPONSES, operation_id="ask")
    def ask(json_data: Body) -> Response:
        """Answer from the documents, with citations."""
        return answer(json_data["question"], json_data["history"], json_data["language"])

    @blueprint.get("/ask")
    @blueprint.input(AskQuery, location="query")
    @blueprint.output(AnswerOut)
    @blueprint.doc(summary="Ask by address", responses=_RESPONSES, operation_id="askByAddress")
    def ask_by_address(query_data: Body) -> Response:
        """Answer the question ``q``."""
        return answer(query_data["q"], query_data["history"], query_data["language"])

    return blueprint


def respond(body: Body) -> Response:
    """Return ``body`` as JSON, or as events where the request prefers them."""
    offered = ["application/json", "text/event-stream"]
    if request.accept_mimetypes.best_match(offered) == "text/event-stream":
        response = Response(answer_events(body), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the stream back
    else:
        response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def _require_json_object() -> None:
    """Refuse bodies that are no JSON object before the schema looks at fields."""
    if request.method != "POST":
        return
    if not request.is_json:
        raise RequestRefused("body: send it as JSON with the header Content-Type: application/json.")
    try:
        body = json.loads(request.get_data().decode())
    # Deeply nested brackets exhaust the parser's stack within the 16 kB allowed.
    except (RecursionError, ValueError) as error:
        raise RequestRefused("body: not valid JSON; check quotes, brackets and UTF-8.") from error
    if not isinstance(body, dict):
        raise RequestRefused('body: must be an object such as {"question": "…"}.')
