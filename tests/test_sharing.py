"""Two servers that keep nothing of their own: Milvus has the index, PostgreSQL the journal, Redis the limits."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import local_redis
import pytest
import sqlalchemy as sa
from changing import QUESTION, change, small_lab
from patience import soon
from postgres import running_postgres
from serving import Client

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def milvus(folder: Path) -> Iterator[str]:
    """Run Milvus Lite as a server, in a process of its own; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    program = str(Path(sys.executable).parent / "milvus-lite")
    command = [program, "server", "--data-dir", str(folder / "milvus.db"), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "milvus.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        assert soon(answers, seconds=60), "Milvus Lite did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def machine(folder: Path, environment: dict[str, str]) -> Iterator[Client]:
    """Run ``serve`` in an empty folder, as on a machine of its own."""
    folder.mkdir()
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0"]
    paths = {"PYTHONPATH": str(ROOT), "ASSISTANT_INDEX__PATH": str(folder / "index")}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, cwd=folder, env={**os.environ, **environment, **paths}
        )
    try:
        assert server.stdout is not None
        line = server.stdout.readline().decode()
        assert "answers at http://" in line, (folder / "log").read_text()
        yield Client(int(line.split("http://")[1].split("/")[0].rpartition(":")[2]))
    finally:
        server.terminate()
        server.wait(30)
        assert server.stdout is not None
        server.stdout.close()


@pytest.fixture
def journal() -> Iterator[str]:
    """The address of an empty database in PostgreSQL."""
    with running_postgres() as server:
        yield server.new_database()


@pytest.mark.slow
def test_two_servers_answer_alike_and_follow_one_build(tmp_path: Path, journal: str):
    if not local_redis.find_program():
        pytest.skip("no Redis server is installed (Debian: apt install redis-server)")
    settings = small_lab(tmp_path)
    with milvus(tmp_path) as uri, local_redis.running() as redis:
        environment = {
            "ASSISTANT_CORPUS__PATH": str(settings.corpus.path), "ASSISTANT_INDEX__BACKEND": "milvus",
            "ASSISTANT_INDEX__MILVUS_URI": uri, "ASSISTANT_JOURNAL__URL": journal,
            "ASSISTANT_SERVER__RATE_LIMIT": "6/hour", "ASSISTANT_SERVER__RATE_LIMIT_STORAGE": redis,
        }  # fmt: skip
        build = [sys.executable, "-m", "assistant", "build", "--json"]
        builder = {**os.environ, **environment, "ASSISTANT_INDEX__PATH": str(tmp_path / "builder")}
        done = subprocess.run(build, check=False, capture_output=True, text=True, cwd=ROOT, env=builder)
        assert done.returncode == 0, done.stderr
        with machine(tmp_path / "first", environment) as first, machine(tmp_path / "second", environment) as second:
            told = [client.get(f"/ask?q={QUESTION}").json for client in (first, second)]
            assert told[0]["index"] == told[1]["index"] and "Mondays" in told[0]["answer"]
            assert told[0]["answer"] == told[1]["answer"] and told[0]["citations"] == told[1]["citations"]

            change(settings, "Fridays")
            done = subprocess.run(build, check=True, capture_output=True, text=True, cwd=ROOT, env=builder)
            name = json.loads(done.stdout)["generation"]
            for client in (first, second):
                assert soon(lambda client=client: client.get("/health").json["index"] == name), "not followed"
                assert "Fridays" in client.get(f"/ask?q={QUESTION}").json["answer"]

            statuses = [client.get(f"/ask?q={QUESTION}").status for client in (first, second) for _ in range(2)]
            assert statuses == [200, 200, 429, 429]  # six an hour, on both together
            assert not (tmp_path / "first" / "index").exists()  # a server needs no folder
        engine = sa.create_engine(journal)
        with engine.connect() as connection:
            tables = sa.inspect(engine).get_table_names()
            name = next(table for table in tables if "question" in table)
            assert connection.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar() == 6
        engine.dispose()
