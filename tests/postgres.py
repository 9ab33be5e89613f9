"""A private PostgreSQL server in a temporary folder, reachable over its socket only."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from patience import soon
from sqlalchemy.exc import OperationalError

_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_USER = "nobody"  # PostgreSQL refuses to run as root


def find_program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs, "" where it is not installed."""
    return shutil.which(name, path=os.pathsep.join([*map(str, _DEBIAN), os.environ.get("PATH", "")])) or ""


@dataclass
class Postgres:
    """A cluster; ``start`` and ``stop`` its server as often as you like."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pg-")))
    process: subprocess.Popen | None = None

    def create(self) -> None:
        """Make the cluster's files."""
        if os.getuid() == 0:
            shutil.chown(self.folder, _USER)
        data = str(self.folder / "data")
        command = [find_program("initdb"), "--auth=trust", "--username=lab", "--no-sync", "--encoding=UTF8", data]
        subprocess.run([*command, "--no-locale"], check=True, capture_output=True, **self._identity())

    def start(self) -> None:
        """Serve."""
        options = [f"-k{self.folder}", "-clisten_addresses=", "-cfsync=off", "-clogging_collector=off"]
        with (self.folder.parent / f"{self.folder.name}.log").open("wb") as log:
            command = [find_program("postgres"), "-D", str(self.folder / "data"), *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._identity())
        assert soon(self._answers, seconds=60), "PostgreSQL did not start"

    def stop(self) -> None:
        """End the server at once; its files stay."""
        if self.process:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
            self.process = None

    def remove(self) -> None:
        """End the server and remove its files."""
        self.stop()
        shutil.rmtree(self.folder)
        (self.folder.parent / f"{self.folder.name}.log").unlink(missing_ok=True)

    def url(self, database: str = "postgres") -> str:
        """Return the address of one of its databases."""
        return f"postgresql+psycopg://lab@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Return the address of a fresh database."""
        name = f"journal_{uuid4().hex[:12]}"
        engine = sa.create_engine(self.url(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.url(name)

    def _answers(self) -> bool:
        engine = sa.create_engine(self.url())
        try:
            with engine.connect():
                return True
        except OperationalError:
            return False
        finally:
            engine.dispose()

    def _identity(self) -> dict:
        # Another user may not stand in the folder that the tests run in.
        identity = {"user": _USER, "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
        return {"cwd": self.folder, **identity}


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of its own; skips the test where PostgreSQL is not installed."""
    if not find_program("initdb"):
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    server = Postgres()
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.remove()
