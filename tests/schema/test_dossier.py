"""全程记录: one list of everything about an item, with people, systems, reasons, receipts; in a fixed number of statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from kbsearch.schema.ids import encode_id

from .announcing import OURS, content
from .feedback_door import give
from .test_interim_notes import approved
from .test_syncing import push
from .world import SUBMISSION, World

ENTRY = """at system systemText who actionText documentType fromStateText toStateText reasonLabels reasonText versionNumber
  log { action round } transport { kindText status statusText attempts deliveredAt } inbox { kindText receipt receiptText reason }"""
DOSSIER = f"""query($id: ID!, $first: Int!, $after: String) {{ knowledge(id: $id) {{ dossier(first: $first, after: $after) {{
  totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ {ENTRY} }} }} }} }} }}"""


def record(world: World, raw: str, who: str = "reviewer") -> list[dict[str, Any]]:
    found = world.ask(who, DOSSIER, id=encode_id("Knowledge", raw), first=100)["knowledge"]["dossier"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["who"], entry["actionText"]) for entry in entries]


def a_life(world: World) -> str:
    """Returned here, returned there, published, suspended, resumed, spoken of, explained."""
    first = world.do("author", "submitForReview", world.draft(title="漫游资费", body="每日五元"))
    back = world.do("reviewer", "returnSubmission", first, reasonCodes=["OTHER"], reasonText="请补资费")
    sent = world.approve(world.do("author", "submitForReview", back), andSubmit=True)
    assert world.hq("hqAcknowledge", submissionId=sent["rawId"], round=1, hqReference="R-1")["result"] == "APPLIED"
    world.hq_approves(sent)
    raw = str(sent["knowledgeRawId"])
    lock = "query($id: ID!) { knowledge(id: $id) { lockVersion } }"
    for mutation in ("suspendKnowledge", "resumeKnowledge"):
        given = world.ask("reviewer", lock, id=encode_id("Knowledge", raw))["knowledge"]
        world.act("reviewer", mutation, "knowledge { id }", knowledgeId=encode_id("Knowledge", raw), reasonText="核实", **given)
    give(world, "agent", raw)
    approved(world, raw)
    return raw


def test_everything_in_commit_order(world: World) -> None:
    raw = a_life(world)
    entries = record(world, raw)
    assert told(entries) == [
        ("姓author", "起草"),
        ("姓author", "提交审核"),
        ("姓reviewer", "审核退回"),
        ("姓author", "提交审核"),
        ("姓reviewer", "审核通过"),
        ("姓reviewer", "提交总部"),
        ("系统", "发出知识上传"),
        ("总部", "总部接收"),
        ("总部", "收到接收确认"),
        ("总部", "总部审批通过"),
        ("总部", "收到审批通过"),
        ("姓reviewer", "停用"),
        ("系统", "发出停用告知"),
        ("姓reviewer", "恢复"),
        ("系统", "发出停用告知"),
        ("姓agent", "提出"),
        ("姓author", "写临时口径"),
        ("姓reviewer", "审核通过"),
    ]
    returned, sent, received, decided = entries[2], entries[6], entries[8], entries[9]
    assert (returned["system"], returned["reasonLabels"], returned["reasonText"]) == ("PEOPLE", ["其他"], "请补资费")
    assert (returned["fromStateText"], returned["toStateText"]) == ("待审核", "审核退回")
    assert (sent["system"], sent["documentType"], sent["transport"]["status"], sent["log"]) == ("SYSTEM", "OUTBOX", "PENDING", None)
    assert (received["systemText"], received["inbox"]["receipt"], received["inbox"]["receiptText"]) == ("一级客服系统", "APPLIED", "已生效")
    assert (decided["versionNumber"], decided["toStateText"]) == (1, "已生效")
    assert entries[-1]["toStateText"] == "生效中"


def test_a_push_and_a_refused_message_stand_in_it_too(world: World) -> None:
    assert push(world, "HQ-K1", "每日五元") == "APPLIED"
    assert push(world, "HQ-K1", "每日六元") == "QUARANTINED"
    entries = record(world, "HQ-K1")
    assert told(entries) == [("总部", "总部下发版本"), ("总部", "收到总部下发知识版本"), ("总部", "收到总部下发知识版本")]
    assert [entry["versionNumber"] for entry in entries] == [1, None, None]
    assert (entries[2]["inbox"]["receipt"], entries[2]["toStateText"]) == ("QUARANTINED", "已隔离")


def test_each_sees_their_own_part(world: World) -> None:
    raw = a_life(world)
    whole = record(world, raw)
    assert record(world, raw, "operator") == whole
    assert record(world, raw, "author") == [entry for entry in whole if entry["documentType"] != "FEEDBACK"]
    others = told(record(world, raw, "author2"))
    assert others == [("姓reviewer", "停用"), ("系统", "发出停用告知"), ("姓reviewer", "恢复"), ("系统", "发出停用告知")]
    for who in ("agent", "admin"):
        answer = world.run(who, DOSSIER, id=encode_id("Knowledge", raw), first=10)
        assert answer["data"]["knowledge"]["dossier"] is None
        assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


def test_pages_join_without_a_gap(world: World) -> None:
    raw = a_life(world)
    whole, found, after = record(world, raw), [], None
    while True:
        part = world.ask("reviewer", DOSSIER, id=encode_id("Knowledge", raw), first=4, after=after)["knowledge"]["dossier"]
        found += [edge["node"] for edge in part["edges"]]
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    for bad in ("junk", world.ask("reviewer", "{ reviewQueue { pageInfo { endCursor } } }")["reviewQueue"]["pageInfo"]["endCursor"] or "x"):
        answer = world.run("reviewer", DOSSIER, id=encode_id("Knowledge", raw), first=4, after=bad)
        assert answer["errors"][0]["extensions"]["code"] == "RULE_VIOLATED"


def test_a_list_of_records_costs_no_more_statements_than_one(world: World) -> None:
    def statements(first: int) -> int:
        seen: list[str] = []
        listener = lambda *given: seen.append(given[2])  # noqa: E731 - listened to and taken off again
        event.listen(world.engine, "before_cursor_execute", listener)
        nodes = world.ask("reviewer", f"{{ newest(first: {first}) {{ dossier(first: 5) {{ edges {{ node {{ who actionText }} }} }} }} }}")
        event.remove(world.engine, "before_cursor_execute", listener)
        assert len(nodes["newest"]) == first
        return len(seen)

    for n in range(4):
        world.publish(scope="LOCAL", title=f"本地{n}", body="文")
    assert statements(1) == statements(4)


def test_an_announcement_has_one_too(world: World) -> None:
    drafted = world.act("author", "draftAnnouncement", SUBMISSION, content=content({"organisations": [OURS]}))
    assert drafted["userErrors"] == []
    world.approve(world.do("author", "submitForReview", drafted["submission"]))
    query = "query($id: ID!) { announcement(id: $id) { dossier { edges { node { who actionText } } } } }"
    raw = drafted["submission"]["knowledgeRawId"]
    found = world.ask("reviewer", query, id=encode_id("Announcement", raw))["announcement"]["dossier"]["edges"]
    assert told([edge["node"] for edge in found])[:3] == [("姓author", "起草"), ("姓author", "提交审核"), ("姓reviewer", "审核通过")]
