"""Tables are brought up to date at every start, by whoever comes first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from test_journal import ask, rows

import assistant
from assistant.errors import JournalError
from assistant.journal import Journal
from assistant.journal.migrating import HEAD
from assistant.journal.tables import METADATA

MIGRATIONS = Path(assistant.__file__).parent / "migrations"
ROOT = MIGRATIONS.parents[1]


def test_the_newest_migration_is_the_one_that_is_asked_for():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_lead_to_the_tables_that_the_code_uses(url):
    Journal.open(url).close()
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()
    assert rows(url, "select version_num from alembic_version") == [(HEAD,)]


def test_tables_from_before_migrations_keep_what_they_hold(url, tmp_path):
    (tmp_path / "deep").mkdir()
    engine = sa.create_engine(url)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into feedback values (1, '2024-05-06 00:00:00', 'a', true, '', 'old')"))
        connection.execute(sa.text("drop index ix_questions_answer"))
    engine.dispose()
    journal = Journal.open(url, retention_days=36500)
    ask(journal, "hi")
    journal.close()
    assert rows(url, "select note from feedback") == [("old",)]
    assert rows(url, "select count(*) from questions") == [(1,)]
    engine = sa.create_engine(url)
    assert "ix_questions_answer" in [index["name"] for index in sa.inspect(engine).get_indexes("questions")]
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(url):
    Journal.open(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(JournalError, match="newer version of the assistant; update"):
        Journal.open(url)
    assert rows(url, "select version_num from alembic_version") == [("9999",)]


@pytest.mark.slow
def test_a_start_on_tables_that_are_up_to_date_imports_no_alembic(tmp_path):
    url = f"sqlite:///{tmp_path}/journal.db"
    program = (
        "import sys; from assistant.journal import Journal; "
        f"Journal.open({url!r}).close(); print('alembic' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = [
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [one.stdout.strip() for one in told] == ["True", "False"]
