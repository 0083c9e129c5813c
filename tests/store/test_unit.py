"""The unit of work: one closing sequence in commit order, all or nothing, on both engines."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from kbsearch.store.tables import DocumentType, OutboxMessage, SequenceCounter, Subject, Submission, TransitionLog
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.states import Owner, Scope
from tests.services.house import INDEX, START, House
from tests.store.databases import Database


@pytest.fixture
def house(database: Database) -> House:
    return House(database.engine)


def _knowledge(unit: Unit, name: str) -> None:
    unit.session.add(Subject(id=name, owner=Owner.LOCAL, scope=Scope.LOCAL, created_at=unit.now))
    unit.session.flush()
    unit.touch(name)
    unit.log(SYSTEM, DocumentType.KNOWLEDGE, name, "TEST")
    unit.send("hq", name, "test", {"名": name}, delay=timedelta(hours=1))


def _counter(house: House) -> int:
    def value(session: Session) -> int:
        return session.get_one(SequenceCounter, "main").value

    return house.read(value)


def test_log_outbox_and_documents_carry_the_one_sequence(house: House) -> None:
    before = _counter(house)
    with house.store.write() as unit:
        _knowledge(unit, "k1")
        _knowledge(unit, "k2")
    assert unit.sequence == before + 1 == _counter(house)
    log = house.read(lambda s: s.exec(select(TransitionLog).where(TransitionLog.sequence == unit.sequence)).all())
    outbox = house.read(lambda s: s.exec(select(OutboxMessage).where(OutboxMessage.sequence == unit.sequence)).all())
    assert sorted(row.ordinal for row in log) == [0, 1]
    assert sorted((m.destination, m.kind, m.document_key, m.ordinal) for m in outbox) == [
        ("hq", "test", "k1", 0),
        ("hq", "test", "k2", 1),
        (INDEX, "index.refresh", "k1", 2),
        (INDEX, "index.refresh", "k2", 3),
    ]
    assert {m.due_at - START for m in outbox if m.destination == "hq"} == {timedelta(hours=1)}
    assert house.read(lambda s: s.exec(select(Subject.sequence)).all()) == [unit.sequence] * 2


def test_a_unit_that_changes_nothing_takes_no_number(house: House) -> None:
    before = _counter(house)
    with house.store.write() as unit:
        unit.session.exec(select(Subject)).all()
    assert (unit.sequence, _counter(house)) == (None, before)


def test_a_bug_in_the_middle_leaves_nothing(house: House) -> None:
    before = _counter(house)

    def stumble(unit: Unit) -> None:
        _knowledge(unit, "k1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        house.write(stumble)
    assert _counter(house) == before
    for table in (Subject, OutboxMessage):
        assert house.read(lambda s, t=table: s.exec(select(t).where(t.id == "k1")).all()) == []  # type: ignore[misc]
    assert house.read(lambda s: s.exec(select(TransitionLog).where(TransitionLog.document_id == "k1")).all()) == []


def test_a_savepoint_takes_back_rows_and_messages_and_the_rest_goes_on(house: House) -> None:
    def stumble(unit: Unit) -> None:
        with unit.savepoint():
            _knowledge(unit, "k2")
            raise ZeroDivisionError

    with house.store.write() as unit:
        _knowledge(unit, "k1")
        with pytest.raises(ZeroDivisionError):
            stumble(unit)
        with unit.savepoint():
            _knowledge(unit, "k3")
    assert house.read(lambda s: s.exec(select(Subject.id).order_by(col(Subject.id))).all()) == ["k1", "k3"]
    sent = house.read(lambda s: s.exec(select(OutboxMessage.document_key).where(OutboxMessage.kind == "test")).all())
    assert sorted(sent) == ["k1", "k3"]
    logged = house.read(lambda s: s.exec(select(TransitionLog.document_id).where(TransitionLog.action == "TEST")).all())
    assert sorted(logged) == ["k1", "k3"]


def test_doorbells_ring_after_the_commit_only(database: Database) -> None:
    House(database.engine)
    rung: list[tuple[str, int]] = []

    def ring(destination: str) -> None:
        with store.read() as session:
            rung.append((destination, len(session.exec(select(Subject)).all())))

    ids = iter(range(10**6))
    store = Store(database.engine, lambda: START, lambda: f"x{next(ids)}", index_destinations=(INDEX,), ring=ring)
    with store.write() as unit:
        _knowledge(unit, "k1")
        assert rung == []
    assert sorted(rung) == [("hq", 1), (INDEX, 1)]

    def stumble() -> None:
        with store.write() as unit:
            _knowledge(unit, "k2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    assert len(rung) == 2


def test_reading_keeps_nothing(house: House) -> None:
    with house.store.read() as session:
        session.add(Subject(id="k1", owner=Owner.LOCAL, scope=Scope.LOCAL, created_at=START))
        session.flush()
    assert house.read(lambda s: s.get(Subject, "k1")) is None
    house.store.alive()


def test_many_documents_are_stamped_in_portions(house: House) -> None:
    with house.store.write() as unit:
        for number in range(1_100):
            unit.session.add(Subject(id=f"k{number:04}", owner=Owner.LOCAL, scope=Scope.LOCAL, created_at=unit.now))
            unit.touch(f"k{number:04}")
        unit.session.flush()
    assert set(house.read(lambda s: s.exec(select(Subject.sequence)).all())) == {unit.sequence}
    assert house.read(lambda s: s.exec(select(Submission)).all()) == []


def test_sequence_order_is_commit_order_under_eight_writers(house: House) -> None:
    """Whatever a reader has seen up to a sequence is complete: nothing with a lower number appears later."""
    stop = threading.Event()
    late: list[tuple[int, int]] = []

    def seen(session: Session) -> set[int]:
        return set(session.exec(select(TransitionLog.sequence).where(TransitionLog.action == "TEST")).all())

    def read_on() -> None:
        known: set[int] = set()
        while not stop.is_set():
            now = house.read(seen)
            late.extend((number, max(known)) for number in now - known if known and number < max(known))
            known = now

    def write_some(writer: int) -> list[int]:
        taken = []
        for number in range(12):
            with house.store.write() as unit:
                _knowledge(unit, f"w{writer}-{number}")
            assert unit.sequence is not None
            taken.append(unit.sequence)
        return taken

    reader = threading.Thread(target=read_on)
    reader.start()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(write_some, range(8)))
    stop.set()
    reader.join()
    assert late == []
    assert len(house.read(seen)) == 96
    assert all(numbers == sorted(numbers) for numbers in taken)
    everything = sorted(n for numbers in taken for n in numbers)
    assert everything == list(range(everything[0], everything[0] + 96))
