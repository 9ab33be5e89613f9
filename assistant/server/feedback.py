"""The route that takes what a visitor thought of an answer."""

from apiflask import APIBlueprint

from assistant.journal import Feedback, Journal
from assistant.server.failures import RequestRefused
from assistant.server.requests import require_json_object
from assistant.server.schemas import FeedbackIn, FeedbackOut
from assistant.server.serialise import Body

_RESPONSES = {
    404: "No such answer was given",
    413: "The body is longer than 16 kB",
    429: "Too many requests; see Retry-After",
    503: "The journal cannot be written",
}


def feedback_blueprint(journal: Journal) -> APIBlueprint:
    """Return ``/feedback``."""
    blueprint = APIBlueprint("feedback", __name__, tag="Feedback")
    blueprint.before_request(require_json_object)

    @blueprint.post("/feedback")
    @blueprint.input(FeedbackIn)
    @blueprint.output(FeedbackOut, status_code=201)
    @blueprint.doc(summary="Judge an answer", responses=_RESPONSES, operation_id="feedback")
    def give(json_data: Body) -> Body:
        """Keep whether an answer helped, with a reason and a note; emails and phone numbers are masked."""
        feedback = Feedback(json_data["answer"], json_data["helpful"], json_data["reason"], json_data["note"].strip())
        if not journal.knows(feedback.answer):
            message = "answer: no such answer was given here; send the id that /ask returned."
            raise RequestRefused(message, status=404, code="no-such-answer")
        journal.judged(feedback)
        return {"kept": True}

    return blueprint
