"""The desk at /admin: who gets in, what is shown, what its buttons do."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from patience import soon

from assistant.errors import IndexMissing, SettingsError
from assistant.evaluation import read_cases
from assistant.journal import Journal
from assistant.server.app import create_app
from assistant.server.guard import SESSION_COOKIE, AdminGuard
from assistant.settings import AdminSettings, Settings

TOKEN = "a-token-of-the-tests-0123456789"
VARIABLE = "TOKEN_OF_THE_TESTS"
XSS = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
ROUTES = ("/admin/cases", "/admin/refresh", "/admin/logout", "/admin/rebuild")


@dataclass
class FakeRebuilder:
    """Remembers that a build was wanted; starts the first only."""

    started: int = 0
    is_running: list[bool] = field(default_factory=lambda: [False])

    def start(self) -> bool:
        self.started += 1
        return self.started == 1


@dataclass
class Lab:
    """An application over the default corpus, its journal and where its eval file goes."""

    app: Flask
    journal: Journal
    eval_folder: Path
    rebuilder: FakeRebuilder

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def signed_in(self) -> FlaskClient:
        client = self.client()
        assert client.post("/admin/login", data={"token": TOKEN}).status_code == 303
        return client


@pytest.fixture
def lab(settings, assistant, tmp_path, monkeypatch) -> Iterator[Lab]:
    monkeypatch.setenv(VARIABLE, TOKEN)
    admin = AdminSettings(token_env=VARIABLE, eval_folder=tmp_path / "eval")
    chosen = settings.model_copy(update={"admin": admin})
    journal = Journal.open(f"sqlite:///{tmp_path}/journal.db")
    rebuilder = FakeRebuilder()
    yield Lab(create_app(chosen, lambda: assistant, journal, rebuilder=rebuilder), journal, tmp_path / "eval", rebuilder)
    journal.close()


def ask(lab: Lab, *questions: str) -> None:
    for text in questions:
        assert lab.client().post("/ask", json={"question": text}).status_code == 200
    assert soon(lambda: not lab.journal.waiting)


def csrf(page: str) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', page)[0]


def test_without_a_token_nothing_is_there(settings, assistant, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    chosen = settings.model_copy(update={"admin": AdminSettings(token_env=VARIABLE)})
    journal = Journal.open("sqlite://")
    client = create_app(chosen, lambda: assistant, journal, rebuilder=FakeRebuilder()).test_client()
    client.set_cookie(SESSION_COOKIE, AdminGuard("").new_session(), path="/admin")
    for reply in (
        client.get("/admin"), client.get("/admin/desk.css"), client.post("/admin/login", data={"token": ""}),
        client.post("/admin/rebuild"), client.get("/admin", headers={"Authorization": "Bearer "}),
        *(client.post(route, data={"csrf": "x"}) for route in ROUTES),
    ):  # fmt: skip
        assert reply.status_code == 404
    journal.close()


@pytest.mark.parametrize("token", ["hunter2", " 12345678901234 "])
def test_a_token_that_could_be_guessed_is_refused(monkeypatch, token):
    monkeypatch.setenv(VARIABLE, token)
    with pytest.raises(SettingsError, match=f"{VARIABLE}: shorter than 16 characters") as told:
        AdminGuard.from_environment(VARIABLE)
    assert token.strip() not in str(told.value)


@pytest.mark.parametrize("given", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é" * 31, "\udcff"])
def test_only_the_token_is_the_token(given):
    guard = AdminGuard(TOKEN)
    assert not guard.is_token(given) and guard.is_token(TOKEN)


def test_nobody_gets_in_without_it(lab):
    client = lab.client()
    page = client.get("/admin")
    assert page.status_code == 401 and 'type="password"' in page.text and "csrf" not in page.text
    assert client.post("/admin/login", data={"token": "wrong"}).status_code == 401
    assert SESSION_COOKIE not in str(client.get("/admin").headers)
    for route in ROUTES:
        reply = client.post(route, data={"question": "x"}, headers={"Authorization": f"Bearer {TOKEN}x"})
        assert (reply.status_code, reply.json["error"]["code"]) == (401, "not-admin")
    assert (lab.rebuilder.started, lab.eval_folder.exists()) == (0, False)


def test_the_cookie_is_kept_from_scripts_and_other_sites(lab):
    reply = lab.client().post("/admin/login", data={"token": TOKEN}, base_url="https://lab.example")
    cookie = reply.headers["Set-Cookie"]
    for part in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/admin", "Max-Age=43200"):
        assert part in cookie
    assert TOKEN not in cookie and TOKEN not in reply.text


@pytest.mark.parametrize("change", [lambda c: c[:-1] + ("A" if c[-1] != "A" else "B"), lambda c: "", lambda c: c + "x",
                                    lambda c: AdminGuard(TOKEN + "x").new_session()])  # fmt: skip
def test_a_cookie_that_was_not_signed_here_opens_nothing(lab, change):
    client = lab.client()
    client.set_cookie(SESSION_COOKIE, change(AdminGuard(TOKEN).new_session()), path="/admin")
    assert client.get("/admin").status_code == 401


def test_a_session_ends_after_its_time(lab, monkeypatch):
    client = lab.signed_in()
    assert client.get("/admin").status_code == 200
    monkeypatch.setattr("assistant.server.guard.SESSION_S", -1)
    assert client.get("/admin").status_code == 401


def test_another_worker_knows_the_session(lab, settings, assistant):
    client = lab.signed_in()
    cookie = client.get_cookie(SESSION_COOKIE, path="/admin")
    other = AdminGuard(TOKEN)
    with lab.app.test_request_context("/admin", headers={"Cookie": f"{SESSION_COOKIE}={cookie.value}"}):
        assert other.is_signed_in()


@pytest.mark.parametrize("route", ROUTES)
def test_a_form_of_another_site_is_refused(lab, route):
    client = lab.signed_in()
    foreign = AdminGuard(TOKEN)
    with lab.app.test_request_context("/admin", headers={"Cookie": f"{SESSION_COOKIE}={foreign.new_session()}"}):
        of_another_session = foreign.form_token()
    for token in ("", "x", of_another_session, client.get_cookie(SESSION_COOKIE, path="/admin").value):
        reply = client.post(route, data={"csrf": token, "question": "x"})
        assert (reply.status_code, reply.json["error"]["code"]) == (403, "foreign-form")
    assert (lab.rebuilder.started, lab.eval_folder.exists()) == (0, False)
    assert client.get("/admin").status_code == 200


def test_signing_out_forgets_the_session(lab):
    client = lab.signed_in()
    assert client.post("/admin/logout", data={"csrf": csrf(client.get("/admin").text)}).status_code == 303
    assert client.get("/admin").status_code == 401


def test_a_page_left_open_overnight_leads_back_to_signing_in(lab):
    reply = lab.client().post("/admin/refresh", headers={"Accept": "text/html,*/*;q=0.8"})
    assert reply.status_code == 401 and 'type="password"' in reply.text


def test_the_desk_is_no_page_for_frames_caches_and_scripts(lab):
    headers = lab.signed_in().get("/admin").headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "script-src" not in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers
    assert lab.client().get("/health").headers["Content-Security-Policy"] != policy


def test_the_desk_shows_what_was_asked_and_what_is_wrong(lab):
    ask(lab, "有停车场吗？", "Is there parking?", "ECCV 上有哪些论文？")
    page = lab.signed_in().get("/admin?lang=en").text
    assert "Questions the documents do not answer" in page and "有停车场吗？" in page
    assert "67 %" not in page and "33 %" in page  # one of three is answered
    assert "over since 2025-12-31" in page
    assert 'lang="zh-CN"' in lab.signed_in().get("/admin?lang=zh").text


def test_the_language_is_the_browsers_unless_chosen(lab):
    client = lab.signed_in()
    assert "站长工作台" in client.get("/admin", headers={"Accept-Language": "zh-CN,en;q=0.5"}).text
    assert "Webmaster’s desk" in client.get("/admin", headers={"Accept-Language": "en-GB"}).text
    assert "Webmaster’s desk" in client.get("/admin?lang=en", headers={"Accept-Language": "zh-CN"}).text


def test_what_visitors_wrote_is_shown_and_does_nothing(lab):
    ask(lab, XSS, "{{ 7*191 }}", "mail me at li@example.org")
    page = lab.signed_in().get("/admin").text
    assert "&lt;img src=x onerror=" in page and "<img" not in page and "<script" not in page
    assert "{{ 7*191 }}" in page and "1337" not in page
    assert "li@example.org" not in page and "[email]" in page


def test_one_click_adds_a_question_to_the_eval_file(lab):
    ask(lab, XSS)
    client = lab.signed_in()
    token = csrf(client.get("/admin").text)
    form = {"csrf": token, "question": XSS, "back": "90.en"}
    first = client.post("/admin/cases", data=form)
    assert (first.status_code, first.headers["Location"]) == (303, "/admin?days=90&lang=en&done=added")
    assert client.post("/admin/cases", data=form).headers["Location"].endswith("done=known")
    assert [case.question for case in read_cases(lab.eval_folder / "questions.yaml")] == [XSS]
    assert "Added to" in client.get(first.headers["Location"]).text


@pytest.mark.parametrize("back", ["//evil.example.en", "30.//evil", "", "9999.fr", "30.en&x=y"])
def test_buttons_lead_back_to_the_desk_and_nowhere_else(lab, back):
    client = lab.signed_in()
    form = {"csrf": csrf(client.get("/admin").text), "back": back}
    target = client.post("/admin/refresh", data=form).headers["Location"]
    assert re.fullmatch(r"/admin\?days=30&lang=(zh|en)&done=rebuilding", target)
    assert client.post("/admin/refresh", data=form).headers["Location"].endswith("done=rebuilding-already")


@pytest.mark.parametrize("question", ["", "  ", "x" * 501])
def test_a_question_of_no_use_is_not_added(lab, question):
    client = lab.signed_in()
    reply = client.post("/admin/cases", data={"csrf": csrf(client.get("/admin").text), "question": question})
    assert reply.status_code == 400 and not lab.eval_folder.exists()


def test_an_eval_file_that_cannot_be_added_to_is_told(lab):
    lab.eval_folder.mkdir()
    (lab.eval_folder / "questions.yaml").write_text("a: 1", "utf-8")
    client = lab.signed_in()
    reply = client.post("/admin/cases", data={"csrf": csrf(client.get("/admin").text), "question": "hi"})
    assert reply.status_code == 503 and "not a list of questions any more" in reply.text


@pytest.mark.parametrize("query", [{"days": "-1"}, {"days": "1e9"}, {"lang": "<x>"}, {"done": "<x>"}, {"done": "title"}])
def test_a_strange_address_shows_the_usual_desk(lab, query):
    page = lab.signed_in().get(f"/admin?{urlencode(query)}")
    assert page.status_code == 200 and "<x>" not in page.text and 'class="notice"' not in page.text


def test_an_index_that_is_missing_is_told(settings, tmp_path, monkeypatch):
    def missing() -> None:
        raise IndexMissing("no index; run 'python -m assistant build'.")

    monkeypatch.setenv(VARIABLE, TOKEN)
    chosen = settings.model_copy(update={"admin": AdminSettings(token_env=VARIABLE)})
    journal = Journal.open("sqlite://")
    client = create_app(chosen, missing, journal, rebuilder=FakeRebuilder()).test_client()
    page = client.get("/admin", headers={"Authorization": f"Bearer {TOKEN}"})
    assert page.status_code == 503 and "no index; run" in page.text
    journal.close()


def test_a_program_needs_no_form(lab):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert lab.client().post("/admin/cases", data={"question": "hi"}, headers=headers).status_code == 303
    assert lab.client().get("/admin", headers=headers).status_code == 200


def test_guessing_is_limited(settings, assistant, monkeypatch):
    monkeypatch.setenv(VARIABLE, TOKEN)
    server = settings.server.model_copy(update={"rate_limit": "3/minute"})
    chosen = Settings(**{**dict(settings), "server": server, "admin": AdminSettings(token_env=VARIABLE)})
    journal = Journal.open("sqlite://")
    client = create_app(chosen, lambda: assistant, journal, rebuilder=FakeRebuilder()).test_client()
    codes = [client.post("/admin/login", data={"token": "wrong"}).status_code for _ in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    journal.close()
