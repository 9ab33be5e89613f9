"""What an attacker sends gets a refusal, tells nothing, and harms nobody else."""

import gzip
import json
import logging
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jieba
import pytest
from serving import Client, FakeAssistant, serving

from assistant.logs import JsonLine, OneLine
from assistant.segmenting import Segmenter
from assistant.settings import ServerSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
SITE = "https://lab.example"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(FakeAssistant, allowed_origins=(SITE,)) as running:
        yield running


def raw(client: Client, *parts: bytes) -> list[int]:
    """Send bytes as they are and return the status of each response."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has refused already
        answer = b""
        try:
            while received := connection.recv(65536):
                answer += received
        except ConnectionResetError:
            pass  # it hung up on what it had not read
    return [int(line.split()[1]) for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]


SMUGGLED = b'{"question": "a"}GET /suggestions HTTP/1.1\r\nHost: a\r\n\r\n'
JSON = b"Host: a\r\nContent-Type: application/json\r\n"
SMUGGLING = {
    "two lengths": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: 17\r\nContent-Length: 70\r\n\r\n",
    "a list of lengths": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: 17, 70\r\n\r\n",
    "a signed length": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: +17\r\n\r\n",
    "a negative length": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: -1\r\n\r\n",
    "a hexadecimal length": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: 0x11\r\n\r\n",
    "an underscore in a length": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: 1_7\r\n\r\n",
    "white space before the colon": b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length : 17\r\n\r\n",
    "a folded header": b"POST /ask HTTP/1.1\r\n" + JSON + b"X: a\r\n b\x00\r\nContent-Length: 17\r\n\r\n",
    "a bare line feed": b"POST /ask HTTP/1.1\n" + JSON + b"Content-Length: 17\r\n\r\n",
    "a bad chunk size": b"POST /ask HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\nxx\r\n",
    "a negative chunk": b"POST /ask HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_a_request_of_two_lengths_is_refused_and_nothing_behind_it_is_read(client: Client, name: str):
    assert raw(client, SMUGGLING[name] + SMUGGLED) == [400]


@pytest.mark.parametrize("coding", [b"chunked", b" chunked", b"chunked, identity", b"xchunked", b"identity, chunked"])
def test_a_length_beside_a_transfer_coding_never_makes_two_requests(client: Client, coding: bytes):
    """RFC 9112, 6.1: the coding wins or the request is refused; what is behind it is not a request."""
    head = b"POST /ask HTTP/1.1\r\n" + JSON + b"Content-Length: 6\r\nTransfer-Encoding: " + coding + b"\r\n\r\n"
    statuses = raw(client, head + b"0\r\n\r\nGET /suggestions HTTP/1.1\r\nHost: a\r\n\r\n")
    assert 200 not in statuses or statuses[0] in (400, 501)
    assert statuses[0] >= 400


@pytest.mark.parametrize(
    "path",
    [
        "/modules/../../pyproject.toml", "/modules/%2e%2e/%2e%2e/pyproject.toml", "/modules/..%2f..%2fpyproject.toml",
        "/modules/....//....//pyproject.toml", "/modules/%252e%252e%252fpyproject.toml", "/modules//etc/passwd",
        "/styles/..\\..\\pyproject.toml", "/locales/zh.json%00.css", "/modules/%c0%ae%c0%ae/pyproject.toml",
        "/sources/..%2f..%2f..%2fetc%2fpasswd", "/sources/%2fetc%2fpasswd", "//etc/passwd", "/.git/config", "/assistant.yaml",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_web_folder(client: Client, path: str):
    reply = client.get(path)
    assert reply.status in (400, 404)
    assert b"root:" not in reply.body and b"[project]" not in reply.body and b"[core]" not in reply.body


def test_the_host_that_a_visitor_names_appears_nowhere(client: Client):
    for path in ("/", "/ask?q=a", "/openapi.json", "/nothing", "/docs", "/v1"):
        reply = client.get(path, host="evil.example")
        assert b"evil.example" not in reply.body
        assert "evil.example" not in str(dict(reply.headers))


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (SITE, True), (f"{SITE}:443", False), (f"{SITE}/", False), (SITE.upper(), False), ("http://lab.example", False),
        (f"{SITE}.evil.example", False), ("https://evil-lab.example", False), ("null", False), ("*", False), ("", False),
        (f"{SITE}, https://evil.example", False), ("https://lab.example@evil.example", False),
    ],
)  # fmt: skip
def test_exactly_the_listed_origin_may_read(client: Client, origin: str, allowed: bool):
    for method in ("GET", "OPTIONS"):
        headers = client.send(method, "/ask?q=a", origin=origin).headers
        assert ("access-control-allow-origin" in headers) == allowed
        assert "access-control-allow-credentials" not in headers


def test_only_listed_sites_may_frame_the_page(client: Client):
    policy = client.get("/").headers["content-security-policy"]
    assert policy.endswith(f"frame-ancestors 'self' {SITE}")
    for directive in ("default-src 'none'", "base-uri 'none'", "form-action 'self'"):
        assert directive in policy
    assert "unsafe" not in policy and "*" not in policy


@pytest.mark.parametrize("value", ["*", "https://*.lab.example", "lab.example", "https://lab.example/", "https://a b", "null", "https://a;script-src *"])
def test_an_origin_that_is_none_is_not_taken(value: str):
    with pytest.raises(ValueError, match="https://lab.example"):
        ServerSettings(allowed_origins=(value,))


def test_a_compressed_body_is_not_unpacked(client: Client):
    """A megabyte of zeros is a kilobyte of gzip; we never ask for it, so it is no JSON."""
    bomb = gzip.compress(b'{"question": "' + b"a" * 10_000_000 + b'"}')
    assert len(bomb) < 16_000
    for coding in ("gzip", "deflate", "br"):
        reply = client.post("/ask", bomb, content_encoding=coding)
        assert (reply.status, reply.json["error"]["code"]) == (400, "bad-body")


def test_headers_without_end_are_refused(client: Client):
    endless = (
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"y" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    for request in endless:
        assert raw(client, request) in ([431], [])  # []: hung up before all of it was read
    assert raw(client, b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n") == [431]


def test_waitress_own_refusals_tell_neither_a_server_nor_a_version(client: Client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=20) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert b"waitress" not in answer.lower() and b"Server:" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad-request"


HOSTILE = "fine\n2026-01-01 00:00:00 ERROR assistant forged\r\n\x1b[31m\u202e\u2028red\x00"


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("assistant", logging.WARNING, "file.py", 1, message, arguments, None)


def test_nobody_begins_a_line_of_our_log():
    line = OneLine("%(levelname)s %(message)s").format(record("asked: %s", HOSTILE))
    assert "\n" not in line and "\r" not in line and "\x1b" not in line and "\u202e" not in line and "\u2028" not in line
    assert line.startswith("WARNING asked: fine\\n2026") and OneLine("%(message)s").format(record("中文 ok")) == "中文 ok"
    event = JsonLine().format(record("asked: %s", HOSTILE))
    assert "\n" not in event and event.isascii() and json.loads(event)["message"] == f"asked: {HOSTILE}"


def test_a_traceback_cannot_forge_a_line_either():
    failed = record("failed")
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        failed.exc_info = sys.exc_info()
    first, *rest = OneLine("%(levelname)s %(message)s").format(failed).splitlines()
    assert first == "WARNING failed" and all(line.startswith("  | ") for line in rest)
    assert "\n" not in JsonLine().format(failed)


def test_the_log_of_requests_holds_neither_who_asked_nor_what(client: Client, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, logger="assistant")
    client.post("/ask", {"question": "my secret plan"}, x_forwarded_for="203.0.113.77")
    client.get("/nothing/secret?token=hunter2")
    told = "\n".join(JsonLine().format(entry) for entry in caplog.records)
    assert '"route": "/ask"' in told and '"route": "none"' in told
    for secret in ("secret", "203.0.113.77", "hunter2"):
        assert secret not in told


def test_no_secret_is_told_when_something_fails(caplog: pytest.LogCaptureFixture):
    from assistant.journal import Journal

    with pytest.raises(Exception, match="journal") as caught:  # noqa: B017, PT011
        Journal.open("postgresql+psycopg://lab:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(caught.value) and "hunter2" not in caplog.text
    settings = Settings(server={"rate_limit_storage": "redis://:hunter2@127.0.0.1:1/0", "rate_limit": "9/minute"})
    with serving(FakeAssistant, **settings.server.model_dump(include={"rate_limit_storage", "rate_limit"})) as client:
        reply = client.get("/ask?q=a")
    assert "hunter2" not in caplog.text and b"hunter2" not in reply.body


def test_jieba_loads_no_cache_that_another_user_could_plant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """It would read one with marshal, which can crash Python, from the shared folder for temporary files."""
    (tmp_path / "jieba.cache").write_bytes(b"planted")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(jieba, "marshal", None)
    assert list(Segmenter.load().cut("联合培养博士", guess=True)) == ["联合培养", "博士"]
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.cache"]


def test_bandit_finds_nothing_of_weight():
    command = [sys.executable, "-m", "bandit", "--quiet", "-ll", "--recursive", str(ROOT / "assistant")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-500:]


def test_the_id_of_a_request_is_told_in_its_own_lines_only(caplog: pytest.LogCaptureFixture):
    from assistant.journal import Journal
    from assistant.server.app import create_app

    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda entry: told.append(OneLine("%(message)s").format(entry))
    log = logging.getLogger("assistant.server.headers")
    log.addHandler(handler)
    caplog.set_level(logging.INFO, logger="assistant")
    journal = Journal.open("sqlite://")
    try:
        create_app(Settings(), FakeAssistant, journal).test_client().get("/health", headers={"X-Request-ID": "mine"})
    finally:
        log.removeHandler(handler)
        journal.close()
    assert len(told) == 1 and told[0].endswith("[mine]")
    assert OneLine("%(message)s").format(record("later")) == "later"
