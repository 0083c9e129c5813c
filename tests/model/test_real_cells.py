"""Every cell of the hand-reviewed table on the real services; a refusal must leave the database as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session, func, select

from kbsearch.store.tables import OutboxMessage, TransitionLog
from tests.store.databases import POSTGRES_MARKS, PostgresDatabase, SqliteDatabase

from .driver import Act
from .expected_cells import ACTIONS, BLIND_ROLES, MESSAGES, SEEING_ROLES, hq_cells, person_cells, state_of
from .real_driver import RealDriver
from .situations import LOCAL_STEPS, START, Stage, hq_message
from .test_cells import SITUATIONS
from .things import Scope

Databases = SqliteDatabase | PostgresDatabase


ON_POSTGRES = {"PENDING_REVIEW", "SUBMITTED", "WITHDRAW_PENDING<SCHEDULED", "BASE_CONFLICT/rebased"}  # all of them take minutes there


def on_both(situations: list[tuple[Scope, str]]) -> list[Any]:
    """Every situation on SQLite, a few on PostgreSQL; sorted so that each engine's database is made once."""
    chosen = [pytest.param("postgres", *s, marks=POSTGRES_MARKS) for s in situations if s[1] in ON_POSTGRES]
    return [pytest.param("sqlite", *s) for s in situations] + chosen


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[Databases]:
    made = SqliteDatabase() if request.param == "sqlite" else PostgresDatabase()
    yield made
    made.close()


class Situation:
    """A situation that is led to once and come back to after each step that changed something."""

    def __init__(self, database: Databases, scope: Scope, name: str) -> None:
        self.database, self.scope, self.name = database, scope, name
        self._lead()
        if isinstance(database, SqliteDatabase):
            database.save()

    def _lead(self) -> None:
        self.database.reset()
        self.stage = Stage(RealDriver(self.database, START), self.scope)
        self.stage.lead_to(self.name)
        assert self.driver.state("s1") == state_of(self.name)

    @property
    def driver(self) -> RealDriver:
        assert isinstance(self.stage.driver, RealDriver)
        return self.stage.driver

    def again(self) -> None:
        """Back to the situation."""
        if isinstance(self.database, SqliteDatabase):
            self.database.restore()
            self.driver._seen = None
        else:
            self._lead()

    def written(self) -> tuple[int, int, int]:
        """What any effect would change: log rows, outbox rows, the lock version."""

        def count(session: Session) -> tuple[int, int, int]:
            rows = [session.exec(select(func.count()).select_from(t)).one() for t in (TransitionLog, OutboxMessage)]
            return rows[0], rows[1], self.driver.lock_version("s1")

        return self.driver.house.read(count)


@pytest.mark.parametrize(("database", "scope", "name"), on_both(SITUATIONS), indirect=["database"])
def test_every_action_of_every_role(database: Databases, scope: Scope, name: str) -> None:
    cells = person_cells(scope)
    situation = Situation(database, scope, name)
    before = situation.written()
    for role in (*SEEING_ROLES, *BLIND_ROLES):
        for action in ACTIONS:
            answer = situation.driver.act(Act(action, role, "s1", to="other_author"))
            state = situation.driver.state("s1")
            got = "OK:" + state if answer == "APPLIED" else answer
            assert got == cells[name, role, action], (role, action)
            if answer == "APPLIED":
                assert situation.written() > before, (role, action)
                situation.again()
            else:
                assert (situation.written(), state) == (before, state_of(name)), (role, action)


@pytest.mark.parametrize(
    ("database", "scope", "name"),
    on_both([(Scope.NATIONAL, name) for name in sorted({key[0] for key in hq_cells()})]),
    indirect=["database"],
)
def test_every_message_of_headquarters(database: Databases, scope: Scope, name: str) -> None:
    situation = Situation(database, scope, name)
    for message in MESSAGES:
        receipt = situation.stage.deliver(hq_message(message, "s1"))
        assert (receipt, situation.driver.state("s1")) == hq_cells()[name, message], message
        situation.again()


@pytest.mark.parametrize(
    ("database", "scope", "name"), on_both([(Scope.LOCAL, name) for name in sorted(LOCAL_STEPS)]), indirect=["database"]
)
def test_headquarters_knows_no_local_submission(database: Databases, scope: Scope, name: str) -> None:
    situation = Situation(database, scope, name)
    for message in MESSAGES:
        assert situation.stage.deliver(hq_message(message, "s1")) == "REJECTED"
        assert situation.driver.state("s1") == state_of(name)
