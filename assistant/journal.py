"""What visitors asked, how it was answered and what they thought of it, kept in SQL."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from assistant.errors import JournalError, SettingsError
from assistant.schema import Answer

_METADATA = sa.MetaData()
QUESTIONS = sa.Table(
    "questions", _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, index=True),  # UTC
    sa.Column("answer", sa.String(16), nullable=False, index=True),  # the id that /ask returned
    sa.Column("question", sa.Text, nullable=False),  # masked
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("took_ms", sa.Float, nullable=False),
    sa.Column("generation", sa.String(64), nullable=False),
)  # fmt: skip
CITATIONS = sa.Table(
    "citations", _METADATA,
    sa.Column("question", sa.Integer, sa.ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("passage", sa.String(64), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
)  # fmt: skip
FEEDBACK = sa.Table(
    "feedback", _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("given_at", sa.DateTime(timezone=True), nullable=False, index=True),  # UTC
    sa.Column("answer", sa.String(16), nullable=False, index=True),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),  # "" where none was given
    sa.Column("note", sa.Text, nullable=False),  # masked
)  # fmt: skip

# Full-width forms read as plain ones, one character for one, so that places stay the same.
_WIDE = {0xFF00 + code: 0x20 + code for code in range(1, 95)}
_PRIVATE = re.compile(
    r"""
    (?P<email>
        [a-z0-9_.+-]+ \s* (?:@|[(\[]\s*at\s*[)\]]) \s* [a-z0-9-]+
        (?: \s* (?:\.|[(\[]\s*dot\s*[)\]]) \s* [a-z][a-z0-9-]* )+
    )
    | (?P<phone>
        \+\d[\d\s().-]{6,16}\d                              # +86 21 5555 0100
        | (?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)       # a Chinese mobile
        | (?<!\d)\(?0\d{2,3}\)?[\s-]?\d{3,4}[\s-]?\d{4}(?!\d)  # a Chinese landline
        | (?<!\d)\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\d)    # 555-123-4567
        | (?<![\d.])\d{7,}(?!\d)                            # any long number: QQ, identity card
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Feedback:
    """What a visitor thought of one answer."""

    answer: str  # the id that /ask returned
    helpful: bool
    reason: str  # one of the API's words; "" where none was given
    note: str


class Journal:
    """An open journal; safe to share between threads, and between processes that open the same URL."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Journal":
        """Open the database at ``url``, any that SQLAlchemy knows, and make its tables where they miss.

        Raises SettingsError where the URL is none, JournalError where the database cannot be opened.
        """
        try:
            parsed = make_url(url)
            _make_folder(parsed)
            engine = sa.create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise SettingsError(
                "journal.url: no database URL that this installation can open; "
                "write it like sqlite:///journal.db, or install the database's Python driver."
            ) from error
        if parsed.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", _prepare_sqlite)
        try:
            _METADATA.create_all(engine)
        except SQLAlchemyError as error:
            engine.dispose()
            raise _failed(parsed, "opened") from error
        return cls(engine)

    def close(self) -> None:
        """Give every connection back; what was written stays."""
        self._engine.dispose()

    def asked(self, answer: Answer, *, answer_id: str, generation: str, took_ms: float) -> None:
        """Keep a question and its outcome, without who asked it. Raises JournalError."""
        row = {
            "asked_at": datetime.now(UTC), "answer": answer_id, "question": masked(answer.question.text),
            "language": answer.question.language, "kind": answer.kind, "answered": answer.answered,
            "confidence": answer.confidence, "took_ms": took_ms, "generation": generation,
        }  # fmt: skip
        cited = [{"number": c.number, "passage": c.passage, "source": c.place.source} for c in answer.citations]
        try:
            with self._engine.begin() as connection:
                [question] = connection.execute(sa.insert(QUESTIONS), row).inserted_primary_key
                if cited:
                    connection.execute(sa.insert(CITATIONS), [{"question": question, **one} for one in cited])
        except SQLAlchemyError as error:
            raise _failed(self._engine.url, "written") from error

    def knows(self, answer_id: str) -> bool:
        """Tell whether an answer with this id was given. Raises JournalError."""
        found = sa.select(QUESTIONS.c.id).where(QUESTIONS.c.answer == answer_id).limit(1)
        try:
            with self._engine.connect() as connection:
                return connection.execute(found).first() is not None
        except SQLAlchemyError as error:
            raise _failed(self._engine.url, "read") from error

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
            raise _failed(self._engine.url, "written") from error


def masked(text: str) -> str:
    """Return ``text`` with email addresses, phone numbers and other long numbers taken out."""
    parts, end = [], 0
    for match in _PRIVATE.finditer(text.translate(_WIDE)):
        parts += [text[end : match.start()], f"[{match.lastgroup}]"]
        end = match.end()
    return "".join((*parts, text[end:]))


def _make_folder(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(url, "opened") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Let readers and one writer work side by side, and a second writer wait."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _failed(url: URL, what: str) -> JournalError:
    shown = url.render_as_string(hide_password=True)
    return JournalError(f"journal.url: {shown} cannot be {what}; check that the database runs and has room.")
