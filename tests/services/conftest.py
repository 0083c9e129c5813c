"""A house with people for every test of operations: on SQLite, and on both engines where threads race."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from tests.services.house import House
from tests.store.databases import ENGINES, Database, PostgresDatabase, SqliteDatabase


@dataclass(frozen=True)
class Staff:
    """Who works here; `both` is author and reviewer in one person."""

    wang: Actor
    li: Actor
    both: Actor
    zhao: Actor
    qian: Actor
    agent: Actor
    operator: Actor
    admin: Actor


@pytest.fixture(scope="session")
def file_database() -> Iterator[Database]:
    """One SQLite file for the whole run."""
    made = SqliteDatabase()
    yield made
    made.close()


@pytest.fixture
def house(file_database: Database) -> House:
    """An empty house."""
    file_database.reset()
    return House(file_database.engine)


@pytest.fixture(scope="session", params=ENGINES)
def either_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """One database of each engine for the whole run."""
    made = SqliteDatabase() if request.param == "sqlite" else PostgresDatabase()
    yield made
    made.close()


@pytest.fixture
def either_house(either_database: Database) -> House:
    """An empty house on each engine."""
    either_database.reset()
    return House(either_database.engine)


def hire(house: House) -> Staff:
    """The usual staff."""
    roles = {
        "wang": (Role.AUTHOR,),
        "li": (Role.AUTHOR,),
        "both": (Role.AUTHOR, Role.REVIEWER),
        "zhao": (Role.REVIEWER,),
        "qian": (Role.REVIEWER,),
        "agent": (Role.AGENT,),
        "operator": (Role.OPERATOR,),
        "admin": (Role.ADMIN,),
    }
    return Staff(**{name: house.enroll(name, *held) for name, held in roles.items()})


@pytest.fixture
def staff(house: House) -> Staff:
    """The staff of `house`."""
    return hire(house)
