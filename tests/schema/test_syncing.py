"""Version sync and taxonomy as reviewers and headquarters meet them: through GraphQL, with signed callbacks."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlmodel import col, select

from kbsearch.content import Content
from kbsearch.schema.ids import encode_id
from kbsearch.store.tables import OutboxMessage

from .world import World

RUN = """syncRun { id rawId state stateText compared messages note lockVersion allowedActions startedBy { name } appliedBy { name }
  categories { rawId } counts { kind kindText found repaired } timeline { actionText fromStateText toStateText actorName }
  differences(first: 50) { edges { node { knowledgeId knowledgeRawId kind kindText action actionText chosen repairedAt
    knowledge { title badgeTexts } ours { number status contentHash category { rawId } } theirs { number statusText } } }
    pageInfo { hasNextPage } } }"""
MINUTE = timedelta(minutes=1)


def sent(world: World, kind: str) -> list[dict[str, Any]]:
    with world.store.read() as session:
        statement = (
            select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal))
        )
        return [m.payload for m in session.exec(statement)]


def push(world: World, item: str, text: str, *, number: int = 1, category: str = "TARIFF") -> str:
    content = Content(title=f"题{item}", body=text)
    wire = {k: v for k, v in content.document().items() if v is not None}
    told = world.hq("hqPushVersion", knowledgeId=item, number=number, categoryId=category, content=wire, contentHash=content.hash)
    return str(told["result"])


def row(item: str, text: str, *, number: int = 1, status: str = "PUBLISHED") -> dict[str, Any]:
    content_hash = Content(title=f"题{item}", body=text).hash
    return {"knowledgeId": item, "number": number, "status": status, "contentHash": content_hash}


def seen(world: World, run: dict[str, Any], who: str = "reviewer") -> Any:
    return world.ask(who, f"query($id: ID!) {{ {RUN.replace('syncRun', 'syncRun(id: $id)', 1)} }}", id=run["id"])["syncRun"]


def compared(world: World, *categories: dict[str, Any]) -> Any:
    """A comparison that headquarters answered with these categories."""
    made = world.act("operator", "compareWithHq", RUN)
    assert made["userErrors"] == []
    world.now += MINUTE
    run = made["syncRun"]
    assert world.hq("hqAnswerDigest", runId=run["rawId"], categories=list(categories))["result"] == "APPLIED"
    return seen(world, run)


def test_a_difference_is_found_shown_repaired_and_told(world: World) -> None:
    for item in ("K1", "K2", "K3"):
        assert push(world, item, "我方的文字") == "APPLIED"
    world.now += MINUTE
    cited_at = world.now.isoformat()
    started = world.act("reviewer", "compareWithHq", RUN)["syncRun"]
    assert (started["state"], started["stateText"], started["compared"], started["startedBy"]) == (
        "ASKED",
        "已发摘要",
        3,
        {"name": "姓reviewer"},
    )
    [digest] = sent(world, "version.digest")
    lines = "\n".join(f"{i}\t1\tPUBLISHED\t{Content(title=f'题{i}', body='我方的文字').hash}" for i in ("K1", "K2", "K3"))
    hashed = hashlib.sha256(lines.encode()).hexdigest()
    assert digest == {"runId": started["rawId"], "complete": True, "categories": [{"categoryId": "TARIFF", "count": 3, "digest": hashed}]}
    world.now += MINUTE
    told = [row("K1", "总部的文字"), row("K2", "我方的文字")]
    world.hq("hqAnswerDigest", runId=started["rawId"], categories=[{"categoryId": "TARIFF", "items": told}], portion=1, portions=1)
    run = seen(world, started)
    found = [edge["node"] for edge in run["differences"]["edges"]]
    assert [(d["knowledgeRawId"], d["kindText"], d["actionText"], d["chosen"]) for d in found] == [
        ("K1", "内容不同", "请总部补发版本", True),
        ("K3", "总部没有", "请总部补发撤销", True),
    ]
    assert (found[0]["knowledge"]["badgeTexts"], found[0]["theirs"]) == (["与总部不一致"], {"number": 1, "statusText": "已发布"})
    assert (run["state"], run["allowedActions"], seen(world, run, "operator")["allowedActions"]) == (
        "DIFFERENT",
        ["REPAIR", "DISCARD_SYNC"],
        [],
    )
    world.now += MINUTE
    lock = {"runId": run["id"], "lockVersion": run["lockVersion"]}
    repaired = world.act("reviewer", "applyRepair", RUN, **lock, exclude=[found[1]["knowledgeId"]])
    assert (repaired["userErrors"], repaired["syncRun"]["state"]) == ([], "REPAIRING")
    assert sent(world, "version.request") == [{"runId": run["rawId"], "items": [{"knowledgeId": "K1", "held": 1}]}]
    world.now += MINUTE
    assert push(world, "K1", "总部的文字") == "APPLIED"
    run = seen(world, run)
    assert (run["state"], run["messages"], run["counts"]) == (
        "REPAIRED",
        3,
        [
            {"kind": "MISSING_THERE", "kindText": "总部没有", "found": 1, "repaired": 0},
            {"kind": "OTHER_CONTENT", "kindText": "内容不同", "found": 1, "repaired": 1},
        ],
    )
    assert [(e["actionText"], e["toStateText"], e["actorName"]) for e in run["timeline"]] == [
        ("发起比对", "已发摘要", "姓reviewer"),
        ("总部答复", "有差异", "总部"),
        ("申请补发", "修复中", "姓reviewer"),
        ("修复完成", "已修复", "系统"),
    ]
    query = """query($id: ID!, $at: DateTime!, $now: DateTime!) { knowledge(id: $id) { badges currentVersion { body }
      old: cited(number: 1, at: $at) { body isCurrent } new: cited(number: 1, at: $now) { body isCurrent }
      timeline { actionText reasonText } } }"""
    page = world.ask("agent", query, id=encode_id("Knowledge", "K1"), at=cited_at, now=world.now.isoformat())["knowledge"]
    assert (page["badges"], page["currentVersion"]["body"]) == ([], "总部的文字")
    assert page["old"] == {"body": "我方的文字", "isCurrent": False}
    assert page["new"] == {"body": "总部的文字", "isCurrent": True}
    assert page["timeline"][-1] == {"actionText": "版本同步修复", "reasonText": "内容不同"}
    assert world.found("总部的文字")[0] == "题K1"  # the others share a word with it


def test_equal_sides_and_a_discarded_run(world: World) -> None:
    push(world, "K1", "文")
    run = compared(world)
    assert (run["state"], run["differences"]["edges"]) == ("EQUAL", [])
    push(world, "K2", "文")
    world.now += MINUTE
    run = compared(world, {"categoryId": "TARIFF", "items": [row("K1", "文")]})
    assert run["state"] == "DIFFERENT"
    stale = world.act("reviewer", "discardSync", RUN, runId=run["id"], lockVersion=99)
    assert [e["__typename"] for e in stale["userErrors"]] == ["VersionConflictError"]
    gone = world.act("reviewer", "discardSync", RUN, runId=run["id"], lockVersion=run["lockVersion"], reasonText="总部在修")
    assert (gone["syncRun"]["state"], gone["syncRun"]["note"]) == ("DISCARDED", "总部在修")
    listed = world.ask(
        "operator", "{ syncRuns(first: 1) { edges { cursor node { state counts { found } } } pageInfo { hasNextPage endCursor } } }"
    )
    assert listed["syncRuns"]["edges"][0]["node"] == {"state": "DISCARDED", "counts": [{"found": 1}]}
    more = "query($a: String!) { syncRuns(after: $a) { edges { node { state } } } }"
    rest = world.ask("operator", more, a=listed["syncRuns"]["pageInfo"]["endCursor"])["syncRuns"]["edges"]
    assert rest == [{"node": {"state": "EQUAL"}}]
    equal = world.ask("operator", "{ syncRuns(states: [EQUAL]) { edges { node { id } } } }")["syncRuns"]["edges"]
    node = world.ask("reviewer", "query($id: ID!) { node(id: $id) { ... on SyncRun { state } } }", id=equal[0]["node"]["id"])["node"]
    assert node == {"state": "EQUAL"}


def test_bad_input_and_who_may(world: World) -> None:
    wrong = world.act("reviewer", "compareWithHq", RUN, categoryIds=[world.local_category])
    assert [e["rule"] for e in wrong["userErrors"]] == ["NOT_HQ_CATEGORY"]
    unknown = world.act("reviewer", "compareWithHq", RUN, categoryIds=["junk"])
    assert [e["code"] for e in unknown["userErrors"]] == ["NOT_FOUND"]
    part = world.act("reviewer", "compareWithHq", RUN, categoryIds=[encode_id("Category", "ROAMING")])["syncRun"]
    assert [c["rawId"] for c in part["categories"]] == ["ROAMING"]
    twice = world.act("reviewer", "compareWithHq", RUN)
    assert [e["rule"] for e in twice["userErrors"]] == ["SYNC_RUNNING"]
    for who, mutation in (("author", "compareWithHq"), ("operator", "applyRepair"), ("agent", "discardSync")):
        given = {} if mutation == "compareWithHq" else {"runId": part["id"], "lockVersion": 1}
        refused = world.act(who, mutation, "syncRun { id }", **given)
        assert ([e["code"] for e in refused["userErrors"]], refused["syncRun"]) == (["PERMISSION_DENIED"], None)
    assert world.run("agent", "{ syncRuns { edges { cursor } } }")["data"] == {"syncRuns": None}
    assert world.ask("reviewer", '{ syncRun(id: "junk") { state } }')["syncRun"] is None
    assert world.hq("hqAnswerDigest", runId="nowhere", categories=[])["result"] == "REJECTED"
    late = world.act("reviewer", "applyRepair", RUN, runId=part["id"], lockVersion=part["lockVersion"])
    assert [e["rule"] for e in late["userErrors"]] == ["NOTHING_TO_REPAIR"]


def found_in(world: World, category: str) -> list[str]:
    query = """query($c: [ID!]) { search(query: "", filter: {categoryIds: $c}) { edges { node { version { title } } }
      facets { category { count category { rawId } } } } }"""
    answer = world.ask("agent", query, c=[encode_id("Category", category)])["search"]
    counted = [f"{f['category']['rawId']}={f['count']}" for f in answer["facets"]["category"]]
    return [e["node"]["version"]["title"] for e in answer["edges"]] + counted


def tree(world: World, *nodes: tuple[str, str | None], **merges: str) -> str:
    world.hq_tree += 1
    given = [{"id": name, "name": f"栏目{name}", "position": i, "parentId": parent} for i, (name, parent) in enumerate(nodes)]
    joined = [{"from": source, "into": into} for source, into in merges.items()]
    return str(world.hq("hqPushTaxonomy", treeVersion=world.hq_tree, nodes=given, merges=joined)["result"])


def test_search_follows_the_tree_at_once(world: World) -> None:
    push(world, "K1", "文", category="TARIFF")
    push(world, "K2", "文", category="ROAMING")
    world.sync_index()
    assert found_in(world, "TARIFF") == ["题K1", "TARIFF=1"]
    assert tree(world, ("TARIFF", None), ("ROAMING", "TARIFF")) == "APPLIED"  # moved: nothing is written anew
    assert sorted(found_in(world, "TARIFF")) == ["ROAMING=1", "TARIFF=1", "题K1", "题K2"]
    assert tree(world, ("TARIFF", None), ROAMING="TARIFF") == "APPLIED"
    assert sorted(found_in(world, "TARIFF")) == ["TARIFF=1", "TARIFF=1", "题K1", "题K2"]  # the index has not heard yet
    world.sync_index()
    assert sorted(found_in(world, "TARIFF")) == ["TARIFF=2", "题K1", "题K2"]
    assert sorted(found_in(world, "ROAMING")) == ["TARIFF=2", "题K1", "题K2"]  # an old link
    query = "query($id: ID!) { node(id: $id) { ... on Category { retired retiredAt mergedInto { rawId } } } }"
    gone = world.ask("agent", query, id=encode_id("Category", "ROAMING"))["node"]
    assert (gone["retired"], gone["retiredAt"] is not None, gone["mergedInto"]) == (True, True, {"rawId": "TARIFF"})


def test_the_history_of_the_tree_tells_what_each_push_did(world: World) -> None:
    push(world, "K1", "文", category="ROAMING")
    tree(world, ("TARIFF", None), ("NEW", "TARIFF"), ROAMING="TARIFF")
    query = """{ taxonomyHistory(first: 1) { pageInfo { hasNextPage } edges { node { treeVersion effect appliedAt effectCount
      merged: effectCount(kinds: [MERGED])
      effects(first: 5) { kind kindText name before after items favourites openSubmissions categoryRawId category { name } } } } } }"""
    page = world.ask("admin", query)["taxonomyHistory"]
    newest = page["edges"][0]["node"]
    assert (newest["treeVersion"], newest["effect"], newest["effectCount"], newest["merged"]) == (
        world.hq_tree,
        "新增 1 个、变更 0 个、合并 1 个、停用 0 个栏目",
        2,
        1,
    )
    assert page["pageInfo"]["hasNextPage"] is True
    assert [(e["kindText"], e["categoryRawId"], e["before"], e["after"], e["items"]) for e in newest["effects"]] == [
        ("新增", "NEW", None, "TARIFF", 0),
        ("合并", "ROAMING", "ROAMING", "TARIFF", 1),
    ]
    assert world.run("author", "{ taxonomyHistory { edges { cursor } } }")["data"] == {"taxonomyHistory": None}
