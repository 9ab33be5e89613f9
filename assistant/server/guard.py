"""Who may see and do what stands below /admin: whoever knows the token of the environment."""

import hmac
import os
import secrets

from flask import abort, request
from itsdangerous import BadData, URLSafeTimedSerializer

from assistant.errors import SettingsError
from assistant.server.failures import RequestRefused

SESSION_COOKIE = "lab-assistant-admin"
SESSION_S = 12 * 3600
CSRF_FIELD = "csrf"
_SHORTEST_TOKEN = 16  # characters; what is shorter could be guessed over the network
_UNSAFE_METHODS = ("POST", "PUT", "PATCH", "DELETE")


class AdminGuard:
    """Compares what a request carries with the admin token; holds no session, so any worker can.

    A program sends ``Authorization: Bearer TOKEN``. A browser gets a signed cookie for the token
    once, and then shows with each form that the form is ours (a browser sends cookies along with
    anybody's form).
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()
        self._sessions = URLSafeTimedSerializer(token, salt="admin session")
        self._forms = URLSafeTimedSerializer(token, salt="admin form")

    @classmethod
    def from_environment(cls, variable: str) -> "AdminGuard":
        """Return the guard of the token in an environment variable; without one, /admin is off.

        Raises SettingsError where the token could be guessed.
        """
        token = os.environ.get(variable, "").strip()
        if token and len(token) < _SHORTEST_TOKEN:
            raise SettingsError(
                f"environment variable {variable}: shorter than {_SHORTEST_TOKEN} characters; "
                "make one with 'openssl rand -hex 24'."
            )
        return cls(token)

    def require_on(self) -> None:
        """Answer as if nothing were here, where no token is set."""
        if not self._token:
            abort(404)

    def require(self) -> None:
        """Refuse a request that does not show the token: 404 off, 401 unknown, 403 a foreign form.

        Made for ``blueprint.before_request``.
        """
        self.require_on()
        if self.is_token(_bearer()):
            return
        session = self._session()
        if not session:
            raise RequestRefused(
                "Authorization: send the admin token as 'Bearer TOKEN', or sign in at /admin.",
                status=401, code="not-admin",
            )  # fmt: skip
        if request.method in _UNSAFE_METHODS and not self._is_our_form(session):
            raise RequestRefused("csrf: the form is too old; load /admin again.", status=403, code="foreign-form")

    def is_signed_in(self) -> bool:
        """Tell whether the request shows the token, by header or by cookie."""
        return bool(self._token) and (self.is_token(_bearer()) or bool(self._session()))

    def is_token(self, given: str) -> bool:
        """Compare in constant time; never true without a token."""
        return bool(self._token) and hmac.compare_digest(given.encode(errors="replace"), self._token)

    def new_session(self) -> str:
        """Return the value of a fresh session cookie."""
        return self._sessions.dumps(secrets.token_urlsafe(12))

    def form_token(self) -> str:
        """Return what the forms of this request's session carry in ``CSRF_FIELD``."""
        return self._forms.dumps(self._session())

    def _session(self) -> str:
        """Return the session of the request's cookie; "" where there is none that we signed."""
        return _signed(self._sessions, request.cookies.get(SESSION_COOKIE, ""))

    def _is_our_form(self, session: str) -> bool:
        given = request.form.get(CSRF_FIELD, "") or request.headers.get("X-CSRF-Token", "")
        return hmac.compare_digest(_signed(self._forms, given).encode(), session.encode())


def _bearer() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _signed(serializer: URLSafeTimedSerializer, value: str) -> str:
    try:
        loaded = serializer.loads(value, max_age=SESSION_S)
    except BadData:
        return ""
    return loaded if isinstance(loaded, str) else ""
