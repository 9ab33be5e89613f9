"""The webmaster's desk: routes below /admin, behind the guard."""

from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import Response, redirect, request

from assistant.errors import AssistantError
from assistant.pipeline import LONGEST_QUESTION
from assistant.rebuilding import Rebuilder
from assistant.reporting.collecting import add_case
from assistant.reporting.html import TEMPLATES, render, report_values
from assistant.reporting.wording import load_words
from assistant.schema import Language
from assistant.server.desk import Desk
from assistant.server.failures import RequestRefused
from assistant.server.guard import SESSION_COOKIE, SESSION_S, AdminGuard
from assistant.settings import Settings

_PERIODS = (7, 30, 90, 365)
_DEFAULT_PERIOD = 30
_MOST_FINDINGS = 50
# No script at all, and no frame: sites that embed the widget have no part in the desk.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_NOTICES = {"added", "known", "rebuilding", "rebuilding-already"}


def admin_blueprint(guard: AdminGuard, desk: Desk, rebuilder: Rebuilder, settings: Settings) -> APIBlueprint:
    """Return the routes of the desk; hidden from the API's documentation."""
    blueprint = APIBlueprint("admin", __name__, url_prefix="/admin", enable_openapi=False)

    @blueprint.before_request
    def let_in() -> Response | None:
        guard.require_on()
        if request.endpoint in ("admin.show", "admin.login", "admin.style"):
            return None  # these show the form to sign in, or nothing of anybody
        if not guard.is_signed_in() and _is_browser():
            return _sign_in_page(status=401)  # a button of a page that was left open overnight
        guard.require()
        return None

    @blueprint.after_request
    def keep_private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    @blueprint.get("")
    def show() -> Response:
        if not guard.is_signed_in():
            return _sign_in_page(status=401)
        return _desk_page(guard, desk, settings)

    @blueprint.get("/desk.css")
    def style() -> Response:
        return Response((TEMPLATES / "desk.css").read_bytes(), mimetype="text/css")

    _add_sessions(blueprint, guard)
    _add_actions(blueprint, rebuilder, settings)
    return blueprint


def _add_sessions(blueprint: APIBlueprint, guard: AdminGuard) -> None:
    @blueprint.post("/login")
    def login() -> Response:
        if not guard.is_token(request.form.get("token", "").strip()):
            return _sign_in_page(status=401, is_wrong=True)
        response = redirect(f"/admin?lang={_language()}", 303)
        response.set_cookie(
            SESSION_COOKIE, guard.new_session(), max_age=SESSION_S, path="/admin",
            secure=request.is_secure, httponly=True, samesite="Strict",
        )  # fmt: skip
        return response

    @blueprint.post("/logout")
    def logout() -> Response:
        response = redirect("/admin", 303)
        response.delete_cookie(SESSION_COOKIE, path="/admin")
        return response


def _add_actions(blueprint: APIBlueprint, rebuilder: Rebuilder, settings: Settings) -> None:
    @blueprint.post("/cases")
    def add() -> Response:
        question = request.form.get("question", "")
        if not question.strip() or len(question) > LONGEST_QUESTION:
            raise RequestRefused(f"question: must have 1 to {LONGEST_QUESTION} characters.", code="bad-field")
        try:
            collected = add_case(settings.admin.eval_folder, question)
        except AssistantError as error:
            return _page("broken.html", _language(), reason=str(error), status=503)
        return _back("added" if collected.is_new else "known")

    @blueprint.post("/refresh")
    def refresh() -> Response:
        return _back("rebuilding" if rebuilder.start() else "rebuilding-already")


def _desk_page(guard: AdminGuard, desk: Desk, settings: Settings) -> Response:
    language, days = _language(), _days(request.args.get("days", ""))
    words = load_words(language)
    try:
        report = desk.report(days=days)
    except AssistantError as error:
        # Whoever is signed in runs the server: the reason may name its folders.
        return _page("broken.html", language, reason=str(error), status=503)
    done = request.args.get("done", "")
    file = settings.admin.eval_folder / "questions.yaml"
    notices = [words(done, file=file)] if done in _NOTICES else []
    values: dict[str, Any] = {"csrf": guard.form_token(), "days": days, "periods": _PERIODS, "notices": notices}
    return _page("desk.html", language, most_findings=_MOST_FINDINGS, **values, **report_values(report))


def _sign_in_page(*, status: int, is_wrong: bool = False) -> Response:
    return _page("login.html", _language(), is_wrong=is_wrong, status=status)


def _page(template: str, language: Language, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
    text = render(template, load_words(language), language=language, **values)
    # Names of files need not be Unicode.
    return Response(text.encode(errors="replace"), status=status, mimetype="text/html")


def _back(done: str) -> Response:
    """Return to the desk as it was, with a notice; what came in the form leads nowhere else."""
    days, _, language = request.form.get("back", "").partition(".")
    target = {"days": _days(days), "lang": language if language in ("zh", "en") else _language(), "done": done}
    return redirect(f"/admin?{urlencode(target)}", 303)


def _is_browser() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"


def _days(given: str) -> int:
    return int(given) if given in map(str, _PERIODS) else _DEFAULT_PERIOD


def _language() -> Language:
    """Return the language that was chosen, else the browser's."""
    chosen = request.args.get("lang", "") or request.form.get("lang", "")
    if chosen in ("zh", "en"):
        return "en" if chosen == "en" else "zh"
    return "en" if request.accept_languages.best_match(["zh", "en", "zh-CN", "zh-TW"], default="zh") == "en" else "zh"
