"""All SQL that only one engine understands, in one place: pragmas, locks, and the triggers that keep history immutable."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Engine, String, Table, column, event, func, inspect, literal, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlmodel import Session, SQLModel

WRITE = "kbsearch_write"

# A version's wording never changes; only columns not named here may.
_VERSION_COLUMNS = (
    "id",
    "subject_id",
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
    "terms",
    "content_hash",
    "live_from",
)


def version_triggers(dialect_name: str) -> tuple[str, ...]:
    """The statements a migration runs so that the store itself refuses to rewrite a version."""
    update = f"BEFORE UPDATE OF {', '.join(_VERSION_COLUMNS)} ON subject_version"
    refuse = (
        "BEGIN SELECT RAISE(ABORT, 'history is immutable'); END"
        if dialect_name == "sqlite"
        else "FOR EACH ROW EXECUTE FUNCTION kbsearch_refuse()"
    )
    return (
        f"CREATE TRIGGER subject_version_no_update {update} {refuse}",
        f"CREATE TRIGGER subject_version_no_delete BEFORE DELETE ON subject_version {refuse}",
    )


def allow_null(connection: Connection, table: str, column: str) -> None:
    """Drop a NOT NULL. SQLite cannot alter it; its manual allows editing the schema text where the stored rows stay valid."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    before, after = f"{column} VARCHAR NOT NULL", f"{column} VARCHAR"
    connection.execute(
        text("UPDATE sqlite_schema SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = :name"),
        {"before": before, "after": after, "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


class HoldsPerson(FunctionElement[bool]):
    """Whether a JSON list of people (`organisation`, `id`) holds one of them."""

    type = Boolean()
    inherit_cache = True
    name = "holds_person"

    def __init__(self, people: ColumnElement[Any], organisation: str, login: str) -> None:
        super().__init__(people, literal(organisation), literal(login))


@compiles(HoldsPerson, "sqlite")
def _holds_person_sqlite(element: HoldsPerson, compiler: SQLCompiler, **kw: Any) -> str:
    people, organisation, login = (compiler.process(part, **kw) for part in element.clauses)
    one = f"json_extract(one.value, '$.organisation') = {organisation} AND json_extract(one.value, '$.id') = {login}"
    return f"EXISTS (SELECT 1 FROM json_each({people}) AS one WHERE {one})"  # noqa: S608 - compiled parts; values stay bound


@compiles(HoldsPerson, "postgresql")
def _holds_person_postgres(element: HoldsPerson, compiler: SQLCompiler, **kw: Any) -> str:
    people, organisation, login = (compiler.process(part, **kw) for part in element.clauses)
    one = f"jsonb_build_object('organisation', CAST({organisation} AS TEXT), 'id', CAST({login} AS TEXT))"
    return f"coalesce(({people}) @> jsonb_build_array({one}), false)"


class HoldsText(FunctionElement[bool]):
    """Whether a JSON list of texts holds one."""

    type = Boolean()
    inherit_cache = True
    name = "holds_text"

    def __init__(self, texts: ColumnElement[Any], wanted: str) -> None:
        super().__init__(texts, literal(wanted))


@compiles(HoldsText, "sqlite")
def _holds_text_sqlite(element: HoldsText, compiler: SQLCompiler, **kw: Any) -> str:
    texts, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({texts}) AS one WHERE one.value = {wanted})"  # noqa: S608 - compiled parts; values stay bound


@compiles(HoldsText, "postgresql")
def _holds_text_postgres(element: HoldsText, compiler: SQLCompiler, **kw: Any) -> str:
    texts, wanted = (compiler.process(part, **kw) for part in element.clauses)
    return f"coalesce(({texts}) @> jsonb_build_array(CAST({wanted} AS TEXT)), false)"


def each_text(session: Session, table: type[SQLModel], name: str) -> tuple[ColumnElement[str], Any]:
    """Every text in a column that holds JSON lists, and the table joined to them: rows without any fall away."""
    rows: Table = inspect(table).local_table
    postgres = session.get_bind().dialect.name == "postgresql"
    each = func.jsonb_array_elements_text(rows.c[name]) if postgres else func.json_each(rows.c[name])
    one = each.table_valued(column("value", String)).lateral() if postgres else each.table_valued(column("value", String))
    return one.c.value, rows.join(one, true())


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


def upsert(session: Session, table: type[SQLModel]) -> Any:
    """An INSERT that may say ON CONFLICT, in the words of the session's engine."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def insert_absent(session: Session, table: type[SQLModel], rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose key nobody has yet; the others stay as they are."""
    if rows:
        session.execute(upsert(session, table).on_conflict_do_nothing(), rows)
