"""The webmaster's desk: routes below /admin, behind the guard."""

from apiflask import APIBlueprint
from flask import Response, redirect, request

from assistant.server.failures import RequestRefused
from assistant.server.guard import SESSION_COOKIE, SESSION_S, AdminGuard


def admin_blueprint(guard: AdminGuard) -> APIBlueprint:
    """Return the routes of the desk; hidden from the API's documentation."""
    blueprint = APIBlueprint("admin", __name__, url_prefix="/admin", enable_openapi=False)
    blueprint.before_request(guard.require_on)

    @blueprint.post("/login")
    def login() -> Response:
        if not guard.is_token(request.form.get("token", "").strip()):
            raise RequestRefused("token: not the admin token; check it.", status=401, code="not-admin")
        response = redirect("/admin", 303)
        response.set_cookie(
            SESSION_COOKIE, guard.new_session(), max_age=SESSION_S, path="/admin",
            secure=request.is_secure, httponly=True, samesite="Strict",
        )  # fmt: skip
        return response

    return blueprint
