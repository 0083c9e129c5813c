"""`kbsearch feedback` on a data folder: what it lists and counts, for people and for scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kbsearch.ids import random_id
from kbsearch.services.feedback import giving
from kbsearch.services.feedback.giving import Given
from kbsearch.services.listings.people import colleagues
from kbsearch.store.engine import open_engine
from kbsearch.store.unit import Store
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Urgency
from tests.cli.conftest import Run


@pytest.fixture
def with_feedback(home: Path) -> Path:
    """Two searches in vain, one of them urgent."""
    engine = open_engine(f"sqlite:///{home / 'kbsearch.db'}")
    store = Store(engine, lambda: datetime.now(UTC), random_id)
    with store.write() as unit:
        person = Actor(colleagues(unit.session, Role.REVIEWER, 1)[0].id)
        giving.give(unit, person, Given("客户常问", query="国际漫游"))
        giving.give(unit, person, Given("急着用", query="携号转网", urgency=Urgency.URGENT))
    engine.dispose()
    return home


@pytest.mark.usefixtures("with_feedback")
def test_list_and_statistics(kb: Run) -> None:
    rows = kb("feedback", "list", "--json").well().json
    assert [(row["query"], row["state"], row["urgency"]) for row in rows] == [
        ("携号转网", "RECEIVED", "URGENT"),
        ("国际漫游", "RECEIVED", "NORMAL"),
    ]
    shown = kb("feedback", "list").well().out
    assert shown.index("没有搜到：携号转网") < shown.index("没有搜到：国际漫游")
    counted = kb("feedback", "statistics", "--json").well().json
    assert (counted["total"], counted["byState"], counted["overdueShare"]) == (2, {"RECEIVED": 2}, 0.0)
    assert "收到 2 条，逾期 0 条" in kb("feedback", "statistics", "--days", "7").well().out


def test_without_feedback_it_says_so(kb: Run) -> None:
    assert "没有反馈" in kb("feedback", "list", "--overdue").well().out
    assert kb("feedback", "list", "--json").well().json == []
    assert kb("feedback", "statistics", "--json").well().json["medianHoursToResolve"] is None


def test_an_unknown_state_is_refused(kb: Run) -> None:
    assert "RECEIVED 待处理" in kb("feedback", "list", "--state", "NONSENSE").refused(2)
    assert kb("feedback", "list", "--state", "已办结", "--json").well().json == []
