"""Opens what a command works on: settings, store, index; says in Chinese what is missing. Creates no database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbsearch.cli.faults import CommandFailed

if TYPE_CHECKING:
    from kbsearch.indexing.port import SearchEngine
    from kbsearch.settings import Settings
    from kbsearch.store.unit import Store


def open_settings(*, quiet: bool = True, **changed: Any) -> Settings:
    """The environment's settings, with options of the command line over them; commands log warnings only, servers as set."""
    from kbsearch.logs import configure_logs
    from kbsearch.settings import load_settings

    settings = load_settings()
    given = {name: value for name, value in changed.items() if value is not None}
    settings = settings.model_copy(update=given)
    if quiet and os.environ.get("KBSEARCH_DEBUG") != "1":
        configure_logs("error", "console")
    else:
        configure_logs(settings.log_level, settings.log_format)
    return settings


def database_file(settings: Settings) -> Path | None:
    """The SQLite file, None for a database server."""
    from sqlalchemy.engine import make_url

    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def require_database(settings: Settings) -> None:
    """Refuse where opening would only create an empty file beside the real one."""
    file = database_file(settings)
    if file is not None and not file.exists():
        raise CommandFailed(
            f"{file} 还没有数据库。请先运行 kbsearch migrate（或 kbsearch seed），或用 --data-dir、KBSEARCH_DATA_DIR 指明数据目录。"
        )


@contextmanager
def opened_store(settings: Settings, *, current: bool = True) -> Iterator[Store]:
    """The store of an existing database; `current` also asks for this program's schema."""
    from kbsearch.store.schema_version import require_current
    from kbsearch.wiring import open_store

    if current:
        require_database(settings)
    store = open_store(settings)
    try:
        if current:
            require_current(store.engine)
        yield store
    finally:
        store.engine.dispose()


@contextmanager
def opened_index(settings: Settings, *, write: bool) -> Iterator[SearchEngine]:
    """The search engine; writing raises IndexWriterBusy where the service or worker holds the lock."""
    from kbsearch.wiring import open_search

    engine, _chain = open_search(settings, write=write)
    try:
        yield engine
    finally:
        engine.close()
