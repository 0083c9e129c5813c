"""One fresh token per role for whoever tries the demo; those of an earlier start are ended."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import col, select

from kbsearch.services.people import CONSOLE, issue_token, revoke_token
from kbsearch.services.refusals import not_found
from kbsearch.store.tables import ApiToken, Person
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Role

LABEL = "demo"
LIFETIME = timedelta(days=7)


def _holder(unit: Unit, role: Role) -> Person:
    """Someone who holds this role, best of all no other, so that each token shows one desk."""
    active = unit.session.exec(select(Person).where(col(Person.active)).order_by(col(Person.created_at), col(Person.login)))
    holders = [p for p in active if role.value in p.roles]
    if not holders:
        raise not_found(f"{role.label}（请先装入演示内容）", "role")
    return min(holders, key=lambda p: len(p.roles))


def seed_tokens(store: Store, *, lifetime: timedelta = LIFETIME) -> dict[Role, tuple[str, str]]:
    """Per role (login, token in clear); raises Refused where nobody holds a role."""
    with store.write() as unit:
        earlier = unit.session.exec(select(ApiToken.id).where(ApiToken.label == LABEL, col(ApiToken.revoked_at).is_(None))).all()
        for token_id in earlier:
            revoke_token(unit, CONSOLE, token_id)
        issued = {}
        for role in Role:
            person = _holder(unit, role)
            clear, _ = issue_token(unit, CONSOLE, person.id, label=LABEL, scopes=[role], lifetime=lifetime)
            issued[role] = (person.login, clear)
    return issued
