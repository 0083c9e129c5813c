"""People, their roles and tokens: who is calling, and the admin's operations on them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from kbsearch.services.refusals import denied, not_found, stale, violated
from kbsearch.store.plain_rows import column, every_column
from kbsearch.store.tables import ApiToken, DocumentType, Person
from kbsearch.store.unit import Unit, Who
from kbsearch.workflow.actions import PERMITTED, Action, ActorKind, Role
from kbsearch.workflow.decide import Actor

TOKEN_PREFIX = "kb_"  # noqa: S105 - a prefix that secret scanners can look for, not a secret
MAX_NAME = 64  # what fits a screen
MAX_TOKEN_LIFE = timedelta(days=366)
# Written once: every request asks it.
_HELD = (
    every_column(Person)
    .add_columns(*(column(ApiToken, name).label(f"token_{name}") for name in ("scopes", "expires_at", "revoked_at")))
    .join(inspect(ApiToken).local_table, column(ApiToken, "person_id") == column(Person, "id"))
    .where(column(ApiToken, "token_hash") == bindparam("token_hash"))
)
CONSOLE = Actor("console", frozenset(Role))  # the command line on the server itself


def who(actor: Actor) -> Who:
    """The log's name of a person."""
    return Who(ActorKind.USER, actor.id)


def require_role(actor: Actor, role: Role) -> None:
    """Refuse whoever lacks the role."""
    if role not in actor.roles:
        raise denied(f"这须由{role.label}来做，您没有这个角色。")


def require_action(actor: Actor, action: Action) -> None:
    """Refuse whoever has none of the roles the action is permitted to."""
    if not actor.roles & PERMITTED[action]:
        needed = "、".join(sorted(r.label for r in PERMITTED[action]))
        raise denied(f"您没有权限{action.label}，须由{needed}来做。")


def require_person_with(unit: Unit, person_id: str, role: Role, field: str) -> Person:
    """An active person holding the role, to assign work to."""
    person = unit.session.get(Person, person_id)
    if person is None:
        raise not_found("人员", field)
    if not person.active or role.value not in person.roles:
        raise violated("NOT_ASSIGNABLE", f"{person.name}不在岗或不是{role.label}，请另选一位。", field)
    return person


def token_hash(token: str) -> str:
    """What is kept of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of_token(session: Session, token: str, now: datetime) -> tuple[Actor, Person] | None:
    """Who a bearer token speaks for: roles narrowed to its scopes; None when unknown, expired, revoked or inactive.

    The person comes as a plain row, for reading.
    """
    person: Any = session.execute(_HELD, {"token_hash": token_hash(token)}).one_or_none()
    if person is None or person.token_revoked_at is not None or person.token_expires_at <= now or not person.active:
        return None
    return Actor(person.id, frozenset(Role(r) for r in person.roles if r in person.token_scopes), person.login), person


def _clean(text: str, field: str) -> str:
    cleaned = text.strip()
    if not 1 <= len(cleaned) <= MAX_NAME:
        raise violated("BAD_NAME", f"工号和姓名各须 1 至 {MAX_NAME} 个字。", field)
    return cleaned


def create_person(unit: Unit, actor: Actor, *, login: str, name: str, roles: Collection[Role]) -> Person:
    """Add someone; the login must be new."""
    require_role(actor, Role.ADMIN)
    login, name = _clean(login, "login"), _clean(name, "name")
    if unit.session.exec(select(Person).where(Person.login == login)).first() is not None:
        raise violated("LOGIN_TAKEN", f"工号 {login} 已有人用，请换一个。", "login")
    person = Person(id=unit.new_id(), login=login, name=name, roles=sorted(r.value for r in roles), created_at=unit.now)
    unit.session.add(person)
    try:
        unit.session.flush()
    except IntegrityError as error:  # another transaction took the login between the check and now
        raise violated("LOGIN_TAKEN", f"工号 {login} 已有人用，请换一个。", "login") from error
    unit.log(who(actor), DocumentType.PERSON, person.id, "CREATE", details={"login": login, "roles": person.roles})
    return person


def update_person(
    unit: Unit, actor: Actor, person_id: str, *, lock_version: int, name: str | None, roles: Collection[Role] | None, active: bool | None
) -> Person:
    """Change name, roles or whether someone may sign in; takes effect with their next request."""
    require_role(actor, Role.ADMIN)
    person = unit.session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise not_found("人员", "personId")
    if person.lock_version != lock_version:
        raise stale("人员", person.lock_version)
    before = {"name": person.name, "roles": person.roles, "active": person.active}
    if name is not None:
        person.name = _clean(name, "name")
    if roles is not None:
        person.roles = sorted(r.value for r in roles)
    if active is not None:
        if not active and person.id == actor.id:
            raise violated("NOT_YOURSELF", "不能停用自己，请由另一位管理员来做。", "active")
        person.active = active
    person.lock_version += 1
    after = {"name": person.name, "roles": person.roles, "active": person.active}
    unit.log(
        who(actor), DocumentType.PERSON, person.id, "UPDATE", lock_version=person.lock_version, details={"before": before, "after": after}
    )
    return person


def issue_token(
    unit: Unit, actor: Actor, person_id: str, *, label: str, scopes: Collection[Role] | None, lifetime: timedelta
) -> tuple[str, ApiToken]:
    """Make a bearer token; the clear text is returned this once and never kept."""
    require_role(actor, Role.ADMIN)
    person = unit.session.get(Person, person_id)
    if person is None:
        raise not_found("人员", "personId")
    if not timedelta() < lifetime <= MAX_TOKEN_LIFE:
        raise violated("BAD_LIFETIME", "令牌有效期须在 366 天以内。", "days")
    held = {Role(r) for r in person.roles}
    wanted = held if scopes is None else set(scopes)
    if not wanted <= held:
        extra = "、".join(r.label for r in sorted(wanted - held))
        raise violated("SCOPE_TOO_WIDE", f"{person.name}没有这些角色：{extra}。令牌的范围不能超过本人的角色。", "scopes")
    clear = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        id=unit.new_id(),
        person_id=person.id,
        label=label.strip()[:100],
        token_hash=token_hash(clear),
        scopes=sorted(r.value for r in wanted),
        created_at=unit.now,
        expires_at=unit.now + lifetime,
    )
    unit.session.add(token)
    unit.session.flush()
    unit.log(who(actor), DocumentType.PERSON, person.id, "ISSUE_TOKEN", details={"token": token.id, "scopes": token.scopes})
    return clear, token


def revoke_token(unit: Unit, actor: Actor, token_id: str) -> ApiToken:
    """End a token at once; ending it twice is no error."""
    require_role(actor, Role.ADMIN)
    token = unit.session.get(ApiToken, token_id, with_for_update=True)
    if token is None:
        raise not_found("令牌", "tokenId")
    if token.revoked_at is None:
        token.revoked_at = unit.now
        unit.log(who(actor), DocumentType.PERSON, token.person_id, "REVOKE_TOKEN", details={"token": token.id})
    return token
