"""What the language model was asked and cost, kept in a small SQLite file that all workers share."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from assistant.errors import SettingsError

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, at REAL NOT NULL, day TEXT NOT NULL, cost REAL NOT NULL);
CREATE INDEX IF NOT EXISTS calls_at ON calls (at);
CREATE TABLE IF NOT EXISTS counts (name TEXT, label TEXT, n INTEGER NOT NULL, PRIMARY KEY (name, label));
"""
_BUSY_S = 2.0  # how long one worker waits for another's transaction
_KEPT_S = 2 * 24 * 3600.0  # a call is looked at for a minute, and for its day

CountName = Literal["sentences_kept", "sentences_dropped", "answers", "tokens"]


@dataclass(frozen=True)
class Limits:
    """How much may be asked and spent."""

    questions_per_minute: int
    spend_per_day: float  # infinite: no limit


@dataclass(frozen=True)
class Permission:
    """Whether a call may be made; ``call`` is what ``settle`` takes, 0 where it may not."""

    is_granted: bool
    call: int


class Ledger:
    """Counts calls and money; safe to share between threads and processes."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> "Ledger":
        """Make the file where it misses; raises SettingsError where it cannot be written."""
        ledger = cls(path, clock=clock)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with ledger._transaction() as database:
                for statement in _SCHEMA.strip().split(";"):
                    database.execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(
                f"answer.language_model.ledger: {path} cannot be written ({error}); name a file that can."
            ) from error
        return ledger

    def ask(self, cost: float, limits: Limits) -> Permission:
        """Set ``cost``, the most that a call may come to, aside for it, if that is within the limits.

        A ledger that cannot be read grants nothing: what was spent is not known then.
        """
        now = self._clock()
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        try:
            with self._transaction() as database:
                database.execute("DELETE FROM calls WHERE at < ?", (now - _KEPT_S,))
                asked = database.execute("SELECT count(*) FROM calls WHERE at > ?", (now - 60,)).fetchone()[0]
                spent = database.execute("SELECT total(cost) FROM calls WHERE day = ?", (day,)).fetchone()[0]
                if asked >= limits.questions_per_minute or spent + cost > limits.spend_per_day:
                    return Permission(False, 0)
                row = database.execute("INSERT INTO calls (at, day, cost) VALUES (?, ?, ?)", (now, day, cost))
                return Permission(True, row.lastrowid or 0)
        except sqlite3.Error as error:
            _log.warning("language model ledger %s: %s", self._path, error)
            return Permission(False, 0)

    def settle(self, call: int, cost: float) -> None:
        """Write down what the call really cost."""
        try:
            with self._transaction() as database:
                database.execute("UPDATE calls SET cost = ? WHERE id = ?", (cost, call))
        except sqlite3.Error as error:
            _log.warning("language model ledger %s: %s", self._path, error)

    def add(self, counts: Mapping[tuple[CountName, str], int]) -> None:
        """Add to the counters of these (name, label)."""
        rows = [(name, label, n) for (name, label), n in sorted(counts.items())]
        try:
            with self._transaction() as database:
                database.executemany(
                    "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT (name, label) DO UPDATE SET n = n + excluded.n",
                    rows,
                )
        except sqlite3.Error as error:
            _log.warning("language model ledger %s: %s", self._path, error)

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return every counter by (name, label), nothing where the file cannot be read."""
        try:
            with self._transaction() as database:
                rows = database.execute("SELECT name, label, n FROM counts ORDER BY name, label").fetchall()
        except sqlite3.Error as error:
            _log.warning("language model ledger %s: %s", self._path, error)
            return {}
        return {(name, label): n for name, label, n in rows}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        # A connection for each: they are not for sharing between threads, and a call takes seconds anyway.
        database = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        finally:
            database.close()
