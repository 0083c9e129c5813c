"""The in-process worker: a commit is enough, a lost ring costs a tick, and it stops within its bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kbsearch.content import Content
from kbsearch.services.drafts import Draft, draft_publish
from kbsearch.services.people import CONSOLE, create_person
from kbsearch.services.search import SearchRequest
from kbsearch.services.submissions import approve, submit_for_review
from kbsearch.services.taxonomy import create_category
from kbsearch.settings import Settings
from kbsearch.store.migrate import migrate
from kbsearch.store.submissions import latest_revision
from kbsearch.wiring import System, open_store, open_system
from kbsearch.worker.schedule import InProcessWorker, Ticker
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    settings = Settings(data_dir=tmp_path)
    store = open_store(settings)
    migrate(store.engine)
    store.engine.dispose()
    with open_system(settings, write_index=True) as opened:
        yield opened


def publish(system: System, title: str) -> None:
    """An approval of a 本地 item, through the operations people use."""
    with system.store.write() as unit:
        author = create_person(unit, CONSOLE, login="a", name="作者", roles=[Role.AUTHOR])
        reviewer = create_person(unit, CONSOLE, login="r", name="审核", roles=[Role.REVIEWER])
        create_category(unit, CONSOLE, name="本地", parent_id=None, category_id="LC")
    writing, reviewing = Actor(author.id, frozenset({Role.AUTHOR})), Actor(reviewer.id, frozenset({Role.REVIEWER}))
    with system.store.write() as unit:
        draft = draft_publish(unit, writing, scope=Scope.LOCAL, content=Content(title=title, body="正文"), draft=Draft("LC"))
        submit_for_review(unit, writing, draft.id, lock_version=1)
    with system.store.write() as unit:
        hash_ = _hash(system, draft.id)
        approve(unit, reviewing, draft.id, lock_version=2, submission_hash=hash_)


def _hash(system: System, submission_id: str) -> str:
    with system.store.read() as session:
        return latest_revision(session, submission_id).submission_hash


def found(system: System, text: str) -> int:
    with system.store.read() as session:
        return system.searcher.search(session, Actor("x"), SearchRequest(text=text), system.store.clock()).total


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_an_approval_is_searchable_soon_after_its_commit(system: System) -> None:
    worker = InProcessWorker(system)
    worker.start()
    try:
        assert within(5, lambda: system.engine.freshness().searchable)
        publish(system, "话费查询")
        assert within(5, lambda: found(system, "话费") == 1)
    finally:
        worker.stop()


def test_what_was_committed_while_nobody_worked_is_taken_up_at_start(system: System) -> None:
    publish(system, "流量查询")
    worker = InProcessWorker(system)
    worker.start()
    try:
        assert within(5, lambda: found(system, "流量") == 1)
    finally:
        started = time.monotonic()
        worker.stop()
    assert time.monotonic() - started < 9


def test_the_ticker_rings_each_job_at_its_own_pace_until_stopped() -> None:
    often, seldom = [0], [0]

    def ring(counter: list[int]) -> Callable[[], None]:
        def job() -> None:
            counter[0] += 1

        return job

    ticker = Ticker([(1, ring(often)), (5, ring(seldom))], tick_seconds=0.01)
    ticker.start()
    assert within(5, lambda: seldom[0] >= 3)
    ticker.stop()
    after = often[0]
    assert often[0] > seldom[0]
    time.sleep(0.05)
    assert often[0] == after
