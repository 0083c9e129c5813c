"""Of hidden text only title and notice leave, on every path a reader has."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.schema.ids import encode_id

from .world import SUBMISSION, World

CANARY = "金丝雀"
EVERYTHING = """query($id: ID!, $v: ID!) {
  knowledge(id: $id) { ...K }
  node(id: $id) { ... on Knowledge { ...K } }
  version: node(id: $v) { ... on KnowledgeVersion { ...V } }
  search(query: "金丝雀", filter: {lifecycle: [CURRENT, PAST, COMING]}) {
    edges { node { version { ...V } knowledge { title } snippet { text } titleHighlights { start } } } totalCount }
  browse: search { edges { node { version { ...V } snippet { text } } } facets { category { count } } }
  suggest(text: "金丝雀") { title matched }
  newest { ...K }
  mostRead { ...K }
}
fragment V on KnowledgeVersion { number title body summary script keywords changeNote content { title body summary script keywords } }
fragment K on Knowledge {
  status title notice badges textHidden currentVersion { ...V } shownVersion { ...V } comingVersions { ...V } history { ...V }
  version(number: 1) { ...V } asOf(at: "2026-11-23T01:00:00Z") { ...V }
  differences(from: 1, to: 2) { before after runs { text } } related { title } timeline { reasonText }
}"""


def _two_versions(world: World) -> str:
    text: dict[str, Any] = {
        "body": f"{CANARY}一。",
        "summary": f"{CANARY}二",
        "script": f"{CANARY}三",
        "keywords": [f"{CANARY}四"],
    }
    raw = world.publish(scope="LOCAL", title="漫游说明", **text)
    world.now += timedelta(minutes=1)
    drafted = world.act(
        "author",
        "draftUpdate",
        SUBMISSION,
        knowledgeId=encode_id("Knowledge", raw),
        content={"body": f"{CANARY}五。"},
        changeNote=f"{CANARY}六",
    )
    world.approve(world.do("author", "submitForReview", drafted["submission"]))
    world.sync_index()
    return raw


def _all_paths(world: World, raw: str, who: str) -> Any:
    return world.ask(who, EVERYTHING, id=encode_id("Knowledge", raw), v=encode_id("KnowledgeVersion", f"{raw}:1"))


def test_the_canary_sings_before(world: World) -> None:
    raw = _two_versions(world)
    seen = _all_paths(world, raw, "agent")
    for mark in "一二三四五六":
        assert f"{CANARY}{mark}" in json.dumps(seen, ensure_ascii=False)
    assert seen["search"]["totalCount"] == 2
    assert len(seen["knowledge"]["differences"]) == 1


@pytest.mark.parametrize("synced", [True, False], ids=["index in step", "index behind"])
@pytest.mark.parametrize("ended", ["suspended", "in error"])
def test_hidden_text_leaves_on_no_path(world: World, ended: str, synced: bool) -> None:
    raw = _two_versions(world)
    page = {"id": encode_id("Knowledge", raw)}
    if ended == "suspended":
        lock = world.ask("reviewer", "query($id: ID!) { knowledge(id: $id) { lockVersion allowedActions } }", **page)["knowledge"]
        assert lock["allowedActions"] == ["SUSPEND", "MARK_STILL_IN_USE"]
        done = world.act(
            "reviewer",
            "suspendKnowledge",
            "knowledge { status allowedActions }",
            knowledgeId=page["id"],
            lockVersion=lock["lockVersion"],
            reasonText="资费有误",
        )
        assert done["knowledge"] == {"status": "SUSPENDED", "allowedActions": ["RESUME", "MARK_STILL_IN_USE"]}
    else:
        drafted = world.act("author", "draftRevoke", SUBMISSION, knowledgeId=page["id"], reason="PUBLISHED_IN_ERROR")
        world.approve(world.do("author", "submitForReview", drafted["submission"]))
    world.now += timedelta(seconds=5)
    if synced:
        world.sync_index()
    for who in ("agent", "author2", "reviewer", "operator", "admin"):
        _canary_is_silent(world, raw, who, ended)


def _canary_is_silent(world: World, raw: str, who: str, ended: str) -> None:
    seen = _all_paths(world, raw, who)
    assert CANARY not in json.dumps(seen, ensure_ascii=False)
    assert (seen["knowledge"]["title"], seen["knowledge"]["textHidden"], len(seen["knowledge"]["history"])) == ("漫游说明", True, 2)
    assert ("停用" if ended == "suspended" else "发布错误") in seen["knowledge"]["notice"]
    assert seen["search"]["edges"] == []


def test_what_is_not_approved_is_nowhere(world: World) -> None:
    s = world.do("author", "submitForReview", world.draft(title=f"{CANARY}标题", body=f"{CANARY}正文"))
    world.sync_index()
    for state in ("PENDING_REVIEW", "APPROVED", "SUBMITTED"):
        assert s["state"] == state
        for who in ("agent", "author2", "operator", "admin"):
            seen = _all_paths(world, s["knowledgeRawId"], who)
            assert CANARY not in json.dumps(seen, ensure_ascii=False), (state, who)
            assert seen["knowledge"] is None
        s = world.approve(s) if state == "PENDING_REVIEW" else s
        if state == "APPROVED":
            items = [{"id": s["id"], "lockVersion": s["lockVersion"]}]
            s = world.act("reviewer", "submitToHq", "submissions { id state lockVersion knowledgeRawId }", submissions=items)[
                "submissions"
            ][0]


def test_coming_text_shows_when_it_comes_outside_default_search(world: World) -> None:
    s = world.submitted(world.draft(title="元旦资费", body="一月一日起。", effectiveFrom="2027-01-01"))
    world.hq_approves(s)
    assert world.found("元旦") == []
    query = "query($id: ID!) { knowledge(id: $id) { status notice badges badgeTexts currentVersion { number } comingVersions { body } } }"
    page = world.ask("agent", query, id=encode_id("Knowledge", s["knowledgeRawId"]))["knowledge"]
    assert page["currentVersion"] is None
    assert page["notice"].startswith("本知识将于 2027-01-01 00:00 生效")
    assert page["comingVersions"] == [{"body": "一月一日起。"}]
    coming = '{ search(query: "元旦", filter: {lifecycle: [COMING]}) { edges { node { version { title } } } } }'
    assert len(world.ask("agent", coming)["search"]["edges"]) == 1
    world.pass_time(timedelta(days=60))
    assert world.found("元旦") == ["元旦资费"]
