"""Store and index stay equal: jobs, rebuild, reconcile; every seeded corruption is found and mended."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlmodel import select

from kbsearch.content import Content
from kbsearch.indexing.document import Change, IndexDocument, Tombstone
from kbsearch.indexing.faults import IndexDiskFull
from kbsearch.services.index_jobs import ask_for_rebuild, is_done, work
from kbsearch.services.index_sync import documents_of, drain, index_state, reconcile, reindex
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Alarm, OutboxMessage, OutboxStatus, SubjectVersion
from tests.search_service.conftest import INDEX, Desk


def fill(desk: Desk, count: int = 12) -> None:
    for number in range(count):
        desk.publish(f"K{number:02}", Content(title=f"流量包{number}", body=f"说明{number}"))


def stored(desk: Desk, subject_id: str) -> IndexDocument:
    with desk.store.read() as session:
        life = load_life(session, subject_id)
    assert life is not None
    return documents_of(life, 0, desk.store)[0]


def test_done_jobs_leave_no_trace(desk: Desk) -> None:
    fill(desk, 3)
    with desk.store.read() as session:
        assert session.exec(select(OutboxMessage)).all() == []
    state = index_state(desk.store, desk.engine, INDEX)
    assert (state.documents, state.expected, state.pending, state.lag) == (3, 3, 0, None)


@pytest.mark.parametrize("sequence", [13, 10_000])
def test_reconcile_finds_and_mends_every_kind_of_difference(desk: Desk, sequence: int) -> None:
    """With a sequence the store will pass, and with one from a future it never had."""
    fill(desk)
    assert reconcile(desk.store, desk.engine, repair=False).equal
    corruption: list[Change] = [
        Tombstone("K03:1", sequence),
        dataclasses.replace(stored(desk, "K05"), subject_id="GHOST", sequence=sequence),
        dataclasses.replace(stored(desk, "K06"), body="被篡改的正文", sequence=sequence),
    ]
    desk.engine.apply(corruption)
    found = reconcile(desk.store, desk.engine, repair=True)
    assert (found.missing, found.surplus, found.different) == (["K03:1"], ["GHOST:1"], ["K06:1"])
    assert (found.checked, found.repaired) == (12, 3)
    assert reconcile(desk.store, desk.engine, repair=False).equal
    assert desk.found("篡改") == []


def test_a_version_no_longer_accepted_is_buried(desk: Desk) -> None:
    fill(desk, 1)
    with desk.store.write() as unit:
        version = unit.session.exec(select(SubjectVersion)).one()
        version.accepted = False
        unit.touch("K00")
    desk.drain()
    assert desk.engine.count() == 0


def test_a_rebuild_serves_the_same_and_reports_progress(desk: Desk) -> None:
    fill(desk)
    seen: list[tuple[int, int]] = []
    assert reindex(desk.store, desk.engine, lambda done, total: seen.append((done, total))) == 12
    assert seen[-1] == (12, 12)
    assert len(desk.found("流量", first=20)) == 12
    assert reconcile(desk.store, desk.engine, repair=False).equal


def test_a_failed_rebuild_leaves_the_served_index_alone(desk: Desk) -> None:
    fill(desk, 3)

    class Interrupted(BaseException):
        """Stands for Ctrl-C."""

    def interrupt(_done: int, _total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        reindex(desk.store, desk.engine, interrupt)
    assert len(desk.found("流量")) == 3
    assert reindex(desk.store, desk.engine) == 3


def test_a_queued_rebuild_is_done_by_the_writer(desk: Desk) -> None:
    fill(desk, 3)
    job = ask_for_rebuild(desk.store, INDEX)
    assert not is_done(desk.store, job)
    work(desk.store, desk.engine, INDEX)
    assert is_done(desk.store, job)
    assert len(desk.found("流量")) == 3


class Picky:
    """The real engine behind a door that fails as told; everything else passes through."""

    def __init__(self, engine: Any, *, poison: str = "", fault: Exception | None = None) -> None:
        self._engine, self._poison, self._fault = engine, poison, fault

    def apply(self, batch: list[Change]) -> Any:
        if self._fault is not None:
            raise self._fault
        if any(isinstance(c, IndexDocument) and c.subject_id == self._poison for c in batch):
            raise ValueError("cannot index this")
        return self._engine.apply(batch)


def test_one_bad_document_does_not_hold_back_the_others_and_is_set_aside(desk: Desk) -> None:
    with desk.store.write() as unit:
        unit.session.commit()
    for subject_id in ("BAD", "GOOD"):
        desk.publish(subject_id, Content(title="流量包", body="说明"))
    with desk.store.write() as unit:
        unit.touch("BAD")
        unit.touch("GOOD")
    picky: Any = Picky(desk.engine, poison="BAD")
    for _ in range(6):
        drain(desk.store, picky, INDEX)
        desk.pass_(minutes=2)
    with desk.store.read() as session:
        job = session.exec(select(OutboxMessage)).one()
        assert (job.document_key, job.status, job.attempts) == ("BAD", OutboxStatus.DEAD, 5)
        assert "BAD" in session.exec(select(Alarm)).one().message


def test_a_failing_engine_loses_no_job(desk: Desk) -> None:
    fill(desk, 1)
    with desk.store.write() as unit:
        unit.touch("K00")
    full: Any = Picky(desk.engine, fault=IndexDiskFull("磁盘已满"))
    with pytest.raises(IndexDiskFull):
        drain(desk.store, full, INDEX)
    assert index_state(desk.store, desk.engine, INDEX).pending == 1
    assert desk.drain() == 1
