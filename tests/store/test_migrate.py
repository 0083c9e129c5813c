"""Migrations on both engines: fresh, again, on existing data, two processes at once; a newer or older database is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlmodel import SQLModel, select

from kbsearch.store.engine import for_writing, open_engine
from kbsearch.store.migrate import alembic_config, migrate
from kbsearch.store.schema_version import HEAD, REVISIONS, StoreOutdatedError, StoreTooNewError, require_current
from kbsearch.store.tables import Category, Subject
from kbsearch.workflow.actions import Role
from tests.services.house import House
from tests.store.databases import ENGINES, PostgresDatabase


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Engine]]:
    """URL and engine of a database without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new' / 'kb.db'}"
        engine = open_engine(url)
        yield url, engine
        engine.dispose()
    else:
        database = PostgresDatabase(migrated=False)
        yield database.url, database.engine
        database.close()


def test_a_fresh_database_gets_every_table_and_the_two_roots(empty: tuple[str, Engine]) -> None:
    _, engine = empty
    with pytest.raises(StoreOutdatedError, match="kbsearch migrate"):
        require_current(engine)
    done = migrate(engine)
    assert (done.before, done.after) == (None, HEAD)
    require_current(engine)
    assert set(inspect(engine).get_table_names()) >= {t.name for t in SQLModel.metadata.sorted_tables}
    with engine.connect() as connection:
        assert set(connection.execute(select(Category.id)).scalars()) == {"ROOT", "HQ"}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index:sqlalchemy.exc.SAWarning")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index:UserWarning")
def test_the_migrations_make_what_the_tables_say(empty: tuple[str, Engine]) -> None:
    _, engine = empty
    migrate(engine)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": False}), SQLModel.metadata)
    assert [d for d in found if not _only_expression(d)] == []


def _only_expression(difference: object) -> bool:
    """Alembic cannot compare an index over an expression; test_constraints proves that one."""
    return "uq_submission_one_open" in repr(difference)


def test_migrating_again_changes_nothing_and_keeps_the_data(empty: tuple[str, Engine]) -> None:
    _, engine = empty
    migrate(engine)
    house = House(engine)
    knowledge = house.in_force(house.enroll("wang", Role.AUTHOR), house.enroll("zhao", Role.REVIEWER))
    again = migrate(engine)
    assert again.before == again.after == HEAD
    assert house.read(lambda s: s.get(Subject, knowledge)) is not None


def test_a_newer_database_is_refused(empty: tuple[str, Engine]) -> None:
    _, engine = empty
    migrate(engine)
    with for_writing(engine).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    for action in (migrate, require_current):
        with pytest.raises(StoreTooNewError, match="from_the_future") as refusal:
            action(engine)
        assert refusal.value.revision == "from_the_future"


def test_two_processes_at_once_migrate_once(empty: tuple[str, Engine]) -> None:
    url, engine = empty
    script = "import sys; from kbsearch.store import engine, migrate; print(migrate.migrate(engine.open_engine(sys.argv[1])).before)"
    runs = [subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603 - ourselves
    answers = sorted(run.communicate(timeout=60)[0].strip() for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert answers == sorted(["None", HEAD])
    require_current(engine)


def test_sqlite_is_opened_as_promised(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'kb.db'}")
    with engine.connect() as connection:
        said = {
            p: connection.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15_000}
    engine.dispose()


def test_the_known_revisions_are_the_migrations_in_order() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert tuple(s.revision for s in reversed(list(scripts.walk_revisions()))) == REVISIONS
    assert scripts.get_current_head() == HEAD
