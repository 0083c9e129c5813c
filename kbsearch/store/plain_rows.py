"""Reads rows by column, without mapped objects: half the cost, and nothing that could be changed. Decides nothing about rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, CompoundSelect, Select, bindparam, inspect, select
from sqlmodel import Session, SQLModel


def column(table: type[SQLModel], name: str) -> Column[Any]:
    """The table's own column: statements made of these alone are not mapped."""
    found: Column[Any] = inspect(table).columns[name]
    return found


def every_column(table: type[SQLModel]) -> Select[Any]:
    """A statement whose rows have the table's columns as attributes, converted as for mapped objects."""
    return select(*inspect(table).columns)


def among_ids(table: type[SQLModel], name: str) -> Any:
    """The condition that a column is among the `ids` given to `read_plain`."""
    return column(table, name).in_(bindparam("ids", expanding=True))


def read_plain(session: Session, statement: Select[Any] | CompoundSelect[Any], ids: list[str] | None = None) -> Sequence[Any]:
    """All rows of a statement made of plain columns, changes not yet written included."""
    session.flush()  # such statements do not make the session write first
    return session.execute(statement, None if ids is None else {"ids": ids}).all()
