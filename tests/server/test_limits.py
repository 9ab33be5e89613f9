"""Who asks too much, too slowly or all at once is told so; the others are served."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import local_redis
import pytest
from serving import Client, FakeAssistant, serving

from assistant.errors import SettingsError
from assistant.journal import Journal
from assistant.schema import Answer
from assistant.server import listening
from assistant.server.app import create_app
from assistant.settings import Settings


def status_of_each(client: Client, *visitors: str) -> list[int]:
    return [client.get("/ask?q=a", x_forwarded_for=visitor).status for visitor in visitors]


def test_all_visitors_together_have_a_limit_too():
    with serving(FakeAssistant, total_rate_limit="2/minute") as client:
        assert status_of_each(client, "203.0.113.1", "203.0.113.2", "203.0.113.3") == [200, 200, 429]
        assert client.get("/health").status == 200


def test_a_total_limit_that_is_none_names_the_key():
    settings = Settings(server={"total_rate_limit": "many"})
    with pytest.raises(SettingsError, match=r"server\.total_rate_limit: 'many'.*30/minute"):
        create_app(settings, FakeAssistant, Journal.open("sqlite://"))


def test_each_limit_names_its_own_wait():
    with serving(FakeAssistant, rate_limit="1/second;2/hour") as client:
        assert client.get("/ask?q=a").status == 200
        time.sleep(1.1)
        assert client.get("/ask?q=a").status == 200
        time.sleep(1.1)
        reply = client.get("/ask?q=a")
        assert reply.status == 429 and int(reply.headers["retry-after"]) > 60


def test_counted_proxies_name_the_visitor_and_what_he_wrote_himself_is_not_believed():
    with serving(FakeAssistant, rate_limit="1/minute", trusted_proxies=2) as client:
        written = ("9.9.9.9, 203.0.113.5, 10.0.0.1", "8.8.8.8, 203.0.113.5, 10.0.0.1")
        assert status_of_each(client, *written) == [200, 429]
        assert status_of_each(client, "203.0.113.6, 10.0.0.1") == [200]


def test_without_a_proxy_nobody_chooses_his_address():
    """The server listens on another address than the one proxies of this machine use."""
    with serving(FakeAssistant, rate_limit="1/minute", host="127.0.0.2") as client:
        sent = []
        for visitor in ("203.0.113.5", "203.0.113.6"):
            with socket.create_connection(("127.0.0.2", client.port), source_address=("127.0.0.2", 0)) as raw:
                raw.sendall(f"GET /ask?q=a HTTP/1.0\r\nX-Forwarded-For: {visitor}\r\n\r\n".encode())
                sent.append(raw.makefile("rb").readline().split()[1])
        assert sent == [b"200", b"429"]


def test_workers_of_one_machine_count_together(tmp_path: Path):
    settings = Settings(server={"rate_limit": "3/minute"})
    counts, journal = str(tmp_path / "counts.db"), Journal.open("sqlite://")
    workers = [create_app(settings, FakeAssistant, journal, counts_file=counts).test_client() for _ in range(2)]
    assert [workers[number % 2].get("/ask?q=a").status_code for number in range(5)] == [200, 200, 200, 429, 429]
    journal.close()


def test_many_threads_count_exactly(tmp_path: Path):
    from assistant.server.shared_counts import SCHEME, SharedCounts

    stores = [SharedCounts(f"{SCHEME}://{tmp_path}/counts.db") for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: stores[number % 2].incr("visitor", 60), range(400)))
    assert [store.get("visitor") for store in stores] == [400, 400]
    assert stores[0].get_expiry("visitor") > time.time()
    stores[0].incr("gone", -1)
    assert stores[1].get("gone") == 0 and stores[1].incr("gone", 60) == 1


class SlowAssistant(FakeAssistant):
    """Finds nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.found = threading.Event()
        self.begun = threading.Semaphore(0)

    def ask(self, question: str, **options: Any) -> Answer:
        self.begun.release()
        assert self.found.wait(20)
        return super().ask(question, **options)


def test_who_comes_when_the_queue_is_full_is_told_at_once_to_come_back():
    assistant = SlowAssistant()
    with serving(lambda: assistant, threads=2, most_waiting=3) as client, ThreadPoolExecutor(20) as pool:
        begun = [pool.submit(client.get, "/ask?q=a") for _ in range(2)]
        for _ in begun:
            assert assistant.begun.acquire(timeout=20)
        more = [pool.submit(client.get, "/ask?q=a") for _ in range(10)]
        time.sleep(0.5)  # the queue fills
        assistant.found.set()
        replies = [future.result(20) for future in (*begun, *more)]
    assert [reply.status for reply in replies[:2]] == [200, 200]
    refused = [reply for reply in replies if reply.status == 503]
    assert len(refused) == 7  # three waited
    for reply in refused:
        assert (reply.json["error"]["code"], reply.headers["retry-after"]) == ("busy", "2")


def test_who_waited_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listening, "_LONGEST_WAIT_S", 0.1)
    assistant = SlowAssistant()
    with serving(lambda: assistant, threads=1) as client, ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.get, "/ask?q=a")
        assert assistant.begun.acquire(timeout=20)
        second = pool.submit(client.get, "/ask?q=a")
        time.sleep(0.4)
        assistant.found.set()
        assert [first.result(20).status, second.result(20).status] == [200, 503]


def test_a_request_that_comes_in_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listening, "_RECEIVING_S", 0.5)
    monkeypatch.setattr(listening, "_LOOK_EVERY_S", 0.1)
    with serving(FakeAssistant) as client:
        with socket.create_connection(("127.0.0.1", client.port), timeout=20) as slow:
            slow.sendall(b"GET /health HTTP/1.1\r\n")
            for _ in range(60):
                client.get("/health")  # others are served meanwhile
                time.sleep(0.1)
                try:
                    slow.sendall(b"X: y\r\n")
                except OSError:
                    return
            pytest.fail("it still listens to the slow client")


def test_a_hundred_slow_clients_keep_nobody_out():
    with serving(FakeAssistant, threads=2) as client:
        slow = [socket.create_connection(("127.0.0.1", client.port), timeout=20) for _ in range(150)]
        for connection in slow:
            connection.sendall(b"POST /ask HTTP/1.1\r\nContent-Length: 50\r\n")
        assert client.get("/ask?q=a").status == 200
        for connection in slow:
            connection.close()


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """The address of a real Redis of our own."""
    if not local_redis.find_program():
        pytest.skip("no Redis server is installed (Debian: apt install redis-server)")
    with local_redis.running() as url:
        yield url


def test_machines_that_share_a_redis_count_together(redis_url: str):
    options = {"rate_limit": "3/minute", "total_rate_limit": "5/minute", "rate_limit_storage": redis_url}
    with serving(FakeAssistant, **options) as one, serving(FakeAssistant, **options) as other:
        sent = [client.get("/ask?q=a", x_forwarded_for="203.0.113.1").status for client in (one, other, one, other)]
        assert sent == [200, 200, 200, 429]
        refused = other.get("/ask?q=a", x_forwarded_for="203.0.113.1")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        others = [client.get("/ask?q=a", x_forwarded_for="203.0.113.2").status for client in (one, other, one)]
        assert others == [200, 200, 429]  # five in all


def test_while_redis_is_away_each_process_counts_for_itself():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        with serving(FakeAssistant, rate_limit="2/minute", rate_limit_storage=url) as client:
            assert [client.get("/ask?q=a").status for _ in range(3)] == [200, 200, 429]
