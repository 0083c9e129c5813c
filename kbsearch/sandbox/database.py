"""One SQLite file per system, used from one event loop only; transactions are opened here and contain no await."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kbsearch.sandbox.refusal import RefusalError

SETTINGS_TABLE = "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);"


class Database:
    """A WAL database with FULL synchronisation: what was answered 2xx survives a kill."""

    def __init__(self, path: Path, *ddl: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(f"BEGIN; {SETTINGS_TABLE} {''.join(ddl)} COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside or nothing; an inner call joins the outer one."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def run(self, sql: str, *values: object) -> int:
        """Carry out one statement; return how many rows it touched."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **values: object) -> int:
        """Insert one row; return its rowid. Table and columns are names written in this package, never input."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names from code, values bound
        return int(self._connection.execute(statement, tuple(values.values())).lastrowid or 0)

    def one(self, sql: str, *values: object) -> sqlite3.Row | None:
        """First row or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Every row."""
        return self._connection.execute(sql, values).fetchall()

    def setting(self, name: str, default: Any) -> Any:
        """A stored JSON value, or the default."""
        row = self.one("SELECT value FROM setting WHERE name = ?", name)
        return default if row is None else json.loads(row["value"])

    def store_setting(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        self.run("INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, json.dumps(value))

    def close(self) -> None:
        """Close the file; the WAL is folded in by SQLite."""
        self._connection.close()


def opened(path: Path, *ddl: str) -> Database:
    """A database with these tables; 409 where the file is an older sandbox's, whose tables are not altered."""
    try:
        return Database(path, *ddl)
    except sqlite3.OperationalError as error:
        raise RefusalError.conflict(f"沙箱数据文件 {path} 打不开或出自旧版（{error}），请删除沙箱数据目录后重新启动。") from error
