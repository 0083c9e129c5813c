"""Carries one mutation: opens the transaction, runs the operation, commits before the payload is read; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.exc import IntegrityError

from kbsearch.errors import Refused
from kbsearch.schema.context import Info
from kbsearch.schema.ids import raw_id
from kbsearch.schema.user_errors import UserError, user_errors
from kbsearch.services.refusals import not_found, violated
from kbsearch.store.unit import Unit
from kbsearch.workflow.decide import Actor

T = TypeVar("T")
_ONE_OPEN_INDEX = "uq_submission_one_open"


@dataclass(frozen=True)
class Carried(Generic[T]):
    """What came of it: the operation's result, or why it was refused; never both."""

    value: T | None = None
    errors: list[UserError] = field(default_factory=list)


def carry(info: Info, operation: Callable[[Unit, Actor], T]) -> Carried[T]:
    """Run `operation` in its own transaction; a refusal rolls back. Afterwards the context sees the store as it is then."""
    context = info.context
    actor = context.signed_in
    context.check_deadline()
    context.close()  # no read transaction of ours stands open while we write
    try:
        with context.store.write() as unit:
            value = operation(unit, actor)
    except Refused as refused:
        return Carried(errors=user_errors(refused))
    except IntegrityError as error:
        if _ONE_OPEN_INDEX not in str(error.orig):
            raise
        return Carried(errors=user_errors(_another_open()))
    finally:
        context.refresh()
    return Carried(value)


def _another_open() -> Refused:
    return violated("ANOTHER_OPEN", "这条知识刚刚有了另一个在途申请，请等它结束，或先撤回、作废它。")


def known_id(opaque: str, type_name: str, what: str, field_name: str) -> str:
    """The raw id of an input; junk or another type's id is refused as NOT_FOUND."""
    raw = raw_id(opaque, type_name)
    if raw is None:
        raise not_found(what, field_name)
    return raw


def known_id_or_none(opaque: str | None, type_name: str, what: str, field_name: str) -> str | None:
    """The same for an input that may be left out."""
    return None if opaque is None else known_id(opaque, type_name, what, field_name)
