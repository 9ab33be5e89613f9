"""Routes that ask: ``POST /ask`` and ``GET /ask?q=``, answered as JSON or as an event stream."""

from apiflask import APIBlueprint
from flask import Response, g, jsonify, request

from assistant.server.asking import Asked, Asking, AssistantSource
from assistant.server.requests import require_json_object
from assistant.server.schemas import AnswerOut, AskIn, AskQuery
from assistant.server.serialise import Body
from assistant.server.streaming import answer_events

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


def questions_blueprint(assistant_source: AssistantSource, asking: Asking) -> APIBlueprint:
    """Return the routes of ``/ask``."""
    blueprint = APIBlueprint("questions", __name__, tag="Questions")
    blueprint.before_request(require_json_object)

    def respond(fields: Body) -> Response:
        asked = Asked(fields["question"], fields["history"], fields["language"])
        assistant = assistant_source()  # what it raises is told by the status, before a stream begins
        if _wants_events():
            events = answer_events(asking.start(assistant, asked), request_id=g.request_id)
            response = Response(events, mimetype="text/event-stream")
            response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the stream back
        else:
            response = jsonify(asking.answer(assistant, asked))
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


def _wants_events() -> bool:
    offered = ["application/json", "text/event-stream"]
    return request.accept_mimetypes.best_match(offered) == "text/event-stream"
