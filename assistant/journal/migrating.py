"""Runs the migrations that a database lacks; many processes may start at once."""

from pathlib import Path

import sqlalchemy as sa

from assistant.errors import JournalError

HEAD = "0001"  # the newest file in migrations/versions; a test holds that
_FOLDER = Path(__file__).resolve().parents[1] / "migrations"
_LOCK = 0x6C61622D  # any number, the same in every process


def migrate(engine: sa.Engine) -> None:
    """Bring the tables to ``HEAD``; one process does it, the others wait for it.

    Raises JournalError where a newer version of the assistant made them, SQLAlchemyError where
    the database refuses.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return  # and Alembic, a tenth of a second, is not even imported
    with engine.connect() as connection:
        _lock(connection)
        if _revision(connection) != HEAD:
            _upgrade(connection)
        connection.commit()


def _revision(connection: sa.Connection) -> str:
    """Return the database's revision, "" where it has none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""


def _lock(connection: sa.Connection) -> None:
    """Keep other processes from migrating until the transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise JournalError(
            "journal.url: this database was written by a newer version of the assistant; "
            "update the assistant or name another database."
        ) from error
