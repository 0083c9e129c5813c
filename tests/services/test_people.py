"""People and tokens: who is calling, what a token can do and until when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from kbsearch.services import people
from kbsearch.services.people import actor_of_token, require_action, token_hash
from kbsearch.store.tables import ApiToken, Person, TransitionLog
from kbsearch.workflow.actions import Action, Role
from kbsearch.workflow.decide import Actor
from tests.services.conftest import Staff
from tests.services.house import House, refused

DAY = timedelta(days=1)


def issue(house: House, admin: Actor, person: Actor, **more: Any) -> tuple[str, ApiToken]:
    given = {"label": "终端", "scopes": None, "lifetime": 30 * DAY, **more}
    return house.write(lambda u: people.issue_token(u, admin, person.id, **given))


def speaks_for(house: House, token: str) -> Actor | None:
    found = house.read(lambda s: actor_of_token(s, token, house.now))
    return found[0] if found else None


def update(house: House, admin: Actor, person: Actor, **change: Any) -> Person:
    lock = house.read(lambda s: s.get_one(Person, person.id).lock_version)
    given = {"lock_version": lock, "name": None, "roles": None, "active": None, **change}
    return house.write(lambda u: people.update_person(u, admin, person.id, **given))


def test_a_token_is_kept_as_its_hash_only(house: House, staff: Staff) -> None:
    clear, token = issue(house, staff.admin, staff.wang)
    assert clear.startswith("kb_")
    assert token.token_hash == token_hash(clear)
    assert clear not in repr([r.model_dump() for r in house.rows_of(ApiToken)])
    assert clear not in repr([r.model_dump() for r in house.rows_of(TransitionLog)])
    assert speaks_for(house, clear) == staff.wang
    assert speaks_for(house, clear + "x") is None


def test_a_token_ends_with_its_time(house: House, staff: Staff) -> None:
    clear, _ = issue(house, staff.admin, staff.wang, lifetime=DAY)
    house.now += DAY - timedelta(microseconds=1)
    assert speaks_for(house, clear) == staff.wang
    house.now += timedelta(microseconds=1)
    assert speaks_for(house, clear) is None


@pytest.mark.parametrize("lifetime", [timedelta(), -DAY, 367 * DAY])
def test_a_lifetime_is_bounded(house: House, staff: Staff, lifetime: timedelta) -> None:
    assert refused(lambda: issue(house, staff.admin, staff.wang, lifetime=lifetime)) == ("RULE_VIOLATED", "BAD_LIFETIME")


def test_a_scope_narrows_and_never_widens(house: House, staff: Staff) -> None:
    clear, _ = issue(house, staff.admin, staff.both, scopes=[Role.AUTHOR])
    assert speaks_for(house, clear) == Actor(staff.both.id, frozenset({Role.AUTHOR}))
    assert refused(lambda: issue(house, staff.admin, staff.wang, scopes=[Role.ADMIN])) == ("RULE_VIOLATED", "SCOPE_TOO_WIDE")
    update(house, staff.admin, staff.both, roles=[Role.REVIEWER])
    assert speaks_for(house, clear) == Actor(staff.both.id, frozenset())  # a role taken away is taken from tokens too
    update(house, staff.admin, staff.both, roles=list(Role))
    assert speaks_for(house, clear) == Actor(staff.both.id, frozenset({Role.AUTHOR}))


def test_a_revoked_token_speaks_for_nobody(house: House, staff: Staff) -> None:
    clear, token = issue(house, staff.admin, staff.wang)
    first = house.write(lambda u: people.revoke_token(u, staff.admin, token.id)).revoked_at
    house.now += DAY
    assert house.write(lambda u: people.revoke_token(u, staff.admin, token.id)).revoked_at == first
    assert speaks_for(house, clear) is None
    assert len(house.rows(select(TransitionLog).where(TransitionLog.action == "REVOKE_TOKEN"))) == 1
    assert refused(lambda: house.write(lambda u: people.revoke_token(u, staff.admin, "nowhere"))) == ("NOT_FOUND", None)


def test_an_inactive_person_cannot_sign_in(house: House, staff: Staff) -> None:
    clear, _ = issue(house, staff.admin, staff.wang)
    update(house, staff.admin, staff.wang, active=False)
    assert speaks_for(house, clear) is None
    update(house, staff.admin, staff.wang, active=True)
    assert speaks_for(house, clear) == staff.wang
    assert refused(lambda: update(house, staff.admin, staff.admin, active=False)) == ("RULE_VIOLATED", "NOT_YOURSELF")


def test_only_admins_manage_people(house: House, staff: Staff) -> None:
    _, token = issue(house, staff.admin, staff.wang)
    for actor in (staff.wang, staff.zhao, staff.operator, staff.agent):
        attempts = (
            lambda u, a=actor: people.create_person(u, a, login="n", name="n", roles=[]),
            lambda u, a=actor: people.update_person(u, a, staff.wang.id, lock_version=1, name="n", roles=None, active=None),
            lambda u, a=actor: people.issue_token(u, a, staff.wang.id, label="", scopes=None, lifetime=DAY),
            lambda u, a=actor: people.revoke_token(u, a, token.id),
        )
        for attempt in attempts:
            assert refused(lambda t=attempt: house.write(t)) == ("PERMISSION_DENIED", None)  # type: ignore[misc]


@pytest.mark.parametrize(("login", "name"), [("", "甲"), (" ", "甲"), ("x" * 65, "甲"), ("x", ""), ("x", "甲" * 65)])
def test_login_and_name_have_a_length(house: House, staff: Staff, login: str, name: str) -> None:
    create = lambda: house.write(lambda u: people.create_person(u, staff.admin, login=login, name=name, roles=[]))  # noqa: E731
    assert refused(create) == ("RULE_VIOLATED", "BAD_NAME")


def test_a_login_is_taken_once(house: House, staff: Staff) -> None:
    create = lambda: house.write(lambda u: people.create_person(u, staff.admin, login=" wang ", name="另一位", roles=[]))  # noqa: E731
    assert refused(create) == ("RULE_VIOLATED", "LOGIN_TAKEN")


def test_a_change_is_logged_with_what_was_before(house: House, staff: Staff) -> None:
    changed = update(house, staff.admin, staff.wang, name=" 王一 ", roles=[Role.AGENT])
    assert (changed.name, changed.roles, changed.lock_version) == ("王一", ["AGENT"], 2)
    for name in ("  ", "长" * 65):
        assert refused(lambda n=name: update(house, staff.admin, staff.wang, name=n)) == ("RULE_VIOLATED", "BAD_NAME")  # type: ignore[misc]
    row = house.rows(select(TransitionLog).where(TransitionLog.action == "UPDATE"))[0]
    assert row.details["before"] == {"name": "姓wang", "roles": ["AUTHOR"], "active": True}
    assert refused(lambda: update(house, staff.admin, staff.wang, lock_version=1)) == ("STALE_OBJECT", "LOCK_VERSION")
    nobody = Actor("nowhere")
    unknown = {"lock_version": 1, "name": "x", "roles": None, "active": None}
    assert refused(lambda: house.write(lambda u: people.update_person(u, staff.admin, "nowhere", **unknown))) == ("NOT_FOUND", None)  # type: ignore[arg-type]
    assert refused(lambda: issue(house, staff.admin, nobody)) == ("NOT_FOUND", None)


def test_an_action_needs_one_of_its_roles(staff: Staff) -> None:
    require_action(staff.wang, Action.VOID)
    require_action(staff.zhao, Action.VOID)
    assert refused(lambda: require_action(staff.agent, Action.VOID)) == ("PERMISSION_DENIED", None)
