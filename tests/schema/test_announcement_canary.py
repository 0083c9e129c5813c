"""An announcement for other people leaves on no path: not its text, not its title, not that it is there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.schema.ids import encode_id

from . import announcing as a
from .announcing import OURS, content
from .world import SUBMISSION, World

CANARY = "金丝雀"
NOT_FOR = ("agent", "author2", "operator", "admin")
EVERYTHING = """query($id: ID!, $v: ID!, $v2: ID!, $k: ID!, $ids: [ID!]!, $all: AnnouncementFilter!) {
  announcement(id: $id) { ...A }
  knowledge(id: $k) { title }
  node(id: $id) { id ... on Announcement { ...A } }
  version: node(id: $v) { id ... on AnnouncementVersion { ...V } }
  second: node(id: $v2) { id ... on AnnouncementVersion { ...V } }
  nodes(ids: $ids) { id ... on Announcement { ...A } ... on AnnouncementVersion { ...V } ... on AnnouncementReply { title body }
    ... on Submission { title } }
  search(query: "金丝雀", filter: {lifecycle: [CURRENT, PAST, COMING]}) { totalCount facets { kind { count } owner { count } }
    edges { node { title announcement { ...A } announcementVersion { ...V } snippet { text } cited: citation { text } } } }
  announced: search(filter: {kinds: [ANNOUNCEMENT]}) { totalCount edges { node { title } } }
  asOf: search(query: "金丝雀", asOf: "2026-11-23T01:00:00Z") { totalCount edges { node { title } } }
  suggest(text: "金丝雀") { title matched }
  myAnnouncements(filter: $all) { edges { node { ...A } } }
  newest { title } mostRead { title }
}
fragment V on AnnouncementVersion { number title body changeNote content { title body summary keywords } citation { text } }
fragment A on Announcement {
  title body notice badges status content { title body } audience { text } currentVersion { ...V } shownVersion { ...V }
  comingVersions { ...V } history { ...V } version(number: 1) { ...V } asOf(at: "2026-11-23T01:00:00Z") { ...V }
  differences(from: 1, to: 2) { before after } replies { body } timeline { reasonText } cited: citation { text }
}"""
SECRET: dict[str, Any] = {
    "title": f"{CANARY}题",
    "body": f"{CANARY}一。",
    "summary": f"{CANARY}二",
    "keywords": [f"{CANARY}三"],
    "audience": {"people": [{"organisation": OURS, "id": "both"}]},
}


def _all_paths(world: World, raw: str, who: str) -> Any:
    names = [("Announcement", raw), ("AnnouncementVersion", f"{raw}:1"), ("AnnouncementVersion", f"{raw}:2")]
    names += [("AnnouncementReply", "R1"), ("AnnouncementReply", raw), ("Knowledge", raw), ("KnowledgeVersion", f"{raw}:1")]
    names += [("Submission", raw)]
    ids = [encode_id(*name) for name in names]
    return world.ask(who, EVERYTHING, id=ids[0], v=ids[1], v2=ids[2], k=ids[5], ids=ids, all="ALL")


def _silent(world: World, raw: str, who: str) -> None:
    seen = _all_paths(world, raw, who)
    assert CANARY not in json.dumps(seen, ensure_ascii=False), who
    assert [seen[name] for name in ("announcement", "node", "version", "second", "knowledge")] == [None] * 5, who
    assert seen["nodes"] == [None] * len(seen["nodes"]), who
    assert [seen[name]["totalCount"] for name in ("search", "announced", "asOf")] == [0, 0, 0], who
    assert seen["search"]["facets"] == {"kind": [], "owner": []}, who


def _issue(world: World, kind: str) -> str:
    """One for somebody else, with a second version; its raw id."""
    if kind == "received":
        people = {"organisations": [], "people": [{"organisation": OURS, "id": "both", "name": "两兼"}]}
        a.from_hq(world, "HA1", content_of={**SECRET, "audience": people})
        more = a.wire(**{**SECRET, "audience": people, "body": f"{CANARY}四。"})
        world.now += timedelta(minutes=1)
        assert world.hq("hqCorrectAnnouncement", announcementId="HA1", number=2, base=1, **more)["result"] == "APPLIED"
        world.sync_index()
        return "HA1"
    given: dict[str, Any] = {k: v for k, v in SECRET.items() if k != "audience"}
    whom = {"organisations": ["GD"], **SECRET["audience"]} if kind == "national" else SECRET["audience"]
    raw = a.publish(world, {**content(whom), **given})
    world.now += timedelta(minutes=1)
    c = a.begin(world, "draftCorrection", raw, content={"body": f"{CANARY}四。"}, changeNote=f"{CANARY}五")
    c = world.do("author", "submitForReview", c)
    if kind == "national":
        world.hq_approves(world.approve(c, andSubmit=True))
    else:
        world.approve(c)
    world.sync_index()
    return raw


@pytest.mark.parametrize("kind", ["local", "national", "received"])
def test_the_canary_sings_to_whom_it_is_for(world: World, kind: str) -> None:
    raw = _issue(world, kind)
    for who in ("both", "reviewer"):
        seen = json.dumps(_all_paths(world, raw, who), ensure_ascii=False)
        assert [mark for mark in "题一二三四" if f"{CANARY}{mark}" not in seen] == []


@pytest.mark.parametrize("kind", ["local", "national", "received"])
def test_to_nobody_else(world: World, kind: str) -> None:
    raw = _issue(world, kind)
    for who in NOT_FOR:
        _silent(world, raw, who)


@pytest.mark.parametrize("ended", ["recalled", "expired"])
def test_neither_when_it_is_over(world: World, ended: str) -> None:
    a.from_hq(world, "HA1", content_of={**SECRET, "effectiveTo": "2026-11-24T01:00:00.000000Z"})
    if ended == "recalled":
        world.hq("hqRecallAnnouncement", announcementId="HA1", number=1, reason="NO_LONGER_USEFUL", reasonText=f"{CANARY}错了")
    world.pass_time(timedelta(days=2))
    world.sync_index()
    for who in NOT_FOR:
        _silent(world, "HA1", who)


@pytest.mark.parametrize("synced", [True, False], ids=["index in step", "index behind"])
def test_whoever_a_correction_leaves_out_sees_it_no_more(world: World, synced: bool) -> None:
    everybody = {**SECRET, "audience": {"organisations": [OURS], "people": []}}
    a.from_hq(world, "HA1", content_of=everybody)
    world.sync_index()
    assert world.found(CANARY) == [f"{CANARY}题"]
    world.now += timedelta(minutes=1)
    assert world.hq("hqCorrectAnnouncement", announcementId="HA1", number=2, base=1, **a.wire(**SECRET))["result"] == "APPLIED"
    if synced:
        world.sync_index()
    for who in NOT_FOR:
        seen = _all_paths(world, "HA1", who)
        assert CANARY not in json.dumps(seen, ensure_ascii=False)
        assert seen["announcement"] is None
    assert _all_paths(world, "HA1", "both")["announcement"]["title"] == f"{CANARY}题"


def test_whoever_a_correction_lets_in_does_not_see_what_was_before(world: World) -> None:
    a.from_hq(world, "HA1", content_of=SECRET)
    world.now += timedelta(minutes=1)
    opened = a.wire(title="给大家的", body="正文。")
    assert world.hq("hqCorrectAnnouncement", announcementId="HA1", number=2, base=1, **opened)["result"] == "APPLIED"
    world.sync_index()
    seen = _all_paths(world, "HA1", "agent")
    assert CANARY not in json.dumps(seen, ensure_ascii=False)
    assert (seen["announcement"]["title"], seen["version"], seen["announcement"]["differences"]) == ("给大家的", None, None)


def test_what_is_on_its_way_is_nowhere(world: World) -> None:
    given = {**content(), **{k: v for k, v in SECRET.items() if k != "audience"}}
    s = world.do("author", "submitForReview", a.draft(world, given=given))
    for _ in range(3):
        for who in NOT_FOR:
            _silent(world, s["knowledgeRawId"], who)
        s = world.approve(s) if s["state"] == "PENDING_REVIEW" else s
        if s["state"] == "APPROVED":
            world.act("reviewer", "submitToHq", "submissions { id }", submissions=[{"id": s["id"], "lockVersion": s["lockVersion"]}])
            s = world.see(s)


def test_no_mutation_tells_that_it_is_there(world: World) -> None:
    a.from_hq(world, "HA1", content_of={**SECRET, "needsReply": True})
    mine = a.publish(world, {**content({"people": [{"organisation": OURS, "id": "both"}]}), "title": f"{CANARY}题"})
    for raw, mutation, more in (
        ("HA1", "draftReply", {"content": {"body": "x"}}),
        (mine, "draftCorrection", {}),
        (mine, "draftRecall", {"reason": "SERVICE_RETIRED"}),
    ):
        there = world.act("author2", mutation, SUBMISSION, announcementId=encode_id("Announcement", raw), **more)
        nowhere = world.act("author2", mutation, SUBMISSION, announcementId=encode_id("Announcement", "nowhere"), **more)
        assert there == nowhere
        assert [e["code"] for e in there["userErrors"]] == ["NOT_FOUND"]
    click = world.act("agent", "recordClick", "recorded", searchId="S", knowledgeId=encode_id("Announcement", "HA1"), position=1)
    assert click["recorded"] is False


def test_lists_of_office_are_for_those_in_office(world: World) -> None:
    _issue(world, "local")
    for who, query in (
        ("agent", "{ issuedAnnouncements { edges { node { title } } } }"),
        ("author", "{ receivedAnnouncements { edges { node { title } } } }"),
    ):
        answer = world.run(who, query)
        assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
        assert CANARY not in json.dumps(answer, ensure_ascii=False)
    issued = "{ issuedAnnouncements { edges { node { title } } } }"
    assert world.ask("author2", issued)["issuedAnnouncements"]["edges"] == []
    assert len(world.ask("author", issued)["issuedAnnouncements"]["edges"]) == 1
