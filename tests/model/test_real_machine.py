"""Random histories on the real services against the reference model: the same answers, states, timelines and outbox."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.store.databases import HOW_TO_START, Database, PostgresDatabase, SqliteDatabase, postgres_url

from .driver import Driver
from .machine import WorkflowMachine
from .real_driver import RealDriver
from .real_invariants import check_all

ORDINARY = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # a history is readable as it is told; shrinking would try thousands on a real database
)


def run_on(database: Database, wanted: settings) -> None:
    """The machine on one database, emptied before each history."""

    class RealMachine(WorkflowMachine):
        def new_driver(self, now: datetime) -> Driver:
            database.reset()
            return RealDriver(database, now)

        def teardown(self) -> None:
            assert isinstance(self.driver, RealDriver)
            self.driver.house.read(check_all)

    try:
        run_state_machine_as_test(RealMachine, settings=wanted)
    finally:
        database.close()


def test_the_real_system_does_what_the_model_does() -> None:
    run_on(SqliteDatabase(), ORDINARY)


@pytest.mark.postgres
@pytest.mark.skipif(postgres_url() is None, reason=HOW_TO_START)
def test_the_real_system_on_postgres_does_what_the_model_does() -> None:
    run_on(PostgresDatabase(), settings(ORDINARY, max_examples=5))


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_the_real_system_does_what_the_model_does_at_length() -> None:
    run_on(SqliteDatabase(), settings(ORDINARY, max_examples=1_500, stateful_step_count=50, derandomize=False))
