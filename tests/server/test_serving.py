"""The whole program: workers, their end, and the documents changing under them."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from changing import QUESTION, change, small_lab
from serving import Client, FakeAssistant, serving
from test_limits import SlowAssistant

from assistant.journal import Journal
from assistant.pipeline import build
from assistant.server.app import create_app
from assistant.server.listening import listening_socket, open_server
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-the-tests-only"
slow = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="workers are POSIX processes")


@dataclass(frozen=True)
class Served:
    """A running ``serve`` command."""

    process: subprocess.Popen[bytes]
    client: Client
    settings: Settings

    def workers(self) -> list[int]:
        """The process ids of its children."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in listed.split()]

    def day(self) -> str:
        return self.client.get(f"/ask?q={QUESTION}").json["answer"]


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Served]:
    """Run ``serve`` over three pages until the block ends."""
    settings = small_lab(folder)
    config = folder / "assistant.yaml"
    values = {
        "corpus": {"path": "corpus"}, "index": {"path": "index"}, "journal": {"url": "sqlite:///journal.db"},
        "server": {"port": 0, "rate_limit": "100000/minute"}, "log": {"format": "json"},
    }  # fmt: skip
    config.write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "assistant", "serve", "--config", str(config), *arguments]
    environment = {**os.environ, "LAB_ASSISTANT_ADMIN_TOKEN": TOKEN}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert "answers at http://" in line
        port = int(line.split("http://")[1].split("/")[0].rpartition(":")[2])
        yield Served(process, Client(port), settings)
    finally:
        process.kill()
        process.communicate()


def eventually(holds: Callable[[], bool], *, within_s: float = 60) -> None:
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.1)


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_what_was_begun_is_finished_and_nothing_new_is_taken():
    assistant = SlowAssistant()
    stopped = threading.Event()
    with serving(lambda: assistant, grace_s=20) as client, ThreadPoolExecutor(2) as pool:
        begun = pool.submit(client.get, "/ask?q=a")
        assert assistant.begun.acquire(timeout=20)
        client.stop.set()
        client.wake()
        eventually(lambda: not is_taken(client.port))
        assistant.found.set()
        assert begun.result(20).status == 200
        stopped.set()
    assert stopped.is_set()


def test_a_client_that_only_holds_its_connection_does_not_hold_the_end_up():
    with serving(FakeAssistant, grace_s=20) as client:
        idle = socket.create_connection(("127.0.0.1", client.port), timeout=20)
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200")
        client.stop.set()
        client.wake()
        while idle.recv(65536):
            pass  # the rest of the response, then the end
        idle.close()


@slow
@posix
def test_two_workers_follow_their_documents_and_fail_nobody(tmp_path: Path):
    with served(tmp_path, "--workers", "2", "--watch") as running:
        assert "Mondays" in running.day()
        failed: list[object] = []
        stopping = threading.Event()

        def ask() -> None:
            while not stopping.is_set():
                reply = running.client.get(f"/ask?q={QUESTION}")
                if reply.status != 200 or not any(day in reply.json["answer"] for day in ("Mondays", "Fridays")):
                    failed.append(reply)

        asking = threading.Thread(target=ask)
        asking.start()
        change(running.settings, "Fridays")
        eventually(lambda: all("Fridays" in running.day() for _ in range(12)))
        stopping.set()
        asking.join()
        assert not failed


@slow
@posix
def test_a_worker_that_dies_is_replaced_and_all_end_when_told(tmp_path: Path):
    with served(tmp_path, "--workers", "2") as running:
        first = running.workers()
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        eventually(lambda: len(running.workers()) == 2 and first[0] not in running.workers())
        assert running.client.get("/ready").status == 200
        metrics = [running.client.get("/metrics").body.decode() for _ in range(6)]
        counts = [int(float(text.split('{route="/metrics",status="200"} ')[1].split()[0])) for text in metrics[1:]]
        assert counts == sorted(counts) and counts[-1] >= 4  # one sum, whichever worker is asked
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert not is_taken(running.client.port)


@slow
@posix
def test_killed_workers_lose_no_question_that_was_answered_a_second_before(tmp_path: Path):
    with served(tmp_path, "--workers", "2") as running:
        answered: dict[str, float] = {}
        stopping = threading.Event()

        def ask(visitor: int) -> None:
            number = 0
            while not stopping.is_set():
                question = f"visitors {visitor} {number}"
                try:
                    if running.client.post("/ask", {"question": question}).status == 200:
                        answered[question] = time.monotonic()
                except OSError:  # the connection of a worker that is gone
                    continue
                number += 1

        asking = [threading.Thread(target=ask, args=(visitor,), daemon=True) for visitor in range(4)]
        for thread in asking:
            thread.start()
        try:
            time.sleep(3)
            workers = running.workers()
            for worker in workers:
                os.kill(worker, signal.SIGKILL)
            killed = time.monotonic()
            eventually(lambda: len(running.workers()) == 2 and not set(workers) & set(running.workers()))
            eventually(lambda: any(when > killed + 1 for when in list(answered.values())))
        finally:
            stopping.set()
            for thread in asking:
                thread.join(30)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
    with sqlite3.connect(tmp_path / "journal.db") as journal:
        kept = {question for (question,) in journal.execute("select question from questions")}
    journal.close()
    assert len(answered) > 100
    lost = [when for question, when in answered.items() if question not in kept]
    assert all(killed - 1 < when < killed + 1 for when in lost), (killed, sorted(lost))


@slow
@posix
def test_workers_end_with_a_supervisor_that_was_killed(tmp_path: Path):
    with served(tmp_path, "--workers", "2") as running:
        running.process.kill()
        running.process.wait(20)
        eventually(lambda: not is_taken(running.client.port), within_s=30)


@slow
def test_the_index_is_rebuilt_on_request_of_whoever_has_the_token(tmp_path: Path):
    with served(tmp_path) as running:
        client = running.client
        assert "Mondays" in running.day()
        assert client.post("/admin/rebuild", {}).status == 401
        assert client.post("/admin/rebuild", {}, authorization="Bearer wrong").status == 401
        change(running.settings, "Fridays")
        started = client.post("/admin/rebuild", {}, authorization=f"Bearer {TOKEN}")
        assert (started.status, started.json) == (202, {"started": True})
        again = client.post("/admin/rebuild", {}, authorization=f"Bearer {TOKEN}")
        assert (again.status, again.json["error"]["code"]) == (409, "busy")
        eventually(lambda: "Fridays" in running.day())
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0


def test_without_a_token_there_is_nothing_to_rebuild_by(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LAB_ASSISTANT_ADMIN_TOKEN", raising=False)
    with serving(FakeAssistant) as client:
        assert client.post("/admin/rebuild", {}).status == 404


@slow
@posix
def test_workers_that_cannot_start_are_told_of_in_one_sentence(tmp_path: Path):
    settings = small_lab(tmp_path)
    build(settings)
    config = tmp_path / "assistant.yaml"
    config.write_text("corpus: {path: corpus}\nindex: {path: index}\njournal: {url: 'sqlite:////proc/none/journal.db'}\nserver: {port: 0, workers: 2}\n")
    command = [sys.executable, "-m", "assistant", "serve", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "a worker could not start; what it logged above says why" in done.stderr
    assert "journal.url" in done.stderr


@posix
def test_a_worker_with_many_connections_leaves_new_ones_to_another():
    """Two servers on one socket; each holds a journal and an application of its own."""
    settings = Settings(server={"port": 0, "rate_limit": "100000/minute"})
    journal = Journal.open("sqlite://")
    listener = listening_socket("127.0.0.1", 0)
    stopping = threading.Event()
    servers, threads, held = [], [], []

    def start() -> None:
        app = create_app(settings, FakeAssistant, journal)
        server = open_server(app, settings, listener=listener.dup(), shares_listener=True)
        servers.append(server)
        threads.append(threading.Thread(target=server.serve, args=(stopping,), kwargs={"grace_s": 0}))
        threads[-1].start()

    def connect() -> None:
        client = socket.create_connection(listener.getsockname(), timeout=20)
        client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        held.append(client)

    try:
        start()
        for _ in range(10):
            connect()  # nobody else is there: it takes them all the same
        start()
        for _ in range(10):
            connect()
        assert sum(len(server.active_channels) for server in servers) == 20
        assert len(servers[1].active_channels) >= 6
    finally:
        stopping.set()
        for server in servers:
            server.pull_trigger()
        for thread in threads:
            thread.join(20)
        for server in servers:
            server.close_all()
        for open_one in (*held, listener, journal):
            open_one.close()
