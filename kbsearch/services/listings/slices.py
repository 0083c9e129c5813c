"""One page of an ordered list, continued after a signed position instead of an offset; knows no nouns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import SQLColumnExpression, tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from kbsearch.content import canonical_hash
from kbsearch.services.cursors import decode_cursor, encode_cursor

T = TypeVar("T")


@dataclass(frozen=True)
class Order(Generic[T]):
    """A total order: the columns, all ascending or all descending, and the same values read from a row."""

    columns: tuple[SQLColumnExpression[Any], ...]
    read: Callable[[T], tuple[Any, ...]]
    descending: bool = False


@dataclass(frozen=True)
class Slice(Generic[T]):
    """A page: rows with one cursor each, and whether more follow."""

    rows: Sequence[T]
    cursors: Sequence[str]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """What was asked: page size, where to go on, and the key cursors are signed with."""

    first: int
    after: str | None
    secret: bytes


def one_slice(
    session: Session, statement: SelectOfScalar[T], order: Order[T], paging: Paging, *, name: str, filters: Any = None
) -> Slice[T]:
    """Run `statement` for one page. `name` and `filters` (JSON-able) bind its cursors to this very list."""
    purpose = f"{name}:{canonical_hash(filters)[:16]}"
    if paging.after is not None:
        position = [_restored(value) for value in decode_cursor(paging.secret, purpose, paging.after)]
        columns = tuple_(*order.columns)
        statement = statement.where(columns < position if order.descending else columns > position)
    ordered = [c.desc() if order.descending else c.asc() for c in order.columns]
    rows = session.exec(statement.order_by(*ordered).limit(paging.first + 1)).all()
    kept = rows[: paging.first]
    cursors = [encode_cursor(paging.secret, purpose, [_stored(value) for value in order.read(row)]) for row in kept]
    return Slice(kept, cursors, len(rows) > paging.first)


def _stored(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _restored(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
