"""Receipts through GraphQL over HTTP: reading, signing, reminding, who sees the list; and that the list leaks to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kbsearch.schema.ids import encode_id
from kbsearch.workflow.actions import Role

from . import announcing as a
from .world import World

MUST = a.content({"organisations": [a.OURS]}, mustRead=True)
STANDING = """currentVersion { contentHash } myReceipt { state stateText signAgain readAt signedAt proof }
  receiptSummary { total pending read signed }"""
LIST = """receipts(state: $state, first: $first, after: $after) {
  edges { cursor node { person { login } state stateText signAgain readAt signedAt versionNumber proofValid } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"""


def standing(world: World, who: str, raw: str) -> Any:
    return a.page(world, who, raw, STANDING)


def act(world: World, who: str, mutation: str, raw: str, selection: str = "", **more: Any) -> Any:
    fields = f"announcement {{ {STANDING} }} {selection}"
    return world.act(who, mutation, fields, announcementId=encode_id("Announcement", raw), **more)


def sign(world: World, who: str, raw: str) -> Any:
    seen = standing(world, who, raw)
    return act(world, who, "signAnnouncement", raw, contentHash=seen["currentVersion"]["contentHash"])


def listed(world: World, who: str, raw: str, state: str | None = None, first: int = 3) -> list[Any]:
    """Every page of the list, joined."""
    query = f"query($id: ID!, $state: ReceiptState, $first: Int!, $after: String) {{ announcement(id: $id) {{ {LIST} }} }}"
    found: list[Any] = []
    after = None
    while True:
        page = world.ask(who, query, id=encode_id("Announcement", raw), state=state, first=first, after=after)["announcement"]["receipts"]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]


def unread(world: World, who: str) -> Any:
    return world.ask(who, "{ me { unread { announcements unsigned toReply notices } } }")["me"]["unread"]


def test_a_reader_reads_and_signs_what_they_read(world: World) -> None:
    raw = a.publish(world, MUST)
    before = standing(world, "agent", raw)
    assert before["myReceipt"] == {
        "state": "PENDING", "stateText": "待送达", "signAgain": False, "readAt": None, "signedAt": None, "proof": None,
    }  # fmt: skip
    assert before["receiptSummary"] is None  # not an agent's to see
    assert (a.mine(world, "agent", "UNREAD"), a.mine(world, "agent", "UNSIGNED")) == (["割接公告"], ["割接公告"])
    assert unread(world, "agent") == {"announcements": 1, "unsigned": 1, "toReply": 0, "notices": 1}
    done = act(world, "agent", "markAnnouncementRead", raw)
    assert (done["userErrors"], done["announcement"]["myReceipt"]["state"]) == ([], "READ")
    assert (a.mine(world, "agent", "UNREAD"), a.mine(world, "agent", "UNSIGNED")) == ([], ["割接公告"])
    world.now += timedelta(minutes=1)
    receipt = sign(world, "agent", raw)["announcement"]["myReceipt"]
    assert (receipt["state"], receipt["signedAt"], len(receipt["proof"])) == ("SIGNED", "2026-11-23T01:01:00+00:00", 64)
    assert a.mine(world, "agent", "UNSIGNED") == []
    assert unread(world, "agent")["unsigned"] == 0


def test_the_publisher_sees_who_has_and_who_has_not(world: World) -> None:
    raw = a.publish(world, MUST)
    sign(world, "agent", raw)
    act(world, "admin", "markAnnouncementRead", raw)
    for who in ("author", "reviewer", "both"):
        if who != "both":  # an author of another's, though a reviewer: sees it as reviewer
            assert standing(world, who, raw)["receiptSummary"] == {"total": 8, "pending": 6, "read": 1, "signed": 1}
    everybody = listed(world, "author", raw)
    assert [line["person"]["login"] for line in everybody] == sorted(line["person"]["login"] for line in everybody)
    by = {line["person"]["login"]: line for line in everybody}
    assert (by["agent"]["state"], by["agent"]["proofValid"], by["agent"]["versionNumber"]) == ("SIGNED", True, 1)
    assert (by["admin"]["state"], by["admin"]["proofValid"]) == ("READ", None)
    assert (by["author2"]["state"], by["author2"]["stateText"], by["author2"]["readAt"]) == ("PENDING", "待送达", None)
    assert [line["person"]["login"] for line in listed(world, "reviewer", raw, "SIGNED")] == ["agent"]
    assert len(listed(world, "reviewer", raw, "PENDING", first=1)) == 6
    world.enroll("joiner", {Role.AGENT})
    assert len(listed(world, "reviewer", raw)) == 9


def test_nobody_else_sees_the_list(world: World) -> None:
    raw = a.publish(world, MUST)
    for who in ("agent", "author2", "operator", "admin"):
        seen = a.page(world, who, raw, "receiptSummary { total } receipts { edges { cursor } }")
        assert (seen["receiptSummary"], seen["receipts"]) == (None, None), who
        denied = act(world, who, "remindUnsigned", raw, "reminded")
        assert [e["code"] for e in denied["userErrors"]] == ["PERMISSION_DENIED"], who


def test_stale_and_foreign_signatures_are_refused(world: World) -> None:
    raw = a.publish(world, MUST)
    old = standing(world, "agent", raw)["currentVersion"]["contentHash"]
    submission = a.begin(world, "draftCorrection", raw, content={"body": "改到明晚。"}, material=True)
    world.approve(world.do("author", "submitForReview", submission))
    refusal = act(world, "agent", "signAnnouncement", raw, contentHash=old)
    assert [(e["__typename"], e["field"], e["currentState"]) for e in refusal["userErrors"]] == [
        ("VersionConflictError", ["contentHash"], "PUBLISHED")
    ]
    assert refusal["announcement"]["myReceipt"]["state"] == "PENDING"
    assert refusal["announcement"]["currentVersion"]["contentHash"] != old
    named = a.publish(world, a.content({"people": [{"organisation": a.OURS, "id": "author2"}]}, mustRead=True))
    for who, code in (("agent", "NOT_FOUND"), ("reviewer", "RULE_VIOLATED")):
        refusal = act(world, who, "signAnnouncement", named, contentHash=old)
        assert [e["code"] for e in refusal["userErrors"]] == [code]
    for junk in ("", "x", encode_id("Knowledge", raw), encode_id("Announcement", "nothing")):
        refusal = world.act("agent", "signAnnouncement", "announcement { id }", announcementId=junk, contentHash=old)
        assert ([e["code"] for e in refusal["userErrors"]], refusal["announcement"]) == (["NOT_FOUND"], None)


def test_a_material_change_asks_again_and_a_small_one_does_not(world: World) -> None:
    raw = a.publish(world, MUST)
    sign(world, "agent", raw)
    for material, state, again in ((False, "SIGNED", False), (True, "PENDING", True)):
        world.now += timedelta(minutes=1)
        submission = a.begin(world, "draftCorrection", raw, content={"body": f"改过（{material}）。"}, material=material)
        world.approve(world.do("author", "submitForReview", submission))
        mine = standing(world, "agent", raw)["myReceipt"]
        assert (mine["state"], mine["signAgain"]) == (state, again)


def test_reminding(world: World) -> None:
    raw = a.publish(world, MUST)
    sign(world, "agent", raw)
    assert act(world, "author", "remindUnsigned", raw, "reminded spared") | {"announcement": None} == {
        "userErrors": [], "announcement": None, "reminded": 6, "spared": 0,
    }  # fmt: skip
    again = act(world, "reviewer", "remindUnsigned", raw, "reminded spared")
    assert (again["reminded"], again["spared"]) == (1, 5)  # the author, who had not been; not oneself
    world.now += timedelta(hours=4)
    assert act(world, "author", "remindUnsigned", raw, "reminded spared")["reminded"] == 6


@pytest.mark.parametrize("after", ["junk", ""])
def test_a_forged_cursor_is_refused(world: World, after: str) -> None:
    raw = a.publish(world, MUST)
    query = "query($id: ID!, $a: String) { announcement(id: $id) { receipts(after: $a) { edges { cursor } } } }"
    answer = world.run("reviewer", query, id=encode_id("Announcement", raw), a=after)
    assert answer["errors"][0]["extensions"]["code"] == "RULE_VIOLATED"
