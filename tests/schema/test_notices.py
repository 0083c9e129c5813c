"""Notices through GraphQL over HTTP, and the subscriptions that tell of them and of announcements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import strawberry

from kbsearch.schema.ids import encode_id
from kbsearch.services import people
from kbsearch.services.people import CONSOLE
from kbsearch.workflow.notices import NoticeWays

from . import announcing as a
from .live import Live, live
from .world import World

NOTICE = "id kind kindText about documentId title text nextStep createdAt readAt"
TOLD = f"cursor notice {{ {NOTICE} }}"
EVENT = "cursor kind action actionText documentId announcement { id title status }"


@pytest.fixture
def served(world: World, schema: strawberry.Schema) -> Iterator[Live]:
    with live(world, schema) as opened:
        yield opened


def notices(world: World, who: str, **wanted: Any) -> list[Any]:
    query = f"""query($u: Boolean! = false, $n: Int! = 20, $a: String) {{ notices(unreadOnly: $u, first: $n, after: $a) {{
      edges {{ node {{ {NOTICE} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    found: list[Any] = []
    while True:
        page = world.ask(who, query, **wanted)["notices"]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        wanted["a"] = page["pageInfo"]["endCursor"]


def test_a_decision_of_headquarters_reaches_its_author_with_what_to_do_next(world: World) -> None:
    sent = world.submitted(world.draft())
    world.hq("hqReturn", submissionId=sent["rawId"], round=1, reasonCodes=["OTHER"], reasonText="资费写错")
    newest = notices(world, "author")[0]
    assert (newest["kind"], newest["kindText"], newest["about"], newest["documentId"]) == ("RETURNED", "退回", "SUBMISSION", sent["id"])
    assert newest["title"] == "总部退回：知识发布《流量日包》"
    assert "资费写错" in newest["text"]
    assert newest["nextStep"].startswith("请按总部的原因修改")
    assert world.ask("author", "query($id: ID!) { node(id: $id) { ... on Submission { state } } }", id=newest["documentId"]) == {
        "node": {"state": "HQ_RETURNED"}
    }
    assert notices(world, "reviewer")[0]["title"] == newest["title"]
    assert notices(world, "author2") == notices(world, "agent") == []


def test_pages_unread_counts_and_marking(world: World) -> None:
    for number in range(3):
        world.submitted(world.draft(title=f"题{number}"))
        world.now += timedelta(minutes=1)
    everything = notices(world, "author", n=1)
    assert [n["title"][-4:] for n in everything] == ["《题2》", "《题1》", "《题0》"]
    marked = world.act("author", "markNoticesRead", "count unread { notices }", ids=[everything[0]["id"]])
    assert (marked["count"], marked["unread"]) == (1, {"notices": 2})
    assert [n["id"] for n in notices(world, "author", u=True)] == [n["id"] for n in everything[1:]]
    other = world.act("author2", "markNoticesRead", "count", ids=[everything[1]["id"]])
    assert other["count"] == 0
    rest = world.act("author", "markNoticesRead", "count unread { notices }", allBefore=everything[1]["createdAt"])
    assert (rest["count"], rest["unread"]) == (2, {"notices": 0})
    for bad in ({}, {"ids": [], "allBefore": "2026-11-23T01:00:00Z"}):
        assert [e["rule"] for e in world.act("author", "markNoticesRead", "count", **bad)["userErrors"]] == ["ONE_OF_TWO"]
    junk = world.act("author", "markNoticesRead", "count", ids=["junk"])
    assert [e["code"] for e in junk["userErrors"]] == ["NOT_FOUND"]
    mine = "query($id: ID!) { node(id: $id) { ... on Notice { title } } }"
    assert world.ask("author", mine, id=everything[0]["id"])["node"]["title"] == everything[0]["title"]
    assert world.ask("reviewer", mine, id=everything[0]["id"])["node"] is None


def test_a_channel_is_chosen_for_oneself_and_its_secret_told_once(world: World) -> None:
    selection = "webhookSecret channel { mail webhookUrl kinds }"
    refused = world.act("author", "setNoticeChannel", selection, webhookUrl="https://hooks.example.com/a")
    assert [e["rule"] for e in refused["userErrors"]] == ["NO_WEBHOOK_HERE"]
    world.store = world.system.store = replace(world.store, notice_ways=NoticeWays(mail=True, webhook=True))
    made = world.act("author", "setNoticeChannel", selection, webhookUrl="https://hooks.example.com/a", kinds=["RETURNED"])
    assert made["webhookSecret"].startswith("whsec_")
    assert made["channel"] == {"mail": "", "webhookUrl": "https://hooks.example.com/a", "kinds": ["RETURNED"]}
    kept = world.act("author", "setNoticeChannel", selection, mail="a@example.com")
    assert kept["webhookSecret"] is None
    assert kept["channel"]["webhookUrl"] == "https://hooks.example.com/a"
    for inside in ("http://127.0.0.1:9/", "http://10.1.1.1/", "http://localhost/"):
        assert [e["rule"] for e in world.act("author", "setNoticeChannel", selection, webhookUrl=inside)["userErrors"]] == ["BAD_ADDRESS"]
    mine = world.ask("author", "{ me { noticeChannel { mail webhookUrl } } }")["me"]["noticeChannel"]
    assert mine == {"mail": "a@example.com", "webhookUrl": "https://hooks.example.com/a"}
    assert world.ask("author2", "{ me { noticeChannel { mail } } }")["me"]["noticeChannel"] is None
    sent = world.submitted(world.draft())
    world.hq("hqReturn", submissionId=sent["rawId"], round=1, reasonCodes=["OTHER"], reasonText="错")
    waiting = world.ask("operator", '{ outbox(filter: {destinations: ["notice:webhook"]}) { edges { node { kind status } } } }')
    assert waiting["outbox"]["edges"] == [{"node": {"kind": "notice.deliver", "status": "PENDING"}}]


def test_people_hear_their_own_notices_at_once(world: World, served: Live) -> None:
    with served.listening("author", "notices", selection=TOLD) as mine, served.listening("author2", "notices", selection=TOLD) as theirs:
        sent = world.submitted(world.draft())
        assert mine.event()["notice"]["title"] == "本地审核通过，待提交总部：知识发布《流量日包》"
        world.hq_approves(sent)
        told = mine.event()
        assert told["notice"]["documentId"] == sent["id"]
        assert told["notice"]["nextStep"] == "请核对页面所示"
        theirs.silence()


def test_a_reconnect_to_notices_resumes_without_a_gap(world: World, served: Live) -> None:
    with served.listening("author", "notices", selection=TOLD) as mine:
        world.submitted(world.draft(title="一"))
        cursor = mine.event()["cursor"]
    for title in ("二", "三"):
        world.submitted(world.draft(title=title))
    with served.listening("author", "notices", after=cursor, selection=TOLD) as mine:
        assert [mine.event()["notice"]["title"][-3:] for _ in range(2)] == ["《二》", "《三》"]
        mine.silence()


def test_announcements_are_told_to_those_they_are_for(world: World, served: Live) -> None:
    named = a.content({"people": [{"organisation": a.OURS, "id": "agent"}]}, title="机密便签")
    with (
        served.listening("agent", "announcements", selection=EVENT) as addressed,
        served.listening("author2", "announcements", selection=EVENT) as other,
        served.listening("reviewer2", "announcements", selection=EVENT) as office,
    ):
        raw = a.publish(world, named)
        told = addressed.event()
        assert (told["kind"], told["action"], told["actionText"]) == ("ENTERED", "IN_FORCE", "发布给使用者")
        assert told["announcement"] == {"id": encode_id("Announcement", raw), "title": "机密便签", "status": "PUBLISHED"}
        assert told["documentId"] == told["announcement"]["id"]
        submission = a.begin(world, "draftCorrection", raw, content={"body": "改过。"})
        world.approve(world.do("author", "submitForReview", submission))
        assert addressed.event()["kind"] == "CHANGED"
        submission = a.begin(world, "draftRecall", raw, reason="SERVICE_RETIRED")
        world.approve(world.do("author", "submitForReview", submission))
        assert (told := addressed.event())["kind"] == "LEFT"
        assert told["announcement"]["status"] == "RECALLED"
        other.silence()
        office.silence()  # seen by right of office, but not addressed


def test_who_is_taken_out_of_the_audience_hears_no_more(world: World, served: Live) -> None:
    both = a.content({"people": [{"organisation": a.OURS, "id": who} for who in ("agent", "author2")]})
    with (
        served.listening("agent", "announcements", selection=EVENT) as leaving,
        served.listening("author2", "announcements", selection=EVENT) as staying,
    ):
        raw = a.publish(world, both)
        leaving.event()
        staying.event()
        only = {"terms": {"audience": {"people": [{"organisation": a.OURS, "id": "author2"}]}}, "body": "金丝雀"}
        submission = a.begin(world, "draftCorrection", raw, content=only)
        world.approve(world.do("author", "submitForReview", submission))
        staying.event()
        leaving.silence()


def test_a_left_job_ends_both_streams(world: World, served: Live) -> None:
    with served.listening("agent", "notices", selection=TOLD) as told, served.listening("agent", "announcements", selection=EVENT) as read:
        with world.store.write() as unit:
            people.update_person(unit, CONSOLE, world.people["agent"], lock_version=1, name=None, roles=None, active=False)
        assert told.error() == read.error() == "UNAUTHENTICATED"
