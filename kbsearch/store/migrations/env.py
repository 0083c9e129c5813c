"""Alembic's entry: runs the migrations on the connection kbsearch.store.migrate hands over; reads no ini file."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import kbsearch.store.tables
from kbsearch.store.column_types import EnumText, UtcDateTime

TABLES = kbsearch.store.tables.__all__  # the import registers every table


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations stand alone: plain SQLAlchemy types instead of ours, which may change later."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, EnumText):
        return "sa.String(32)"
    if type(item).__name__ == "AutoString":
        return "sa.String()"
    if type(item).__name__ == "JSON":
        return "JSON_DOCUMENT"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
