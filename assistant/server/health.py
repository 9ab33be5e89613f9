"""Routes for whoever runs the server: alive, ready, counters."""

from apiflask import APIBlueprint
from flask import Response

from assistant.errors import AssistantError, IndexMissing
from assistant.server.asking import AssistantSource
from assistant.server.metrics import METRICS_TYPE, Metrics
from assistant.server.schemas import HealthOut
from assistant.server.serialise import Body
from assistant.server.wording_metrics import wording_exposition


def health_blueprint(assistant_source: AssistantSource, metrics: Metrics) -> APIBlueprint:
    """Return ``/health``, ``/ready`` and ``/metrics``."""
    blueprint = APIBlueprint("health", __name__, tag="Health")

    @blueprint.get("/health")
    @blueprint.output(HealthOut)
    @blueprint.doc(summary="Is it alive, and what does it miss?", operation_id="health")
    def health() -> Body:
        """Answer 200 as long as the server runs."""
        try:
            assistant = assistant_source()
        except IndexMissing:
            return _health(missing="an index; run 'python -m assistant build'")
        except AssistantError:
            return _health(missing="a usable index or model; the log says why")
        return _health(index=assistant.generation, passages=assistant.passage_count)

    @blueprint.get("/ready")
    @blueprint.output(HealthOut)
    @blueprint.doc(summary="Can it answer?", responses={503: "Not yet"}, operation_id="ready")
    def ready() -> Body:
        """Answer 200 when questions can be answered, else 503."""
        assistant = assistant_source()
        return _health(index=assistant.generation, passages=assistant.passage_count)

    @blueprint.get("/metrics")
    @blueprint.doc(hide=True)
    def exposition() -> Response:
        """Return the counters in Prometheus' text format."""
        try:
            counts = assistant_source().wording_counts()
        except AssistantError:
            counts = {}
        return Response(metrics.exposition() + wording_exposition(counts), content_type=METRICS_TYPE)

    return blueprint


def _health(*, index: str = "", passages: int = 0, missing: str = "") -> Body:
    state = {"status": "ok", "ready": not missing, "missing": missing}
    return {**state, "index": index, "passages": passages}
