"""The route that has the index rebuilt, for a webhook of the documents' repository or for the desk."""

from apiflask import APIBlueprint

from assistant.rebuilding import Rebuilder
from assistant.server.failures import RequestRefused
from assistant.server.guard import AdminGuard
from assistant.server.serialise import Body


def rebuild_blueprint(guard: AdminGuard, rebuilder: Rebuilder) -> APIBlueprint:
    """Return ``POST /admin/rebuild``; hidden from the API's documentation."""
    blueprint = APIBlueprint("rebuild", __name__, url_prefix="/admin", enable_openapi=False)
    blueprint.before_request(guard.require)

    @blueprint.post("/rebuild")
    def rebuild() -> tuple[Body, int]:
        """Start a build and answer at once; every worker serves the new index when it is there."""
        if not rebuilder.start():
            raise RequestRefused("a rebuild is running already; wait until it is done.", status=409, code="busy")
        return {"started": True}, 202

    return blueprint
