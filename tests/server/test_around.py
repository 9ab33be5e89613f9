"""What stands around the answers: limits, headers, sources, pages, the API's description."""

import gzip
import hashlib
from collections.abc import Iterator

import brotli
import pytest
from serving import QUOTE, TEXT, Client, FakeAssistant, serving

from assistant.errors import SettingsError
from assistant.journal import Journal
from assistant.server.app import create_app
from assistant.server.listening import open_server
from assistant.server.pages import WEB_FOLDER
from assistant.settings import Settings

SITE = "https://lab.example"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(FakeAssistant, allowed_origins=(SITE,)) as running:
        yield running


def test_too_many_questions_are_told_how_long_to_wait():
    with serving(FakeAssistant, rate_limit="2/minute") as client:
        assert [client.get("/ask?q=a").status, client.post("/v1/ask", {"question": "a"}).status] == [200, 200]
        reply = client.post("/ask", {"question": "a"})
        assert (reply.status, reply.json["error"]["code"]) == (429, "rate-limited")
        assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert client.get("/health").status == 200


def test_a_proxy_of_this_machine_passes_its_visitors_addresses_on():
    with serving(FakeAssistant, rate_limit="1/minute") as client:
        assert client.get("/ask?q=a", x_forwarded_for="203.0.113.5").status == 200
        assert client.get("/ask?q=a", x_forwarded_for="203.0.113.6").status == 200
        assert client.get("/ask?q=a", x_forwarded_for="203.0.113.5").status == 429


def test_a_limit_that_is_none_names_the_key():
    settings = Settings(server={"rate_limit": "often"})
    with pytest.raises(SettingsError, match=r"server\.rate_limit: 'often'.*30/minute"):
        create_app(settings, FakeAssistant, Journal.open("sqlite://"))


def test_a_taken_port_is_told_in_one_sentence(client):
    settings = Settings(server={"port": client.port})
    with pytest.raises(SettingsError, match=rf"cannot listen on 127.0.0.1:{client.port}.*--port"):
        open_server(create_app(settings, FakeAssistant, Journal.open("sqlite://")), settings)


def test_only_a_listed_origin_may_read(client):
    allowed = client.get("/health", origin=SITE)
    assert allowed.headers["access-control-allow-origin"] == SITE
    assert "Origin" in allowed.headers["vary"]
    for origin in ("https://evil.example", f"{SITE}.evil.example", "http://lab.example", "null"):
        assert "access-control-allow-origin" not in client.get("/health", origin=origin).headers


def test_a_preflight_of_a_listed_origin_passes(client):
    reply = client.send("OPTIONS", "/ask", origin=SITE, access_control_request_method="POST")
    assert reply.status == 200
    assert "Content-Type" in reply.headers["access-control-allow-headers"]
    assert "POST" in reply.headers["access-control-allow-methods"]


def test_every_response_carries_the_security_headers(client):
    for path in ("/", "/widget.js", "/ask?q=hi", "/nothing", "/docs"):
        headers = client.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"]


def test_a_request_keeps_its_id_only_if_it_is_harmless(client):
    assert client.get("/health", x_request_id="abc-1").headers["x-request-id"] == "abc-1"
    assert client.get("/health", x_request_id="a b<c>").headers["x-request-id"] != "a b<c>"


def test_a_source_stands_in_its_context(client):
    body = client.get("/sources/p1").json
    assert body["text"] == QUOTE
    joined = body["before"] + TEXT[len("成员") : TEXT.index(QUOTE)] + body["text"]
    assert TEXT.startswith(joined)
    assert body["after"].startswith("联系邮箱")
    assert client.get("/sources/other").json["error"]["code"] == "no-such-passage"


def test_suggestions_follow_the_language(client):
    assert client.get("/suggestions?language=en").json["suggestions"] == ["What papers are there?"]
    assert client.get("/suggestions", accept_language="en-US,en;q=0.9").json["language"] == "en"
    assert client.get("/suggestions", accept_language="zh-CN,en;q=0.5").json["language"] == "zh"


def test_health_says_what_is_served(client):
    health = {"status": "ok", "ready": True, "missing": "", "index": "g-test", "passages": 7}
    assert client.get("/health").json == health
    assert client.get("/ready").json == health


def test_metrics_count_answers(client):
    client.get("/ask?q=hi")
    text = client.get("/metrics").body.decode()
    assert 'assistant_answers_total{answered="yes",kind="fact",language="en"}' in text
    assert "assistant_answer_seconds_bucket" in text


@pytest.mark.parametrize("path", ["/", "/widget.js", "/styles/assistant.css", "/modules/turn.js"])
def test_a_page_is_compressed_and_revalidated(client, path):
    plain = client.get(path)
    squeezed = client.get(path, accept_encoding="gzip")
    small = client.get(path, accept_encoding="gzip, deflate, br")
    if "content-encoding" in squeezed.headers:
        assert gzip.decompress(squeezed.body) == plain.body
        assert small.headers["content-encoding"] == "br"
        assert brotli.decompress(small.body) == plain.body
        assert len(small.body) <= len(squeezed.body) * 1.02
    for reply in (plain, squeezed, small):
        again = client.get(path, if_none_match=reply.headers["etag"], accept_encoding="gzip")
        assert (again.status, again.body) == (304, b"")


def test_the_same_content_has_the_same_etag_after_a_restart(client):
    with serving(FakeAssistant) as other:
        assert other.get("/widget.js").headers["etag"] == client.get("/widget.js").headers["etag"]


def test_the_whole_widget_weighs_less_than_30_kb(client):
    modules = ("answer", "api", "composer", "conversation", "dom", "lab-assistant", "launcher", "memory")
    paths = [f"/modules/{name}.js" for name in (*modules, "feedback", "site-search", "source-view", "theme", "turn", "words")]
    paths += ["/widget.js", "/styles/assistant.css", "/locales/zh.json"]
    replies = [client.get(path, accept_encoding="gzip") for path in paths]
    assert {reply.status for reply in replies} == {200}
    assert sum(len(reply.body) for reply in replies) < 30_000


def test_the_page_asks_for_all_its_modules_at_once(client):
    page = client.get("/").body.decode()
    for module in (WEB_FOLDER / "modules").glob("*.js"):
        assert module.name == "docs.js" or f'"modules/{module.name}"' in page


def test_pages_load_nothing_from_elsewhere(client):
    for path in ("/", "/docs", "/styles/assistant.css", "/styles/page.css"):
        text = client.get(path).body.decode()
        assert 'src="http' not in text
        assert "@import" not in text
        assert "url(" not in text


def test_the_api_describes_every_path_once(client):
    spec = client.get("/openapi.json").json
    assert set(spec["paths"]) == {"/ask", "/feedback", "/suggestions", "/sources/{passage_id}", "/health", "/ready"}
    assert [server["url"] for server in spec["servers"]] == ["/", "/v1"]
    ask = spec["paths"]["/ask"]["post"]["responses"]
    assert {"200", "400", "413", "429", "503"} <= set(ask)
    assert set(ask["200"]["content"]) == {"application/json", "text/event-stream"}


def test_the_answer_id_is_that_of_question_and_index(client):
    first, again, other = (client.get(f"/ask?q={q}").json["id"] for q in ("a", "a", "b"))
    assert first == again != other
    assert len(first) == hashlib.blake2b(digest_size=8).digest_size * 2
