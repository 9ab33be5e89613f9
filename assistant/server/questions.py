"""Routes that ask: ``POST /ask`` and ``GET /ask?q=``, answered as JSON or as an event stream."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, g, jsonify, request

from assistant.journal import Journal
from assistant.server.metrics import Metrics
from assistant.server.requests import require_json_object
from assistant.server.schemas import AnswerOut, AskIn, AskQuery
from assistant.server.serialise import Body, answer_body
from assistant.server.streaming import answer_events

if TYPE_CHECKING:
    from assistant.pipeline import Assistant

AssistantSource = Callable[[], "Assistant"]
_EVENTS = {
    "description": "The answer; as meta, delta, citation and done events (or error) where Accept asks for a stream",
    "content": {"text/event-stream": {}},
}
_RESPONSES = {
    200: _EVENTS,
    413: "The body is longer than 16 kB",
    429: "Too many questions; see Retry-After",
    503: "There is no index yet",
}


def questions_blueprint(
    assistant_source: AssistantSource, metrics: Metrics, journal: Journal, *, workers: int
) -> APIBlueprint:
    """Return the routes of ``/ask``; at most ``workers`` streamed answers are computed at once."""
    blueprint = APIBlueprint("questions", __name__, tag="Questions")
    blueprint.before_request(require_json_object)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="answer")

    def respond(asked: Body) -> Response:
        assistant = assistant_source()  # what it raises is told by the status, before a stream begins
        answered = partial(_answered, assistant, asked, metrics, journal)
        if _wants_events():
            pending = pool.submit(answered)
            response = Response(answer_events(pending, request_id=g.request_id), mimetype="text/event-stream")
            response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the stream back
        else:
            response = jsonify(answered())
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Accept")
        return response

    @blueprint.post("/ask")
    @blueprint.input(AskIn)
    @blueprint.output(AnswerOut)
    @blueprint.doc(summary="Ask a question", responses=_RESPONSES, operation_id="ask")
    def ask(json_data: Body) -> Response:
        """Answer from the documents, with citations."""
        return respond(json_data)

    @blueprint.get("/ask")
    @blueprint.input(AskQuery, location="query")
    @blueprint.output(AnswerOut)
    @blueprint.doc(summary="Ask by address", responses=_RESPONSES, operation_id="askByAddress")
    def ask_by_address(query_data: Body) -> Response:
        """Answer the question ``q``."""
        return respond({"question": query_data.pop("q"), **query_data})

    return blueprint


def _answered(assistant: "Assistant", asked: Body, metrics: Metrics, journal: Journal) -> Body:
    """Return the body of an answer, counted and journalled."""
    started = time.perf_counter()
    answer = assistant.ask(asked["question"], history=asked["history"], language=asked["language"])
    took_s = time.perf_counter() - started
    metrics.answered(answer, took_s)
    body = answer_body(answer, index=assistant.generation, took_ms=took_s * 1000)
    journal.asked(answer, answer_id=body["id"], generation=body["index"], took_ms=body["took_ms"])
    return body


def _wants_events() -> bool:
    offered = ["application/json", "text/event-stream"]
    return request.accept_mimetypes.best_match(offered) == "text/event-stream"
