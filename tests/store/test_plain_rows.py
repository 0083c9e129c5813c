"""Plain rows say what mapped objects say, of what is written and of what is about to be, on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import inspect

from kbsearch.store.lives import load_life, load_lives
from kbsearch.store.plain_rows import among_ids, every_column, read_plain
from kbsearch.store.tables import Revocation, Subject, SubjectVersion, VersionSource
from kbsearch.store.unit import Unit
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.states import Owner, Scope
from tests.services.house import House
from tests.store.databases import Database


@pytest.fixture
def house(database: Database) -> House:
    return House(database.engine)


def _subject(unit: Unit, name: str) -> None:
    unit.session.add(Subject(id=name, owner=Owner.LOCAL, scope=Scope.LOCAL, created_at=unit.now))
    unit.session.flush()
    for number in (1, 2):
        unit.session.add(
            SubjectVersion(
                id=f"{name}:{number}",
                subject_id=name,
                number=number,
                title=f"标题{number}",
                body="正文",
                summary="",
                script="",
                keywords=["漫游"] if number == 1 else [],
                regions=[],
                content_hash="",
                live_from=unit.now + timedelta(days=number),
                source=VersionSource.IMPORT,
                created_at=unit.now,
            )
        )
    unit.session.add(
        Revocation(
            id=f"{name}:end",
            subject_id=name,
            number=2,
            live_from=unit.now + timedelta(days=9),
            reason=RevokeReason.SERVICE_RETIRED,
            source=VersionSource.IMPORT,
            created_at=unit.now,
        )
    )
    unit.touch(name)


def test_a_life_of_plain_rows_is_the_life_of_mapped_ones(house: House) -> None:
    with house.store.write() as unit:
        _subject(unit, "k1")
        _subject(unit, "k2")
    with house.store.read() as session:
        plain, mapped = load_lives(session, ["k1", "nobody"]), load_life(session, "k1")
        assert list(plain) == ["k1"]
        assert mapped is not None
        life = plain["k1"]
        assert life.timeline == mapped.timeline
        pairs = [(life.subject, mapped.subject), *zip(life.revocations, mapped.revocations, strict=True)]
        pairs += [(life.versions[n], mapped.versions[n]) for n in (1, 2)]
        for row, thing in pairs:
            for attribute in inspect(type(thing)).column_attrs:
                value, same = getattr(row, attribute.key), getattr(thing, attribute.key)
                assert (type(value), value) == (type(same), same), attribute.key


def test_what_is_not_written_yet_is_read_too(house: House) -> None:
    with house.store.write() as unit:
        _subject(unit, "k1")
        subject = unit.session.get_one(Subject, "k1")
        subject.suspend_reason = "刚刚"
        rows = read_plain(unit.session, every_column(Subject).where(among_ids(Subject, "id")), ["k1", "k2"])
        assert [row.suspend_reason for row in rows] == ["刚刚"]
