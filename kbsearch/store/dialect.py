"""All SQL that only one engine understands, in one place: pragmas, locks, and the triggers that keep history immutable."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

WRITE = "kbsearch_write"

# A version's wording and a frozen revision never change; only these columns of a version may.
_VERSION_COLUMNS = (
    "id",
    "knowledge_id",
    "number",
    "title",
    "body",
    "summary",
    "script",
    "keywords",
    "regions",
    "effective_from",
    "effective_to",
    "attachments",
    "content_hash",
    "live_from",
)
_REFUSED = "history is immutable"

_SQLITE_TRIGGERS = (
    f"CREATE TRIGGER transition_log_no_update BEFORE UPDATE ON transition_log BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    f"CREATE TRIGGER transition_log_no_delete BEFORE DELETE ON transition_log BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    (
        f"CREATE TRIGGER knowledge_version_no_update BEFORE UPDATE OF {', '.join(_VERSION_COLUMNS)} ON knowledge_version "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ),
    f"CREATE TRIGGER knowledge_version_no_delete BEFORE DELETE ON knowledge_version BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    (
        f"CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN OLD.frozen_at IS NOT NULL "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ),
)
_POSTGRES_TRIGGERS = (
    f"CREATE FUNCTION kbsearch_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
    "CREATE TRIGGER transition_log_immutable BEFORE UPDATE OR DELETE ON transition_log FOR EACH ROW EXECUTE FUNCTION kbsearch_refuse()",
    (
        f"CREATE TRIGGER knowledge_version_no_update BEFORE UPDATE OF {', '.join(_VERSION_COLUMNS)} ON knowledge_version "
        "FOR EACH ROW EXECUTE FUNCTION kbsearch_refuse()"
    ),
    "CREATE TRIGGER knowledge_version_no_delete BEFORE DELETE ON knowledge_version FOR EACH ROW EXECUTE FUNCTION kbsearch_refuse()",
    (
        "CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) "
        "EXECUTE FUNCTION kbsearch_refuse()"
    ),
)


def immutability_triggers(dialect_name: str) -> tuple[str, ...]:
    """The statements a migration runs so that the store itself refuses to rewrite history."""
    return _SQLITE_TRIGGERS if dialect_name == "sqlite" else _POSTGRES_TRIGGERS


def prepare_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    """WAL, synchronous FULL, foreign keys, busy timeout; writers begin IMMEDIATE so that they queue instead of deadlocking."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {busy_timeout_ms}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -32000",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def prepare_postgres(engine: Engine, lock_timeout_ms: int) -> None:
    """Every connection gives up on a lock after a bounded wait instead of hanging a request."""

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {int(lock_timeout_ms)}")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()


def lock_for_migration(connection: Connection) -> None:
    """One migration at a time: SQLite's write lock does it, PostgreSQL needs an advisory lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('kbsearch.migrate'))"))
