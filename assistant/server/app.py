"""The Flask application: its parts put together."""

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

from assistant.journal import Journal
from assistant.rebuilding import Rebuilder
from assistant.server.admin import admin_blueprint
from assistant.server.asking import Asking, AssistantSource
from assistant.server.desk import Desk
from assistant.server.failures import register_failures
from assistant.server.feedback import feedback_blueprint
from assistant.server.guard import AdminGuard
from assistant.server.headers import register_headers
from assistant.server.health import health_blueprint
from assistant.server.limits import limit_questions
from assistant.server.mcp.http import mcp_blueprint
from assistant.server.metrics import Metrics
from assistant.server.openai import openai_blueprint
from assistant.server.pages import WEB_FOLDER, pages_blueprint, read_web_files
from assistant.server.questions import questions_blueprint
from assistant.server.rebuild import rebuild_blueprint
from assistant.server.schemas import ErrorOut
from assistant.server.sources import sources_blueprint
from assistant.server.watching import AnswerWatch, answer_watch
from assistant.settings import Settings

MAX_BODY_BYTES = 16 * 1024

_DESCRIPTION = (
    "Questions about a research lab, answered from its own documents with exact citations. "
    "Every path also exists below /v1."
)


def create_app(
    settings: Settings,
    assistant_source: AssistantSource,
    journal: Journal,
    *,
    rebuilder: Rebuilder | None = None,
    counts_file: str = "",
    watch: AnswerWatch | None = None,
) -> APIFlask:
    """Return the application; with ``counts_file``, it shares its limits with other processes.

    ``assistant_source`` returns the assistant that answers now, so that a new index is served
    without a restart; it raises IndexMissing, IndexDamaged or ModelError, which become 503.
    APIFlask is Flask with two decorators more: they validate a request and describe it in
    OpenAPI, and routes stay plain functions (flask-smorest would want a class for each path).
    """
    app = APIFlask(__name__, title="Lab Assistant", version="1", docs_path=None, static_folder=None)
    app.url_map.merge_slashes = False  # would redirect to whatever host the visitor named
    _configure(app)
    metrics = Metrics()
    metrics.watch(journal)
    register_headers(app, allowed_origins=settings.server.allowed_origins, metrics=metrics)
    register_failures(app)
    limit_questions(app, settings.server, counts_file=counts_file)
    if settings.server.trusted_proxies:
        # Only the nearest so many names are believed: a visitor may have written the others.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.server.trusted_proxies, x_proto=1, x_host=0)
    asking = Asking(metrics, journal, watch or answer_watch(settings), threads=settings.server.threads)
    for blueprint in (
        questions_blueprint(assistant_source, asking),
        feedback_blueprint(journal),
        sources_blueprint(assistant_source),
        health_blueprint(assistant_source, metrics),
    ):
        app.register_blueprint(blueprint)
        app.register_blueprint(blueprint, url_prefix="/v1", name=f"v1.{blueprint.name}")
    _add_desk(app, settings, Desk(settings, assistant_source, journal), rebuilder or Rebuilder(settings))
    if settings.server.openai_api:
        app.register_blueprint(openai_blueprint(assistant_source, asking))
    if settings.server.mcp:
        app.register_blueprint(
            mcp_blueprint(assistant_source, asking, allowed_origins=settings.server.allowed_origins)
        )
    app.register_blueprint(pages_blueprint(read_web_files(WEB_FOLDER)))
    app.spec_processor(_finish_spec)
    return app


def _add_desk(app: APIFlask, settings: Settings, desk: Desk, rebuilder: Rebuilder) -> None:
    guard = AdminGuard.from_environment(settings.admin.token_env)
    app.register_blueprint(rebuild_blueprint(guard, rebuilder))
    app.register_blueprint(admin_blueprint(guard, desk, rebuilder, settings))


# Where the ids in an answer lead: OpenAPI's links, which clients and fuzzers follow.
_LINKS = {
    "source": {
        "operationId": "source",
        "parameters": {"passage_id": "$response.body#/citations/0/passage"},
        "description": "The first citation in its context",
    },
    "feedback": {
        "operationId": "feedback",
        "requestBody": {"answer": "$response.body#/id", "helpful": True},
        "description": "Judge this answer",
    },
}


def _finish_spec(spec: dict) -> dict:
    """Say what APIFlask does not: /v1 is a second server, a body is required, where ids lead."""
    spec["paths"] = {path: item for path, item in spec["paths"].items() if not path.startswith("/v1/")}
    for operation in spec["paths"]["/ask"].values():
        operation["responses"]["200"]["links"] = _LINKS
    for path in ("/ask", "/feedback"):
        spec["paths"][path]["post"]["requestBody"]["required"] = True
    return spec


def _configure(app: APIFlask) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        VALIDATION_ERROR_STATUS_CODE=400,
        VALIDATION_ERROR_DESCRIPTION="The request cannot be used; the message says why",
        VALIDATION_ERROR_SCHEMA=ErrorOut,
        HTTP_ERROR_SCHEMA=ErrorOut,
        DESCRIPTION=_DESCRIPTION,
        SERVERS=[{"url": "/"}, {"url": "/v1"}],
        AUTO_SERVERS=False,
    )
    app.json.ensure_ascii = False  # people read these bodies in a terminal
    app.json.sort_keys = False  # the answer comes first
