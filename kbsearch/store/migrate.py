"""Brings a database to the schema of this code, forward only; refuses one that is newer than the code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from kbsearch.store.dialect import lock_for_migration
from kbsearch.store.engine import for_writing
from kbsearch.store.schema_version import HEAD, refuse_newer, stored_revision

_FOLDER = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migrated:
    """From which revision (None: an empty database) to which."""

    before: str | None
    after: str


def alembic_config() -> Config:
    """Alembic's settings, made in code: there is no ini file to lose."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


def migrate(engine: Engine) -> Migrated:
    """Run what is missing in one transaction; a second process waits and then finds nothing to do."""
    with for_writing(engine).begin() as connection:
        lock_for_migration(connection)
        before = stored_revision(connection)
        refuse_newer(before)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return Migrated(before, HEAD)
