"""Lists of people and their tokens, for admins, and of whom work can be given to, for reviewers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.tables import ApiToken, Person
from kbsearch.workflow.actions import Role

_MOST = 500


def people(session: Session, *, active_only: bool, paging: Paging) -> Slice[Person]:
    """Everyone who can sign in, by login."""
    statement = select(Person)
    if active_only:
        statement = statement.where(col(Person.active))
    order: Order[Person] = Order((col(Person.login), col(Person.id)), lambda p: (p.login, p.id))
    return one_slice(session, statement, order, paging, name="people", filters=active_only)


def colleagues(session: Session, role: Role, limit: int) -> Sequence[Person]:
    """Active people holding a role, by login, to give work to."""
    everyone = session.exec(select(Person).where(col(Person.active)).order_by(col(Person.login)).limit(_MOST * 10))
    return [p for p in everyone if role.value in p.roles][:limit]


def tokens(session: Session, *, paging: Paging, person_id: str | None = None) -> Slice[ApiToken]:
    """Everyone's tokens, or one person's, latest first; never their text."""
    statement = select(ApiToken) if person_id is None else select(ApiToken).where(ApiToken.person_id == person_id)
    order: Order[ApiToken] = Order((col(ApiToken.created_at), col(ApiToken.id)), lambda t: (t.created_at, t.id), descending=True)
    return one_slice(session, statement, order, paging, name="tokens")


def tokens_of(session: Session, person_ids: Sequence[str]) -> Mapping[str, list[ApiToken]]:
    """Each person's tokens, latest first."""
    found: dict[str, list[ApiToken]] = {i: [] for i in person_ids}
    statement = select(ApiToken).where(col(ApiToken.person_id).in_(list(person_ids))).order_by(col(ApiToken.created_at).desc())
    for token in session.exec(statement):
        found[token.person_id].append(token)
    return found
