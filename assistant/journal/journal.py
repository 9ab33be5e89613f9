"""The journal as the server and the report use it."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from assistant.journal.database import failed, open_database
from assistant.journal.masking import masked
from assistant.journal.nouns import Entry, Feedback, Usage
from assistant.journal.reading import read_usage
from assistant.journal.tables import CITATIONS, FEEDBACK, QUESTIONS
from assistant.journal.writing import GATHER_S, BackgroundWriter
from assistant.schema import Answer

_KEPT_DAYS = 90
_CLOSING_S = 10.0
_LOOKS_AGAIN = 3


class Journal:
    """An open journal; safe to share between threads, and between processes that open the same URL.

    Open it after a fork, not before: each process has a thread that writes.
    """

    def __init__(self, engine: sa.Engine, *, retention_days: int = _KEPT_DAYS) -> None:
        self._engine = engine
        self._retention = timedelta(days=retention_days)
        self._writer = BackgroundWriter(self._write, self._prune)

    @classmethod
    def open(cls, url: str, *, retention_days: int = _KEPT_DAYS) -> "Journal":
        """Open the database at ``url``, any that SQLAlchemy knows, and bring its tables up to date.

        What is older than ``retention_days`` is deleted now and then. Raises SettingsError where
        the URL is none, JournalError where the database cannot be opened.
        """
        journal = cls(open_database(url), retention_days=retention_days)
        journal._writer.start()
        return journal

    def close(self) -> None:
        """Write what waits, for at most ten seconds, and give every connection back."""
        self._writer.close(timeout_s=_CLOSING_S)
        self._engine.dispose()

    def asked(self, answer: Answer, *, answer_id: str, generation: str, took_ms: float) -> None:
        """Keep a question and its outcome, without who asked it; written soon, never raises."""
        # The name of a file need not be Unicode; a database takes nothing else.
        cited = tuple(
            (one.number, one.passage, one.place.source.encode(errors="replace").decode()) for one in answer.citations
        )
        self._writer.add(
            Entry(
                datetime.now(UTC), answer_id, answer.question.text, answer.question.language, answer.kind,
                answer.answered, answer.confidence, took_ms, generation, cited,
            )
        )  # fmt: skip

    @property
    def waiting(self) -> int:
        """How many questions are not written yet."""
        return self._writer.waiting

    @property
    def lost(self) -> int:
        """How many questions could not be kept since the journal was opened."""
        return self._writer.lost

    def knows(self, answer_id: str) -> bool:
        """Tell whether an answer with this id was given, by any process. Raises JournalError.

        What another process gave this very moment it may not have written yet: an id that is not
        there is looked for again, for as long as it gathers what it writes, and a little more.
        """
        return any(self._is_there(answer_id) for _ in _looks())

    def _is_there(self, answer_id: str) -> bool:
        if self._writer.holds(answer_id):
            return True
        found = sa.select(QUESTIONS.c.id).where(QUESTIONS.c.answer == answer_id).limit(1)
        try:
            with self._engine.connect() as connection:
                return connection.execute(found).first() is not None
        except SQLAlchemyError as error:
            raise failed(self._engine.url, "read") from error

    def judged(self, feedback: Feedback) -> None:
        """Keep what a visitor thought of an answer. Raises JournalError."""
        row = {
            "given_at": datetime.now(UTC), "answer": feedback.answer, "helpful": feedback.helpful,
            "reason": feedback.reason, "note": masked(feedback.note),
        }  # fmt: skip
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(FEEDBACK), row)
        except SQLAlchemyError as error:
            raise failed(self._engine.url, "written") from error

    def usage(self, *, since: datetime) -> Usage:
        """Return what was asked and said from ``since`` on, which carries a time zone. Raises JournalError."""
        try:
            with self._engine.connect() as connection:
                return read_usage(connection, since.astimezone(UTC))  # SQLite compares without zones
        except SQLAlchemyError as error:
            raise failed(self._engine.url, "read") from error

    def _write(self, entries: Sequence[Entry]) -> None:
        """Store all entries or none."""
        rows = [
            {
                "asked_at": entry.asked_at, "answer": entry.answer, "question": masked(entry.question),
                "language": entry.language, "kind": entry.kind, "answered": entry.answered,
                "confidence": entry.confidence, "took_ms": entry.took_ms, "generation": entry.generation,
            }
            for entry in entries
        ]  # fmt: skip
        with self._engine.begin() as connection:
            cited = [
                {"question": question, "number": number, "passage": passage, "source": source}
                for question, entry in zip(_inserted(connection, rows), entries, strict=True)
                for number, passage, source in entry.cited
            ]
            if cited:
                connection.execute(sa.insert(CITATIONS), cited)

    def _prune(self) -> None:
        """Delete what is past its retention."""
        oldest = datetime.now(UTC) - self._retention
        outdated = sa.select(QUESTIONS.c.id).where(QUESTIONS.c.asked_at < oldest)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(CITATIONS).where(CITATIONS.c.question.in_(outdated)))
            connection.execute(sa.delete(QUESTIONS).where(QUESTIONS.c.asked_at < oldest))
            connection.execute(sa.delete(FEEDBACK).where(FEEDBACK.c.given_at < oldest))


def _looks() -> Iterator[None]:
    """Yield now and after each of a few pauses."""
    yield
    for _ in range(_LOOKS_AGAIN):
        time.sleep(GATHER_S)
        yield


def _inserted(connection: sa.Connection, rows: Sequence[dict[str, object]]) -> Sequence[int]:
    """Insert questions; returns the id of each, in one statement where the database can."""
    insert = sa.insert(QUESTIONS)
    if connection.dialect.insert_executemany_returning_sort_by_parameter_order:
        return connection.scalars(insert.returning(QUESTIONS.c.id, sort_by_parameter_order=True), rows).all()
    return [connection.execute(insert, row).inserted_primary_key[0] for row in rows]
