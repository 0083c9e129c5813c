"""Brings a database to the schema of this code, forward only; refuses one that is newer than the code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from kbsearch.store.dialect import lock_for_migration
from kbsearch.store.engine import for_writing

_FOLDER = Path(__file__).parent / "migrations"


class StoreTooNewError(Exception):
    """The database was written by a newer kbsearch; running older code on it could lose what it does not know."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"数据库的版本（{revision}）比本程序新，为免损坏数据，拒绝运行。请升级程序，或换回与本程序相配的备份。")
        self.revision = revision


class StoreOutdatedError(Exception):
    """The database is older than the code and must be migrated first."""

    def __init__(self, revision: str | None) -> None:
        super().__init__(f"数据库的版本（{revision or '空'}）比本程序旧。请先运行 kbsearch migrate。")
        self.revision = revision


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which revision (None: an empty database) to which."""

    before: str | None
    after: str


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migrations found beside the code")
    return head


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreTooNewError(revision)


def migrate(engine: Engine) -> Migrated:
    """Run what is missing in one transaction; a second process waits and then finds nothing to do."""
    with for_writing(engine).begin() as connection:
        lock_for_migration(connection)
        before = _revision(connection)
        _refuse_newer(before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return Migrated(before, head_revision())


def require_current(engine: Engine) -> None:
    """Raise StoreTooNewError or StoreOutdatedError unless the database has this code's schema."""
    with engine.connect() as connection:
        revision = _revision(connection)
    _refuse_newer(revision)
    if revision != head_revision():
        raise StoreOutdatedError(revision)
