"""The doctor on the database: reachable, of this program's version, WAL, clocks in agreement; creates and migrates nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kbsearch.cli.checks.finding import Finding, fail, failed, ok, warn
from kbsearch.cli.opening import database_file, opened_store

if TYPE_CHECKING:
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store

_SKEW = timedelta(seconds=5)
_HINT = "请运行 kbsearch migrate（或 kbsearch seed）。"


def database(settings: Settings) -> list[Finding]:
    """Everything about it, or why it cannot be opened."""
    from kbsearch.store.schema_version import StoreOutdatedError, StoreTooNewError, require_current

    try:
        file = database_file(settings)
        if file is not None and not file.exists():
            return [fail("数据库", f"{file} 还没有数据库。{_HINT}")]
        with opened_store(settings, current=False) as store:
            try:
                require_current(store.engine)
            except (StoreTooNewError, StoreOutdatedError) as error:
                return [failed("数据库", error)]
            return [_mode(store, str(file) if file is not None else "PostgreSQL"), _clock(store)]
    except Exception as error:  # noqa: BLE001 - whatever the driver raises, the doctor goes on
        return [failed("数据库", error)]


def _mode(store: Store, place: str) -> Finding:
    from sqlalchemy import text

    with store.read() as session:
        if store.engine.dialect.name != "sqlite":
            return ok("数据库", f"{place}，版本与程序相符")
        mode = session.execute(text("PRAGMA journal_mode")).scalar_one()
    if mode != "wal":
        return warn("数据库", f"{place} 的日志模式是 {mode} 而不是 WAL，读写会互相等待；请把数据目录放在本地磁盘上。")
    return ok("数据库", f"{place}，版本与程序相符，WAL")


def _clock(store: Store) -> Finding:
    """A clock behind the last entry of the log would put new entries before old ones."""
    from sqlalchemy import text
    from sqlmodel import func, select

    from kbsearch.store.tables import TransitionLog

    with store.read() as session:
        last = session.exec(select(func.max(TransitionLog.at))).one()
        if store.engine.dialect.name == "postgresql":
            told: datetime = session.execute(text("SELECT now()")).scalar_one()
            if abs(told - store.clock()) > _SKEW:
                return warn("时钟", "本机与数据库服务器的时钟相差超过 5 秒，请让两边都与 NTP 校时。")
    if last is not None and last - store.clock() > _SKEW:
        return fail("时钟", f"本机时间早于库中最近的记录（{last.isoformat()}），请校准本机时间后再启动服务。")
    return ok("时钟", "与库中记录相合")
