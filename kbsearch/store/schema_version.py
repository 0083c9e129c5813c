"""Which schema a database has and which this code needs; read on every start, so it needs no migration machinery."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, inspect, text

# Oldest first; a test holds this list against the migrations.
REVISIONS = ("2026_11_23_first_tables", "2026_11_23_subjects")
HEAD = REVISIONS[-1]


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


def stored_revision(connection: Connection) -> str | None:
    """The revision the database says it has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def refuse_newer(revision: str | None) -> None:
    """Raise for a revision this code has never heard of."""
    if revision is not None and revision not in REVISIONS:
        raise StoreTooNewError(revision)


def require_current(engine: Engine) -> None:
    """Raise StoreTooNewError or StoreOutdatedError unless the database has this code's schema."""
    with engine.connect() as connection:
        revision = stored_revision(connection)
    refuse_newer(revision)
    if revision != HEAD:
        raise StoreOutdatedError(revision)
