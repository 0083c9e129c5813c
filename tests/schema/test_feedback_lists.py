"""The lists and counts of feedback through the door: the reviewers' queue, its pages and filters, statistics, what a list costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from kbsearch.schema.ids import encode_id

from .feedback_door import FIELDS, dispatched, give, on, opened, person, receipt_of_dispatch, see
from .world import World


def test_the_queue_puts_urgent_first_then_by_day_and_pages(world: World) -> None:
    raw = world.publish(scope="LOCAL")
    late = give(world, "agent", raw, "最早提的")
    world.now += timedelta(hours=1)
    later = give(world, "operator", raw, "后来提的")
    urgent = give(world, "admin", raw, "急着用", urgency="URGENT")
    order = [urgent["id"], late["id"], later["id"]]
    page = "edges { node { id } } pageInfo { hasNextPage endCursor }"
    query = f"query($after: String, $f: FeedbackQueueFilter) {{ feedbackQueue(first: 2, after: $after, filter: $f) {{ {page} }} }}"
    first = world.ask("reviewer", query)["feedbackQueue"]
    rest = world.ask("reviewer", query, after=first["pageInfo"]["endCursor"])["feedbackQueue"]
    assert [e["node"]["id"] for e in first["edges"] + rest["edges"]] == order
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    foreign = world.run("reviewer", query, after=first["pageInfo"]["endCursor"], f={"mine": True})
    assert foreign["errors"][0]["extensions"]["code"] != "INTERNAL_SERVER_ERROR"


def test_the_queue_filters(world: World) -> None:
    raw, national = world.publish(scope="LOCAL"), world.publish(title="漫游")
    local, hq = give(world, "agent", raw), dispatched(world, national)
    on(world, "reviewer2", "reassignFeedback", local, handlerId=person(world, "reviewer"))
    on(world, "reviewer", "resolveFeedback", hq, resolution="NO_CHANGE", text="无误")

    def found(**wanted: Any) -> list[str]:
        query = "query($f: FeedbackQueueFilter) { feedbackQueue(filter: $f) { edges { node { id } } } }"
        return [e["node"]["id"] for e in world.ask("reviewer", query, f=wanted)["feedbackQueue"]["edges"]]

    assert found() == [local["id"]]
    assert found(states=["RESOLVED"]) == found(states=["RESOLVED"], origin="HQ") == found(states=["RESOLVED"], province="GD") == [hq["id"]]
    assert found(origin="HQ") == found(province="GD") == found(overdueOnly=True) == found(knowledgeId="junk") == []
    assert found(mine=True) == found(knowledgeId=encode_id("Knowledge", raw)) == [local["id"]]
    world.now += timedelta(hours=73)
    assert found(overdueOnly=True) == [local["id"]]
    assert see(world, local)["overdue"] is True


def test_statistics(world: World) -> None:
    raw, national = world.publish(scope="LOCAL"), world.publish(title="漫游")
    begin = world.now
    answered, waiting, hq = give(world, "agent", raw), give(world, "operator", raw), dispatched(world, national)
    world.now += timedelta(hours=10)
    on(world, "reviewer", "resolveFeedback", answered, resolution="NO_CHANGE", text="无误")
    world.now += timedelta(hours=70)
    on(world, "reviewer", "resolveFeedback", hq, resolution="REJECTED", text="不属实")
    query = """query($from: DateTime, $to: DateTime) { feedbackStatistics(from: $from, to: $to) {
      total overdue overdueShare medianHoursToResolve byState { value label count } byOrigin { value count }
      byProvince { label count } byResolution { value count }
      topKnowledge { count knowledge { rawId } } } }"""
    told = world.ask("reviewer", query)["feedbackStatistics"]
    assert (told["total"], told["overdue"], told["overdueShare"], told["medianHoursToResolve"]) == (3, 2, pytest.approx(2 / 3), 45.0)
    assert told["byState"][0] == {"value": "RECEIVED", "label": "待处理", "count": 1}
    assert {c["value"]: c["count"] for c in told["byResolution"]} == {"ADOPTED": 0, "NO_CHANGE": 1, "DUPLICATE": 0, "REJECTED": 1}
    assert ({c["value"]: c["count"] for c in told["byOrigin"]}, told["byProvince"]) == (
        {"HQ": 1, "LOCAL": 2},
        [{"label": "广东", "count": 1}],
    )
    assert told["topKnowledge"] == [{"count": 2, "knowledge": {"rawId": raw}}, {"count": 1, "knowledge": {"rawId": national}}]
    before = world.ask("reviewer", query, to=begin.isoformat())["feedbackStatistics"]
    assert (before["total"], before["overdueShare"], before["medianHoursToResolve"], before["topKnowledge"]) == (0, None, None, [])
    backwards = world.run("reviewer", query, **{"from": world.now.isoformat(), "to": begin.isoformat()})
    assert "起始时间" in backwards["errors"][0]["message"]
    assert see(world, waiting)["state"] == "RECEIVED"


def test_a_list_costs_a_fixed_number_of_statements(world: World) -> None:
    more = "timeline { actorName } transport { kind } reporter { name } knowledge { title badges }"
    query = f"{{ feedbackQueue(first: 50) {{ edges {{ node {{ {FIELDS} {more} }} }} }} }}"
    counted: list[str] = []

    def note(*arguments: Any) -> None:
        counted.append(str(arguments[2]))

    def cost() -> int:
        counted.clear()
        event.listen(world.engine, "before_cursor_execute", note)
        world.ask("reviewer", query)
        event.remove(world.engine, "before_cursor_execute", note)
        return len(counted)

    def add(title: str, who: str) -> None:
        opened(world, give(world, who, world.publish(scope="LOCAL", title=title)))
        assert receipt_of_dispatch(world, world.publish(title=f"全网{title}"), feedbackId=f"FB-{title}") == "APPLIED"

    add("甲", "agent")
    one = cost()
    for title in ("乙", "丙", "丁"):
        add(title, "agent")
    assert cost() == one, "\n\n".join(counted)
