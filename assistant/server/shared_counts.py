"""Counts that the worker processes of one machine share, in a file that ends with them."""

import sqlite3
import threading
import time
from urllib.parse import urlsplit

from limits.storage import MemoryStorage

SCHEME = "shared-counts"
_BUSY_S = 5.0


class SharedCounts(MemoryStorage):
    """MemoryStorage whose counters are rows of a SQLite file.

    What is inherited reckons with them (the sliding window counter); nothing of it needs to
    survive, so nothing waits for the disk.
    """

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._path = urlsplit(uri).path
        self._connections = threading.local()
        self._rows().execute(
            "CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, count INTEGER, expires REAL) WITHOUT ROWID"
        )

    @property
    def base_exceptions(self) -> type[Exception]:
        """What a failure of this storage is."""
        return sqlite3.Error

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter, from zero where it has expired; returns what it is then."""
        now = time.time()
        [(count,)] = self._rows().execute(
            "INSERT INTO counts VALUES (:key, :amount, :expires) ON CONFLICT (key) DO UPDATE SET "
            "count = CASE WHEN expires <= :now THEN :amount ELSE count + :amount END, "
            "expires = CASE WHEN expires <= :now THEN :expires ELSE expires END RETURNING count",
            {"key": key, "amount": amount, "now": now, "expires": now + expiry},
        )
        if count == amount:  # a new visitor: a moment to forget old ones
            self._rows().execute("DELETE FROM counts WHERE expires <= ?", (now,))
        return count

    def decr(self, key: str, amount: int = 1) -> int:
        """Take back from a counter."""
        self._rows().execute("UPDATE counts SET count = MAX(0, count - ?) WHERE key = ?", (amount, key))
        return self.get(key)

    def get(self, key: str) -> int:
        """Return a counter, 0 where it has expired."""
        row = self._rows().execute("SELECT count FROM counts WHERE key = ? AND expires > ?", (key, time.time()))
        return next(row, (0,))[0]

    def get_expiry(self, key: str) -> float:
        """Return when a counter expires, now where there is none."""
        row = self._rows().execute("SELECT expires FROM counts WHERE key = ?", (key,))
        return next(row, (time.time(),))[0]

    def clear(self, key: str) -> None:
        """Forget a counter."""
        self._rows().execute("DELETE FROM counts WHERE key = ?", (key,))

    def reset(self) -> int:
        """Forget every counter."""
        return self._rows().execute("DELETE FROM counts").rowcount

    def _rows(self) -> sqlite3.Connection:
        """Return this thread's connection; each statement is a transaction of its own."""
        connection = getattr(self._connections, "open", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            self._connections.open = connection
        return connection
