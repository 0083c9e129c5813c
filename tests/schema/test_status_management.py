"""M1 to M6 through the door: what agent, author and reviewer see of an item after 停用, 恢复, 过期, 续期, 撤销, 归档, path by path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from kbsearch.schema.ids import encode_id

from .world import SUBMISSION, World

TEXT = "每日五元"
ALL = "filter: {lifecycle: [CURRENT, PAST, COMING]}"
EVERYWHERE = f"""query($id: ID!, $v: ID!, $at: DateTime!) {{
  knowledge(id: $id) {{
    status statusText notice badges textHidden stillInUse revokeReason replacement {{ title }} suspendedUntil allowedActions
    currentVersion {{ number }} shownVersion {{ number body }} history {{ number body }} asOf(at: $at) {{ body }}
    citation {{ number }} related {{ title }}
  }}
  version: node(id: $v) {{ ... on KnowledgeVersion {{ title body isCurrent }} }}
  default: search(query: "流量日包") {{ edges {{ node {{ version {{ number body }} }} }} }}
  every: search(query: "流量日包", {ALL}) {{ edges {{ node {{ version {{ number body }} }} }} }}
  then: search(query: "流量日包", asOf: $at) {{ edges {{ node {{ version {{ number body }} }} }} }}
  suggest(text: "流量日") {{ number }}
}}"""
RELATED = "query($id: ID!) { knowledge(id: $id) { related { title } } }"


@dataclass(frozen=True)
class Expected:
    """What a reader meets. `text`: the wording is readable by page, history, as-of and node; `found`/`every`: version numbers."""

    status: str
    badges: list[str]
    notice: str | None
    text: bool = True
    found: tuple[int, ...] = (1,)
    every: tuple[int, ...] = (1,)
    shown: int = 1
    current: int | None = 1
    reviewer_may: tuple[str, ...] = ("SUSPEND", "MARK_STILL_IN_USE")
    revoked: str | None = None
    replaced: bool = False


def lock(world: World, raw: str) -> int:
    query = "query($id: ID!) { knowledge(id: $id) { lockVersion } }"
    return int(world.ask("reviewer", query, id=encode_id("Knowledge", raw))["knowledge"]["lockVersion"])


def act(world: World, mutation: str, raw: str, **more: Any) -> None:
    given = {"knowledgeId": encode_id("Knowledge", raw), "lockVersion": lock(world, raw), **more}
    assert world.act("reviewer", mutation, "knowledge { status }", **given)["userErrors"] == []


def reviewed(world: World, payload: Any) -> None:
    assert payload["userErrors"] == []
    world.approve(world.do("author", "submitForReview", payload["submission"]))


def revoke(world: World, raw: str, reason: str, **more: Any) -> None:
    reviewed(world, world.act("author", "draftRevoke", SUBMISSION, knowledgeId=encode_id("Knowledge", raw), reason=reason, **more))


def merge(world: World, raw: str) -> None:
    other = world.publish(scope="LOCAL", title="月包", body="每月三十元")
    revoke(world, raw, "MERGED", replacementId=encode_id("Knowledge", other))


def expire(world: World, _raw: str) -> None:
    world.pass_time(timedelta(days=10))


def renew(world: World, raw: str) -> None:
    given = {"knowledgeId": encode_id("Knowledge", raw), "effectiveTo": "2027-06-01"}
    reviewed(world, world.act("author", "draftRenewal", SUBMISSION, **given))


def suspend(world: World, raw: str) -> None:
    act(world, "suspendKnowledge", raw, reasonText="资费核实中")


def chain(*steps: Callable[[World, str], None]) -> Callable[[World, str], None]:
    def run(world: World, raw: str) -> None:
        for step in steps:
            world.now += timedelta(seconds=1)
            step(world, raw)

    return run


def resume(world: World, raw: str) -> None:
    act(world, "resumeKnowledge", raw)


def archive(world: World, raw: str) -> None:
    act(world, "archiveKnowledge", raw)


def retire(world: World, raw: str) -> None:
    revoke(world, raw, "SERVICE_RETIRED", reasonText="业务已下线")


def mistake(world: World, raw: str) -> None:
    revoke(world, raw, "PUBLISHED_IN_ERROR")


def useless(world: World, raw: str) -> None:
    revoke(world, raw, "NO_LONGER_USEFUL")


def mark(world: World, raw: str) -> None:
    act(world, "markStillInUse", raw, stillInUse=True)


def nothing(_world: World, _raw: str) -> None:
    """As published."""


def hidden(expected: Expected) -> Expected:
    """The same with title and notice only."""
    return replace(expected, text=False, found=(), every=())


SOON = ["EXPIRING_SOON"]  # the item runs out within the week
PUBLISHED = Expected("PUBLISHED", SOON, None)
SUSPENDED = Expected("SUSPENDED", [*SOON, "SUSPENDED"], "本知识已停用。原因：资费核实中", reviewer_may=("RESUME", "MARK_STILL_IN_USE"))
RENEWED = Expected("PUBLISHED", [], None, found=(2,), every=(1, 2), shown=2, current=2)
EXPIRED = Expected("EXPIRED", ["EXPIRED"], "本知识已过有效期", found=(), current=None, reviewer_may=("ARCHIVE", "MARK_STILL_IN_USE"))
REVOKED = replace(EXPIRED, status="REVOKED", badges=["REVOKED"])
RETIRED = replace(REVOKED, notice="业务下线）", revoked="SERVICE_RETIRED")
IN_ERROR = hidden(replace(REVOKED, notice="发布错误）", revoked="PUBLISHED_IN_ERROR"))
ARCHIVED: dict[str, Any] = {"status": "ARCHIVED", "badges": [], "reviewer_may": ()}
CASES: dict[str, tuple[Callable[[World, str], None], Expected]] = {
    "published": (nothing, PUBLISHED),
    "M1 suspended": (suspend, hidden(SUSPENDED)),
    "M2 resumed": (chain(suspend, resume), PUBLISHED),
    "M3 expired": (expire, EXPIRED),
    "M4 renewed before the end": (renew, RENEWED),
    "M4 renewed after the end": (chain(expire, renew), RENEWED),
    "M5 retired": (retire, RETIRED),
    "M5 useless": (useless, replace(REVOKED, notice="内容无用）", revoked="NO_LONGER_USEFUL")),
    "M5 merged": (merge, replace(REVOKED, notice="请看替代知识", revoked="MERGED", replaced=True)),
    "M5 in error": (mistake, IN_ERROR),
    "M6 archived after the end": (chain(expire, archive), replace(EXPIRED, **ARCHIVED)),
    "M6 archived after retirement": (chain(retire, archive), replace(RETIRED, **ARCHIVED)),
    "M6 archived after an error": (chain(mistake, archive), replace(IN_ERROR, **ARCHIVED)),
    "still in use": (mark, replace(PUBLISHED, badges=[*SOON, "STILL_IN_USE"])),
    "still in use, retired": (chain(mark, retire), replace(RETIRED, badges=["REVOKED", "STILL_IN_USE"])),
}


@pytest.mark.parametrize("case", CASES)
def test_what_each_reader_sees(world: World, case: str) -> None:
    change, expected = CASES[case]
    raw = world.publish(scope="LOCAL", title="流量日包", body=f"{TEXT}，当日有效。", effectiveTo="2026-11-27")
    sibling = world.publish(scope="LOCAL", title="流量日包加油", body="三元")
    began = world.now
    world.now += timedelta(minutes=1)
    change(world, raw)
    world.sync_index()
    world.now += timedelta(seconds=1)
    for who in ("agent", "author", "author2", "reviewer"):
        given = {"id": encode_id("Knowledge", raw), "v": encode_id("KnowledgeVersion", f"{raw}:1"), "at": began.isoformat()}
        seen = world.ask(who, EVERYWHERE, **given)
        _check_page(seen["knowledge"], expected, may=expected.reviewer_may if who == "reviewer" else ())
        _check_paths(seen, expected)
        related = world.ask(who, RELATED, id=encode_id("Knowledge", sibling))["knowledge"]["related"]
        assert ("流量日包" in [one["title"] for one in related]) == bool(expected.found)


def _check_page(page: dict[str, Any], expected: Expected, *, may: tuple[str, ...]) -> None:
    assert (page["status"], page["badges"], page["allowedActions"]) == (expected.status, expected.badges, list(may))
    assert (page["notice"] is None) == (expected.notice is None)
    assert expected.notice is None or expected.notice in page["notice"]
    assert page["textHidden"] is not expected.text
    assert (page["currentVersion"] or {}).get("number") == expected.current
    assert page["shownVersion"]["number"] == page["citation"]["number"] == expected.shown
    assert (page["revokeReason"], page["replacement"] is not None) == (expected.revoked, expected.replaced)
    texts = [page["shownVersion"]["body"], page["asOf"]["body"], *(version["body"] for version in page["history"])]
    assert {bool(text) for text in texts} == {expected.text}


def _check_paths(seen: dict[str, Any], expected: Expected) -> None:
    assert bool(seen["version"]["body"]) is expected.text
    assert seen["version"]["title"] == "流量日包"

    def numbers(search: str) -> list[int]:
        edges = [edge["node"]["version"] for edge in seen[search]["edges"]]
        assert all(version["body"] for version in edges)  # no search shows a hidden text, nor an empty one
        return sorted(version["number"] for version in edges if version["body"] != "三元")

    assert numbers("default") == list(expected.found)
    assert numbers("every") == list(expected.every)
    assert numbers("then") == ([1] if expected.text else [])
    assert sorted(one["number"] for one in seen["suggest"]) == sorted([1, *expected.found])  # the sibling is always there


def test_nationwide_suspension_says_until_when_and_ends_by_itself(world: World) -> None:
    raw = world.publish(title="漫游资费", body=TEXT)
    suspend(world, raw)
    query = "query($id: ID!) { knowledge(id: $id) { status suspendedUntil notice badges } }"
    page = world.ask("agent", query, id=encode_id("Knowledge", raw))["knowledge"]
    assert page["suspendedUntil"] == "2026-11-26T01:00:00+00:00"
    assert "最迟 2026-11-26 09:00 恢复" in page["notice"]
    world.pass_time(timedelta(hours=72))
    assert world.ask("agent", query, id=encode_id("Knowledge", raw))["knowledge"]["status"] == "PUBLISHED"


def test_still_in_use_can_be_searched_for(world: World) -> None:
    raw = world.publish(scope="LOCAL", title="老套餐", body="老客户仍在用")
    world.publish(scope="LOCAL", title="新套餐", body="在售")

    def titles(given: str) -> list[str]:
        world.sync_index()
        query = f'{{ search(query: "套餐", filter: {{stillInUse: {given}}}) {{ totalCount edges {{ node {{ version {{ title }} }} }} }} }}'
        found = world.ask("agent", query)["search"]
        assert found["totalCount"] == len(found["edges"])
        return sorted(edge["node"]["version"]["title"] for edge in found["edges"])

    assert (titles("true"), titles("false"), titles("null")) == ([], ["新套餐", "老套餐"], ["新套餐", "老套餐"])
    mark(world, raw)
    assert (titles("true"), titles("false")) == (["老套餐"], ["新套餐"])
    act(world, "markStillInUse", raw, stillInUse=False)
    assert titles("true") == []


def test_the_store_has_the_last_word_on_still_in_use(world: World) -> None:
    raw = world.publish(scope="LOCAL", title="老套餐", body="老客户仍在用")
    mark(world, raw)
    world.sync_index()
    act(world, "markStillInUse", raw, stillInUse=False)  # the index is behind
    query = '{ search(query: "套餐", filter: {stillInUse: true}) { edges { node { version { title } } } } }'
    assert world.ask("agent", query)["search"]["edges"] == []


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("author", {}, "PERMISSION_DENIED"),
        ("agent", {}, "PERMISSION_DENIED"),
        ("reviewer", {"knowledgeId": "junk"}, "NOT_FOUND"),
        ("reviewer", {"lockVersion": 99}, "STALE_OBJECT"),
        ("reviewer", {"stillInUse": False}, "RULE_VIOLATED"),
    ],
)
def test_marking_is_refused(world: World, who: str, given: dict[str, Any], code: str) -> None:
    raw = world.publish(scope="LOCAL", title="老套餐")
    asked = {"knowledgeId": encode_id("Knowledge", raw), "lockVersion": 1, "stillInUse": True, **given}
    payload = world.act(who, "markStillInUse", "knowledge { stillInUse }", **asked)
    assert [error["code"] for error in payload["userErrors"]] == [code]


def test_renewal_is_refused_with_a_sentence(world: World) -> None:
    endless = world.publish(scope="LOCAL", title="长期有效")
    ending = world.publish(scope="LOCAL", title="有期限", effectiveTo="2027-01-01")
    given = {"knowledgeId": encode_id("Knowledge", endless), "effectiveTo": "2027-06-01"}
    assert world.act("author", "draftRenewal", SUBMISSION, **given)["userErrors"][0]["rule"] == "NO_END"
    early = world.act("author", "draftRenewal", SUBMISSION, knowledgeId=encode_id("Knowledge", ending), effectiveTo="2026-12-01")
    assert [(e["rule"], e["field"]) for e in early["userErrors"]] == [("NOT_LATER", ["effectiveTo"])]
    assert "2027-01-01 00:00" in early["userErrors"][0]["message"]
    denied = world.act("reviewer", "draftRenewal", SUBMISSION, **given)
    assert denied["userErrors"][0]["code"] == "PERMISSION_DENIED"
    junk = world.act("author", "draftRenewal", SUBMISSION, **{**given, "knowledgeId": "junk"})
    assert junk["userErrors"][0]["code"] == "NOT_FOUND"
    naive = world.run("author", 'mutation { draftRenewal(input: {knowledgeId: "x", effectiveTo: "明天"}) { userErrors { code } } }')
    assert naive["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
