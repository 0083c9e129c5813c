"""What the database itself refuses, past all code: rewritten history, two open submissions, dangling references, naive times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError, StatementError
from sqlmodel import Session, select

from kbsearch.content import Content
from kbsearch.store.engine import for_writing
from kbsearch.store.tables import Person, Revision, SubjectVersion, Submission, TransitionLog
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.states import COUNTED_AS_OPEN, Scope, SubmissionKind, SubmissionState
from tests.services.house import HQ_NODE, START, House
from tests.store.databases import Database

S = SubmissionState


@pytest.fixture
def house(database: Database) -> House:
    house = House(database.engine)
    wang, zhao = house.enroll("wang", Role.AUTHOR), house.enroll("zhao", Role.REVIEWER)
    house.in_force(wang, zhao, scope=Scope.LOCAL)
    return house


def run(house: House, statement: str) -> int:
    with for_writing(house.store.engine).begin() as connection:
        return connection.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE transition_log SET reason_text = 'x'",
        "DELETE FROM transition_log",
        "UPDATE subject_version SET body = 'x'",
        "UPDATE subject_version SET live_from = '2020-01-01'",
        "DELETE FROM subject_version",
        "UPDATE revision SET change_note = 'x'",
        "UPDATE revision SET frozen_at = NULL",
    ],
)
def test_history_cannot_be_rewritten(house: House, statement: str) -> None:
    with pytest.raises(DatabaseError, match="history is immutable"):
        run(house, statement)


def test_what_may_change_beside_history_can(house: House) -> None:
    assert run(house, "UPDATE subject_version SET accepted = false") == 1
    wang = house.read(lambda s: s.exec(select(Person).where(Person.login == "wang")).one())
    working = house.draft(house.enroll("li", Role.AUTHOR), scope=Scope.LOCAL)
    assert wang.id != working.author_id
    assert run(house, f"UPDATE revision SET change_note = 'x' WHERE submission_id = '{working.id}'") == 1  # noqa: S608 - our own id


def submission(
    house: House, name: str, kind: SubmissionKind, state: S, *, origin: S | None = None, knowledge: str | None = None
) -> Submission:
    first = house.read(lambda s: s.exec(select(Submission)).first())
    assert first is not None
    return Submission(
        id=name,
        kind=kind,
        scope=Scope.NATIONAL,
        subject_id=knowledge or first.subject_id,
        category_id=HQ_NODE,
        state=state,
        origin=origin,
        author_id=first.author_id,
        idle_since=START,
        created_at=START,
        updated_at=START,
    )


def insert(house: House, *rows: Submission | SubjectVersion) -> None:
    with Session(for_writing(house.store.engine)) as session:
        session.add_all(rows)
        session.commit()


COUNTING = [(s, None) for s in sorted(COUNTED_AS_OPEN)] + [(S.WITHDRAW_PENDING, S.SUBMITTED), (S.WITHDRAW_PENDING, S.PENDING_HQ)]
FREE = [(s, None) for s in S if s not in COUNTED_AS_OPEN and s is not S.WITHDRAW_PENDING] + [(S.WITHDRAW_PENDING, S.SCHEDULED)]


@pytest.mark.parametrize(("state", "origin"), COUNTING)
def test_rule_three_is_a_constraint(house: House, state: S, origin: S | None) -> None:
    insert(house, submission(house, "a", SubmissionKind.UPDATE, S.PENDING_HQ))
    for kind in (SubmissionKind.UPDATE, SubmissionKind.PUBLISH):
        with pytest.raises(IntegrityError):
            insert(house, submission(house, "b", kind, state, origin=origin))
    insert(house, submission(house, "r", SubmissionKind.REVOKE, state, origin=origin))
    with pytest.raises(IntegrityError):
        insert(house, submission(house, "q", SubmissionKind.REVOKE, S.PENDING_REVIEW))


@pytest.mark.parametrize(("state", "origin"), FREE)
def test_what_does_not_count_for_rule_three_is_let_in(house: House, state: S, origin: S | None) -> None:
    insert(
        house,
        submission(house, "a", SubmissionKind.UPDATE, S.PENDING_HQ),
        submission(house, "b", SubmissionKind.UPDATE, state, origin=origin),
    )
    assert house.get("b").state is state


def test_one_accepted_version_a_number(house: House) -> None:
    version = house.read(lambda s: s.exec(select(SubjectVersion)).one())
    with pytest.raises(IntegrityError):
        insert(house, SubjectVersion(**{**version.model_dump(), "id": "again"}))
    insert(house, SubjectVersion(**{**version.model_dump(), "id": "again", "accepted": False}))
    assert len(house.read(lambda s: s.exec(select(SubjectVersion)).all())) == 2


def test_references_must_exist(house: House) -> None:
    with pytest.raises(IntegrityError):
        insert(house, submission(house, "a", SubmissionKind.UPDATE, S.DRAFT, knowledge="nowhere"))


def test_a_naive_time_is_refused(house: House) -> None:
    naive = datetime(2026, 11, 2)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="naive datetime"):
        house.read(lambda s: s.exec(select(TransitionLog).where(TransitionLog.at > naive)).all())


def test_instants_come_back_in_utc_with_microseconds(house: House) -> None:
    shanghai = datetime(2026, 11, 2, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    draft = house.draft(house.enroll("li", Role.AUTHOR), Content(title="题", body="文"))
    with house.store.write() as unit:
        unit.session.get_one(Submission, draft.id).due_at = shanghai
    stored = house.get(draft.id).due_at
    assert stored == shanghai
    assert stored.tzinfo is UTC
    assert stored.microsecond == 123456


def test_an_unknown_code_is_a_bug(house: House) -> None:
    with pytest.raises(StatementError, match="not a valid"):
        house.read(lambda s: s.exec(select(Submission).where(Submission.state == "LOST")).all())


def test_a_frozen_revision_keeps_its_text(house: House) -> None:
    frozen = house.read(lambda s: s.exec(select(Revision)).one())
    assert frozen.frozen_at == START

    def rewrite(unit: Unit) -> None:
        unit.session.get_one(Revision, frozen.id).content = {"title": "改"}

    with pytest.raises(DatabaseError, match="history is immutable"):
        house.write(rewrite)
