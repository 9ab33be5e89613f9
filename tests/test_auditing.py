"""No package that we pin has a known flaw; and the check for that can fail, and says where it cannot be made."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from auditing import known_flaws

ROOT = Path(__file__).resolve().parent.parent
PINNED = [ROOT / name for name in ("requirements.txt", "requirements-milvus.txt", "requirements-dask.txt")]


@contextmanager
def advisories(*flawed: str) -> Iterator[tuple[str, ...]]:
    """Run a service that knows a flaw of each of these packages; yields the options that name it."""

    class Advisories(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = asked["package"]["name"]
            flaw = {"id": f"FLAW-{name}", "summary": "bad", "affected": [{"package": asked["package"], "ranges": []}]}
            content = json.dumps({"vulns": [flaw]} if name in flawed else {}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ("--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_no_pinned_package_has_a_known_flaw():
    flaws = known_flaws(PINNED)
    if flaws is None:
        pytest.skip("NOT AUDITED: PyPI's advisory service cannot be reached from here; run 'make audit' where it can")
    assert flaws == ()


@pytest.mark.slow
def test_a_flaw_that_is_known_is_told():
    with advisories("pyyaml", "waitress") as options:
        assert [flaw for flaw in known_flaws(PINNED, options=options) or () if "waitress" in flaw] == [
            f"waitress {pinned('waitress')}: FLAW-waitress"
        ]


@pytest.mark.slow
def test_without_a_flaw_nothing_is_told(tmp_path: Path):
    (tmp_path / "pinned.txt").write_text("waitress==3.0.2\n")
    with advisories("pyyaml") as options:
        assert known_flaws([tmp_path / "pinned.txt"], options=options) == ()


@pytest.mark.slow
def test_a_service_that_knows_nothing_or_is_not_there_is_no_all_clear():
    with advisories() as options:
        assert known_flaws(PINNED, options=options) is None
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = ("--vulnerability-service", "osv", "--osv-url", f"http://127.0.0.1:{nobody.getsockname()[1]}/")
        assert known_flaws(PINNED, options=away) is None


def pinned(name: str) -> str:
    lines = (line.split("#")[0].strip() for path in PINNED for line in path.read_text("utf-8").splitlines())
    return dict(line.split("==") for line in lines if "==" in line)[name]
