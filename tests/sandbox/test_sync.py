"""版本同步 (S1, S2): digests computed twice, only what differs answered, repairs sent again unchanged, k of k injected found."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import canonical_hash, content

Row = tuple[int, str, str]


def _digest(rows: dict[str, Row]) -> str:
    lines = [f"{key}\t{number}\t{status}\t{text}" for key, (number, status, text) in sorted(rows.items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _told(ours: dict[str, dict[str, Row]], run: str = "run-1", **more: Any) -> dict[str, Any]:
    categories = [{"categoryId": key, "count": len(rows), "digest": _digest(rows)} for key, rows in ours.items()]
    return {"runId": run, "categories": categories, **more}


def _stock(count: int, categories: int) -> tuple[list[dict[str, Any]], dict[str, dict[str, Row]]]:
    """Items for HQ, and the same as the second line would hold them."""
    items, ours = [], {f"c{each:03}": dict[str, Row]() for each in range(categories)}
    for at in range(count):
        text, category = content(f"知识 {at}"), f"c{at % categories:03}"
        items.append({"knowledgeId": f"k{at:05}", "categoryId": category, "content": text, "number": 1 + at % 3})
        ours[category][f"k{at:05}"] = (1 + at % 3, "PUBLISHED", canonical_hash(text))
    return items, ours


def _found(world: World, ours: dict[str, dict[str, Row]]) -> set[str]:
    """What the answers say differs from ours."""
    different = set()
    for answer in world.service.of("hqAnswerDigest"):
        for category in answer["categories"]:
            theirs = {row["knowledgeId"]: (row["number"], row["status"], row["contentHash"]) for row in category["items"]}
            mine = ours.get(category["categoryId"], {})
            different |= {key for key in {*theirs, *mine} if theirs.get(key) != mine.get(key)}
    return different


def test_equal_sides_get_one_empty_answer(world: World) -> None:
    items, ours = _stock(20, 4)
    assert world.hq.hold_stock(items) == 20
    assert {each["categoryId"]: each["digest"] for each in world.hq.digests()} == {key: _digest(rows) for key, rows in ours.items()}
    world.service.send("version.digest", _told(ours | {"empty": {}}))
    assert world.service.wait_for("hqAnswerDigest") == {"runId": "run-1", "categories": []}
    assert [step["step"] for step in world.hq.steps("run-1")] == ["S1"]
    assert world.hq.sync_runs()[0]["answered"] == 0


def test_exactly_the_injected_differences_are_found_in_portions(world: World) -> None:
    items, ours = _stock(600, 120)
    world.hq.hold_stock(items)
    injected = {
        world.hq.inject("forget", "k00000"),
        world.hq.inject("content", "k00001"),
        world.hq.inject("number", "k00002", number=9),
        world.hq.inject("revoke", "k00003"),
        world.hq.inject("category", "k00004", categoryId="c099"),
        world.hq.inject("unknown", categoryId="c077"),
        world.hq.inject("unknown", categoryId="only-hq"),
        world.hq.inject("dropVersion", "k00008"),
    }
    for at in range(20, 110):
        injected.add(world.hq.inject("content", f"k{at:05}", content={"body": "另一文本"}))
    world.service.send("version.digest", _told(ours))
    world.service.wait_for("hqAnswerDigest", count=2)
    sizes = [len(answer["categories"]) for answer in world.service.of("hqAnswerDigest")]
    assert sizes == [50, 47]
    assert _found(world, ours) == injected
    assert [(answer["portion"], answer["portions"]) for answer in world.service.of("hqAnswerDigest")] == [(1, 2), (2, 2)]
    assert {answer["runId"] for answer in world.service.of("hqAnswerDigest")} == {"run-1"}


def test_a_partial_digest_is_answered_for_what_it_names(world: World) -> None:
    items, ours = _stock(8, 4)
    world.hq.hold_stock(items)
    world.hq.inject("content", "k00000")
    world.hq.inject("content", "k00001")
    world.service.send("version.digest", _told({"c000": ours["c000"]}, complete=False))
    answer = world.service.wait_for("hqAnswerDigest")
    assert [each["categoryId"] for each in answer["categories"]] == ["c000"]


def test_repairs_go_out_unchanged_under_fresh_ids(world: World) -> None:
    draft = world.hq.make_knowledge({"title": "甲", "body": "正文"}, "c1", distribution=["GD"])
    first = world.service.wait_for("hqPushVersion")
    gone = world.hq.make_knowledge({"title": "乙", "body": "正文"}, "c1")
    world.service.wait_for("hqPushVersion", count=2)
    world.hq.make_revocation(gone["knowledgeId"], "SERVICE_RETIRED", reasonText="下线")
    revoked = world.service.wait_for("hqPushRevocation")
    items = [
        {"knowledgeId": draft["knowledgeId"], "held": None},
        {"knowledgeId": gone["knowledgeId"], "held": 1},
        {"knowledgeId": "strange", "held": 4},
        {"knowledgeId": "stranger", "held": None},
    ]
    answer = world.service.send("version.request", {"runId": "run-2", "items": items}).json()["result"]
    assert "共 4 条消息" in answer
    world.service.wait_for("hqPushRevocation", count=3)
    world.service.wait_for("hqPushVersion", count=4)
    again = next(given for given in world.service.of("hqPushVersion")[2:] if given["knowledgeId"] == draft["knowledgeId"])
    assert again == first
    endings = {given["knowledgeId"]: given for given in world.service.of("hqPushRevocation")[1:]}
    assert endings[gone["knowledgeId"]] == revoked
    assert (endings["strange"]["number"], endings["strange"]["reason"]) == (4, "NO_LONGER_USEFUL")
    order = [name for name, given, _ in world.service.calls if given.get("knowledgeId") == gone["knowledgeId"]]
    assert order == ["hqPushVersion", "hqPushRevocation", "hqPushVersion", "hqPushRevocation"]
    ids = [key for _, _, key in world.service.calls]
    assert len(set(ids)) == len(ids)
    assert [step["step"] for step in world.hq.steps("run-2")] == ["S2"]


def test_what_is_in_force_counts_not_what_is_to_come(by_hand: World) -> None:
    draft = by_hand.hq.make_knowledge({"title": "甲", "body": "今天"}, "c1")
    by_hand.hq.decide_draft(draft["id"], "approve")
    key = draft["knowledgeId"]
    today = by_hand.hq.digest_rows("c1")
    coming = by_hand.hq.make_update(key, {"body": "将来"})
    by_hand.hq.decide_draft(coming["id"], "approve", effectiveFrom="2099-01-01T00:00:00Z")
    assert by_hand.hq.digest_rows("c1") == today
    assert [(row["number"], row["status"]) for row in today] == [(1, "PUBLISHED")]
    correction = by_hand.hq.make_update(key, {"body": "过去", "effectiveTo": "2020-01-01T00:00:00Z"})
    by_hand.hq.decide_draft(correction["id"], "approve")
    assert [(row["number"], row["status"]) for row in by_hand.hq.digest_rows("c1")] == [(3, "EXPIRED")]
    revocation = by_hand.hq.make_revocation(key, "NO_LONGER_USEFUL", effectiveFrom="2099-01-01T00:00:00Z")
    by_hand.hq.decide_draft(revocation["id"], "approve")
    assert [(row["number"], row["status"]) for row in by_hand.hq.digest_rows("c1")] == [(3, "EXPIRED")]
    only_coming = by_hand.hq.make_knowledge({"title": "乙", "body": "将来", "effectiveFrom": "2099-01-01T00:00:00Z"}, "c2")
    by_hand.hq.decide_draft(only_coming["id"], "approve")
    assert by_hand.hq.digest_rows("c2") == []


def test_a_revocation_counts_with_the_version_it_ended(by_hand: World) -> None:
    by_hand.hq.hold_stock([{"knowledgeId": "k", "categoryId": "c1", "content": content(), "number": 5, "status": "REVOKED"}])
    (row,) = by_hand.hq.digest_rows()
    assert (row["number"], row["status"], row["contentHash"]) == (5, "REVOKED", canonical_hash(content()))
    by_hand.hq.inject("unrevoke", "k")
    assert by_hand.hq.digest_rows()[0]["status"] == "PUBLISHED"


def test_wrong_hooks_and_messages_are_refused(refusing: World) -> None:
    for action in ("burn", "content", "unknown"):
        with pytest.raises(SandboxApiError):
            refusing.hq.inject(action)
    one = {"knowledgeId": "k", "categoryId": "c", "content": content()}
    wrong: list[Any] = [{}, [1], [one | {"content": None}], [one | {"number": "x"}], [one, one]]
    for items in wrong:
        with pytest.raises(SandboxApiError):
            refusing.hq.hold_stock(items)
    assert refusing.hq.digests() == []
    for kind, data in (
        ("version.digest", {"runId": "r"}),
        ("version.digest", {"runId": 7, "categories": []}),
        ("version.request", {"runId": "r", "items": [{}]}),
    ):
        assert refusing.service.send(kind, data).status_code == 422
