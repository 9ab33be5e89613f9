"""Opens the journal's database and brings its tables up to date."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from assistant.errors import JournalError, SettingsError
from assistant.journal.migrating import migrate

_WAIT_S = 5  # for a connection, and for a lock that somebody else holds


def open_database(url: str) -> sa.Engine:
    """Return an engine whose tables are those of the newest migration.

    Raises SettingsError where the URL is none, JournalError where the database cannot be opened.
    """
    try:
        parsed = make_url(url)
        _make_folder(parsed)
        engine = sa.create_engine(parsed, **_options(parsed))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise SettingsError(
            "journal.url: no database URL that this installation can open; write it like "
            "sqlite:///journal.db, or install the database's Python driver: "
            "pip install 'psycopg[binary]' for postgresql://…"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise failed(parsed, "opened") from error
    except JournalError:
        engine.dispose()
        raise
    return engine


def failed(url: URL, what: str) -> JournalError:
    """Return the error that says that the database at ``url`` cannot be ``what``; without its password."""
    shown = url.render_as_string(hide_password=True)
    return JournalError(f"journal.url: {shown} cannot be {what}; check that the database runs and has room.")


def _options(url: URL) -> dict[str, Any]:
    name = url.get_backend_name()
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        # Threads of one process share what is in memory; the default would give each its own.
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    if name == "sqlite":
        return {"pool_timeout": _WAIT_S}
    options: dict[str, Any] = {"pool_timeout": _WAIT_S, "pool_pre_ping": True}
    if name == "postgresql" and url.get_driver_name() == "psycopg":
        session = f"-c timezone=UTC -c lock_timeout={_WAIT_S * 1000}"
        options["connect_args"] = {"connect_timeout": _WAIT_S, "options": session}
    return options


def _make_folder(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise failed(url, "opened") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    """Let readers and one writer work side by side, a second writer wait, and deleted words be gone."""
    cursor = connection.cursor()
    wanted = ("synchronous=NORMAL", f"busy_timeout={_WAIT_S * 1000}", "foreign_keys=ON", "secure_delete=ON")
    for pragma in ("journal_mode=WAL", *wanted):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
