"""People and categories by the names operators type: login, category id or name; changes nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from kbsearch.cli.faults import CommandFailed

if TYPE_CHECKING:
    from kbsearch.store.tables import Person
    from kbsearch.store.unit import Store


class ScopeName(StrEnum):
    """Scope as typed; the names are the codes."""

    NATIONAL = "national"
    LOCAL = "local"


class RoleName(StrEnum):
    """Roles as typed; the names are the codes."""

    AGENT = "agent"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class SandboxMode(StrEnum):
    """Who decides in the sandbox."""

    AUTO = "auto"
    MANUAL = "manual"


def person_by_login(store: Store, login: str) -> Person:
    """The person, or a sentence that names the way to find them."""
    from sqlmodel import select

    from kbsearch.store.tables import Person

    with store.read() as session:
        person = session.exec(select(Person).where(Person.login == login)).one_or_none()
    if person is None:
        raise CommandFailed(f"没有工号 {login}，请用 kbsearch user list 核对。")
    return person


def category_id_of(store: Store, text: str) -> str:
    """A category by id, by name or by path 资费套餐/5G套餐; refused when unknown or not unique."""
    from kbsearch.services.taxonomy import all_categories

    with store.read() as session:
        categories = {i: c for i, c in all_categories(session).items() if c.retired_at is None}
    if text in categories:
        return text

    def path(category_id: str | None) -> list[str]:
        node = categories.get(category_id or "")
        return [*path(node.parent_id), node.name] if node is not None else []

    wanted = text.split("/")
    found = sorted(i for i in categories if path(i)[-len(wanted) :] == wanted)
    if not found:
        raise CommandFailed(f"没有栏目“{text}”，请写栏目编号或名称。")
    if len(found) > 1:
        raise CommandFailed(f"叫“{text}”的栏目不止一个，请改用编号：{'、'.join(found)}。")
    return found[0]
