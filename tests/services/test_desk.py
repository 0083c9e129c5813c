"""A person's own desk: favourites, last readings, what changed since, recent searches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kbsearch.content import Content
from kbsearch.services.desk import favourites, readings
from kbsearch.services.desk.favourites import favourite, my_favourites, unfavourite
from kbsearch.services.desk.readings import Opened
from kbsearch.services.listings.slices import Paging
from kbsearch.services.search_log import SearchLogger
from kbsearch.store.tables import Favourite, LastReading
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import Scope
from tests.services import announcing as a
from tests.services.announcing import ours, wording
from tests.services.conftest import Staff, hire
from tests.services.house import START, House, refused

HOUR = timedelta(hours=1)


def opened(house: House, actor: Actor, subject_id: str, number: int = 1) -> None:
    readings.record_readings(house.store, [Opened(actor.id, subject_id, number, house.now)])


def changes(house: House, actor: Actor) -> list[tuple[str, int | None, int | None]]:
    found = house.read(lambda s: readings.changed_since(s, actor, house.now))
    return [(c.subject_id, c.from_number, c.to_number) for c in found]


def item(house: House, staff: Staff, title: str = "流量包", **more: object) -> str:
    content = Content(title=title, body="文", **more)  # type: ignore[arg-type]
    return house.in_force(staff.wang, staff.zhao, content, scope=Scope.LOCAL)


def updated(house: House, staff: Staff, subject_id: str, body: str) -> None:
    made = house.draft_update(staff.wang, subject_id, Content(title="流量包", body=body))
    house.submit(staff.wang, made.id)
    house.approve(staff.zhao, made.id)


def test_what_i_read_is_marked_when_another_version_took_over(house: House, staff: Staff) -> None:
    key, other = item(house, staff), item(house, staff, "另一")
    opened(house, staff.agent, key)
    opened(house, staff.agent, other)
    opened(house, staff.li, key)
    assert changes(house, staff.agent) == []
    house.now += HOUR
    updated(house, staff, key, "新文")
    assert changes(house, staff.agent) == changes(house, staff.li) == [(key, 1, 2)]
    assert changes(house, staff.qian) == []
    opened(house, staff.agent, key, 2)
    assert changes(house, staff.agent) == []
    assert changes(house, staff.li) == [(key, 1, 2)]


def test_what_ended_since_is_a_change_too(house: House, staff: Staff) -> None:
    expiring, revoked, over = item(house, staff, "甲", effective_to=START + 3 * HOUR), item(house, staff, "乙"), item(house, staff, "丙")
    for key in (expiring, revoked):
        opened(house, staff.agent, key)
    house.now += HOUR
    for key in (revoked, over):
        made = house.draft_revoke(staff.wang, key)
        house.submit(staff.wang, made.id)
        house.approve(staff.zhao, made.id)
    opened(house, staff.agent, over)  # it had ended already when it was read
    assert changes(house, staff.agent) == [(revoked, 1, None)]
    house.pass_time(3 * HOUR)
    assert changes(house, staff.agent) == [(expiring, 1, None), (revoked, 1, None)]  # latest first


def test_a_favourite_never_opened_counts_from_when_it_was_kept(house: House, staff: Staff) -> None:
    key = item(house, staff)
    house.now += HOUR
    updated(house, staff, key, "二")
    house.write(lambda u: favourite(u, staff.agent, key))
    assert changes(house, staff.agent) == []
    house.now += HOUR
    updated(house, staff, key, "三")
    assert changes(house, staff.agent) == [(key, 2, 3)]
    opened(house, staff.agent, key, 3)
    assert changes(house, staff.agent) == []


def test_favourites_are_ones_own_and_only_of_what_one_may_read(house: House, staff: Staff) -> None:
    first, second = item(house, staff), item(house, staff, "另一")
    note = a.in_force(house, staff.wang, staff.zhao, wording(ours("agent")))
    for key in (first, second, note, first):
        house.write(lambda u: favourite(u, staff.agent, key))  # noqa: B023 - run at once
        house.now += HOUR
    assert len(house.rows_of(Favourite)) == 3
    page = house.read(lambda s: my_favourites(s, staff.agent, Paging(2, None, b"k")))
    rest = house.read(lambda s: my_favourites(s, staff.agent, Paging(2, page.cursors[-1], b"k")))
    assert [row.subject_id for row in (*page.rows, *rest.rows)] == [note, second, first]
    assert (page.has_next, rest.has_next) == (True, False)
    draft = house.draft(staff.wang)
    for actor, key in ((staff.li, note), (staff.agent, "nothing"), (staff.agent, draft.subject_id)):
        assert refused(lambda: house.write(lambda u: favourite(u, actor, key))) == ("NOT_FOUND", None)  # noqa: B023 - run at once
    assert house.write(lambda u: unfavourite(u, staff.agent, note))
    assert not house.write(lambda u: unfavourite(u, staff.agent, note))
    assert not house.write(lambda u: unfavourite(u, staff.li, first))
    assert len(house.rows_of(Favourite)) == 2


def test_readings_are_kept_in_batches_and_the_latest_counts(either_house: House) -> None:
    house = either_house
    staff = hire(house)
    key = item(house, staff)
    log = SearchLogger(house.store)
    log.read_by(staff.agent.id, key, 2, house.now + HOUR)
    log.read_by(staff.agent.id, key, 1, house.now)
    log.read_by(staff.li.id, key, 1, house.now)
    assert house.rows_of(LastReading) == []
    log.flush()
    assert sorted((r.person_id, r.version_number) for r in house.rows_of(LastReading)) == sorted([(staff.agent.id, 2), (staff.li.id, 1)])
    log.read_by(staff.agent.id, key, 1, house.now)  # told late by another process
    log.read_by(staff.li.id, key, 3, house.now + HOUR)
    log.flush()
    assert sorted((r.person_id, r.version_number) for r in house.rows_of(LastReading)) == sorted([(staff.agent.id, 2), (staff.li.id, 3)])


def test_recent_searches_are_different_and_ones_own(house: House, staff: Staff) -> None:
    log = SearchLogger(house.store)
    for actor, query in (
        (staff.agent, "流量"), (staff.agent, "话费"), (staff.li, "机密"), (staff.agent, "流量"), (staff.agent, ""), (staff.agent, "宽带"),
    ):  # fmt: skip
        log.searched(actor.id, query, 1, 1.0, house.now)
        house.now += HOUR
    log.flush()
    find = lambda n: [q for q, _ in house.read(lambda s: readings.recent_searches(s, staff.agent, n, house.now))]  # noqa: E731
    assert find(10) == ["宽带", "流量", "话费"]
    assert find(2) == ["宽带", "流量"]
    house.now += timedelta(days=91)
    assert find(10) == []


def test_favourites_have_a_bound(house: House, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [item(house, staff), item(house, staff, "另一")]
    monkeypatch.setattr(favourites, "MOST", 1)
    house.write(lambda u: favourite(u, staff.agent, keys[0]))
    assert refused(lambda: house.write(lambda u: favourite(u, staff.agent, keys[1]))) == ("RULE_VIOLATED", "TOO_MANY")
