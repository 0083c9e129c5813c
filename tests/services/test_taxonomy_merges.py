"""Headquarters' pushes with merges: what moves, what stays as it was frozen, what is recorded, and what is refused whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from kbsearch.services.content_rules import category_problem
from kbsearch.services.drafts import Draft, draft_publish
from kbsearch.services.taxonomy import all_categories, merged_target, subtree
from kbsearch.store.tables import Category, Favourite, OutboxMessage, Revision, Subject, Submission, TaxonomyVersion, TransitionLog
from kbsearch.workflow.states import Scope, SubmissionState
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, INDEX, LOCAL_NODE, TEXT, House, refused

TREE = Path("/work/shared/data/telecom_service_tree/tree.jsonl")


def node(name: str, parent: str | None = None, title: str | None = None) -> dict[str, Any]:
    return {"id": name, "parentId": parent, "name": title or name, "position": 0}


def push(house: House, version: int, *nodes: dict[str, Any], **merges: str) -> tuple[str, str]:
    """`merges` names what went into what."""
    joined = [{"from": source, "into": into} for source, into in merges.items()]
    answer = house.hq("hqPushTaxonomy", treeVersion=version, nodes=[node(HQ_NODE), *nodes], merges=joined)
    return answer.receipt.value, answer.reason


def categories(house: House) -> dict[str, Category]:
    return house.read(all_categories)


def draft_in(house: House, staff: Staff, category: str) -> Submission:
    return house.write(lambda u: draft_publish(u, staff.wang, scope=Scope.NATIONAL, content=TEXT, draft=Draft(category)))


def in_force(house: House, staff: Staff, category: str) -> str:
    made = draft_in(house, staff, category)
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    return made.subject_id


def category_of(house: House, subject_id: str) -> str | None:
    return house.read(lambda s: s.get_one(Subject, subject_id).category_id)


def effects(house: House, version: int) -> dict[tuple[str, str], dict[str, Any]]:
    rows = house.read(lambda s: s.get_one(TaxonomyVersion, version)).effects
    return {(r["kind"], r["categoryId"]): r for r in rows}


def test_a_merge_moves_items_and_records_it(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B", "A"), node("C"))
    first, second = in_force(house, staff, "B"), in_force(house, staff, "B")
    other = in_force(house, staff, "C")
    waiting = draft_in(house, staff, "B")
    house.write(lambda u: u.session.add_all([Favourite(person_id=staff.wang.id, subject_id=first, created_at=u.now)]))
    receipt, reason = push(house, 3, node("A", title="甲"), node("C", "A"), B="C")
    assert (receipt, reason) == ("APPLIED", "新增 0 个、变更 2 个、合并 1 个、停用 0 个栏目")
    assert [category_of(house, i) for i in (first, second, other)] == ["C"] * 3
    gone = categories(house)["B"]
    assert (gone.merged_into, gone.retired_at) == ("C", house.now)
    assert effects(house, 3) == {
        ("MERGED", "B"): _effect("MERGED", "B", "B", "B", "C", items=2, favourites=1, submissions=1),
        ("RENAMED", "A"): _effect("RENAMED", "A", "甲", "A", "甲", items=3, favourites=1, submissions=1),
        ("MOVED", "C"): _effect("MOVED", "C", "C", None, "A", items=1),
    }
    refreshed = select(OutboxMessage.document_key).where(OutboxMessage.destination == INDEX)
    touched = house.rows(refreshed.order_by(col(OutboxMessage.sequence).desc()))
    assert set(touched[:2]) == {first, second}
    logged = house.rows(select(TransitionLog).where(TransitionLog.action == "CATEGORY_MERGED"))
    assert {(r.document_id, r.details["from"], r.details["to"]) for r in logged} == {(first, "B", "C"), (second, "B", "C")}
    assert house.get(waiting.id).category_id == "B"


def _effect(kind: str, node_id: str, name: str, before: str | None, after: str | None, **counts: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "categoryId": node_id,
        "name": name,
        "from": before,
        "to": after,
        "items": counts.get("items", 0),
        "favourites": counts.get("favourites", 0),
        "openSubmissions": counts.get("submissions", 0),
    }


def test_frozen_revisions_keep_their_ids_and_resolve_when_applied(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B"), node("C"))
    made = draft_in(house, staff, "A")
    house.to_hq(staff.wang, staff.zhao, made.id)
    before = house.rows(select(Revision.submission_hash).where(Revision.submission_id == made.id))
    push(house, 3, node("B"), node("C"), A="B")
    push(house, 4, node("C"), B="C")
    assert house.get(made.id).category_id == "A"
    assert house.rows(select(Revision.submission_hash).where(Revision.submission_id == made.id)) == before
    assert house.hq_approves(made.id).receipt.value == "APPLIED"
    assert house.get(made.id).state is SubmissionState.EFFECTIVE
    assert category_of(house, made.subject_id) == "C"  # along the chain
    assert merged_target(categories(house), "A") == "C"


def test_a_push_and_a_draft_that_name_a_merged_node(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B"))
    made = draft_in(house, staff, "A")
    push(house, 3, node("B", title="新栏目"), A="B")
    house.hq("hqPushVersion", knowledgeId="K", number=1, categoryId="A", content=TEXT.document(), contentHash=TEXT.hash)
    assert category_of(house, "K") == "B"
    assert house.read(lambda s: category_problem(s, Scope.NATIONAL, "A")) == "栏目“A”已并入“新栏目”，请改选“新栏目”"
    assert refused(lambda: house.submit(staff.wang, made.id))[0] == "RULE_VIOLATED"
    assert refused(lambda: draft_in(house, staff, "A")) == ("RULE_VIOLATED", "BAD_CATEGORY")


def test_old_links_find_what_they_found(house: House) -> None:
    push(house, 2, node("A"), node("B", "A"), node("C"))
    push(house, 3, node("C"), A="C")  # B below A is only retired
    tree = categories(house)
    assert subtree(tree, ["A"]) == subtree(tree, ["C"]) == {"A", "B", "C"}
    assert effects(house, 3)["RETIRED", "B"]["items"] == 0


def test_headquarters_undoes_by_pushing(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B"))
    item = in_force(house, staff, "A")
    push(house, 3, node("B"), A="B")
    assert push(house, 4, node("A"), node("B"))[0] == "APPLIED"
    back = categories(house)["A"]
    assert (back.merged_into, back.retired_at) == (None, None)
    assert effects(house, 4) == {("RESTORED", "A"): _effect("RESTORED", "A", "A", "B", None)}
    assert category_of(house, item) == "B"  # until headquarters pushes the item under it again
    house.hq("hqPushVersion", knowledgeId=item, number=1, categoryId="A", content=TEXT.document(), contentHash=TEXT.hash)
    assert category_of(house, item) == "A"
    assert push(house, 5, node("A"), B="A")[0] == "APPLIED"
    assert merged_target(categories(house), "B") == "A"


@pytest.mark.parametrize(
    ("merges", "why"),
    [
        ({"A": "nowhere"}, "合并的目标 nowhere 不在树中"),
        ({"B": "C"}, "节点 B 仍在树中，不能合并；请先把它从 nodes 中去掉"),
        ({"A": "A"}, "节点 A 不能并入它自己"),
        ({"OLD": "B"}, "节点 OLD 早已并入 B"),
        ({"A": "OLD"}, "合并的目标 OLD 不在树中"),
        ({"HQ": "B"}, "ROOT、HQ 不能合并"),
    ],
)
def test_a_bad_merge_is_rejected_whole(house: House, staff: Staff, merges: dict[str, str], why: str) -> None:
    push(house, 2, node("A"), node("B"), node("C"), node("OLD"))
    push(house, 3, node("A"), node("B"), node("C"), OLD="B")
    item = in_force(house, staff, "A")
    before = {i: tuple(c) for i, c in categories(house).items()}
    assert push(house, 4, node("B"), node("C"), node("NEW"), **merges) == ("REJECTED", why)
    assert {i: tuple(c) for i, c in categories(house).items()} == before
    assert category_of(house, item) == "A"
    assert house.read(lambda s: s.get(TaxonomyVersion, 4)) is None
    assert push(house, 4, node("B"), node("C"), A="B")[0] == "APPLIED"  # corrected


def test_a_node_merged_twice_is_rejected(house: House) -> None:
    push(house, 2, node("A"), node("B"))
    merges = [{"from": "A", "into": "B"}, {"from": "A", "into": HQ_NODE}]
    answer = house.hq("hqPushTaxonomy", treeVersion=3, nodes=[node(HQ_NODE), node("B")], merges=merges)
    assert (answer.receipt.value, answer.reason) == ("REJECTED", "节点 A 被合并了不止一次")


def test_local_branches_are_never_touched(house: House, staff: Staff) -> None:
    push(house, 2, node("A"))
    item = house.in_force(staff.wang, staff.zhao, scope=Scope.LOCAL)
    receipt, reason = push(house, 3, node("A"), **{LOCAL_NODE: "A"})
    assert (receipt, LOCAL_NODE in reason) == ("QUARANTINED", True)
    assert category_of(house, item) == LOCAL_NODE
    assert push(house, 3)[0] == "APPLIED"
    local = categories(house)[LOCAL_NODE]
    assert (local.retired_at, local.merged_into, local.parent_id) == (None, None, "ROOT")


def test_a_merge_of_a_node_we_never_saw_is_remembered(house: House) -> None:
    assert push(house, 2, node("B"), BEFORE="B")[0] == "APPLIED"
    house.hq("hqPushVersion", knowledgeId="K", number=1, categoryId="BEFORE", content=TEXT.document(), contentHash=TEXT.hash)
    assert category_of(house, "K") == "B"


def test_the_same_push_with_other_merges_is_another(house: House) -> None:
    push(house, 2, node("A"), node("B"), node("C"))
    push(house, 3, node("B"), node("C"), A="B")
    assert push(house, 3, node("B"), node("C"), A="B")[0] == "DUPLICATE"
    assert push(house, 3, node("B"), node("C"), A="C")[0] == "OUT_OF_DATE"


def real_tree() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The 714 request kinds as leaves, and the categories their paths and ids imply above them."""
    leaves = [json.loads(line) for line in TREE.read_text(encoding="utf-8").splitlines()]
    inner = {tuple(n["path"][:-1]): n["id"].split("-")[0] for n in leaves}
    above = [tuple(path[:depth]) for path in inner for depth in range(1, len(path))]
    inner |= {path: "/".join(path) for path in above if path not in inner}  # without leaves of their own
    parents = [node(key, inner.get(path[:-1]), path[-1]) for path, key in inner.items()]
    return parents, [node(n["id"], inner[tuple(n["path"][:-1])], n["name"]) for n in leaves]


@pytest.mark.skipif(not TREE.exists(), reason=f"needs the real tree of 714 nodes at {TREE}")
def test_a_real_tree_goes_in_through_headquarters_door(house: House, staff: Staff) -> None:
    parents, leaves = real_tree()
    assert (len(leaves), len({n["name"] for n in leaves})) == (714, 6)
    receipt, reason = push(house, 2, *parents, *leaves)
    assert (receipt, reason) == ("APPLIED", f"新增 {len(parents) + 714} 个、变更 0 个、停用 0 个栏目")
    held = categories(house)
    assert subtree(held, ["HQ"]) == {n["id"] for n in [*parents, *leaves]} | {"HQ", HQ_NODE}
    assert len(effects(house, 2)) == len(parents) + 714
    first, second = (n["id"] for n in leaves[:2])
    item = in_force(house, staff, first)
    kept = [n for n in leaves if n["id"] != first]
    joined = [{"from": first, "into": second}]
    answer = house.hq("hqPushTaxonomy", treeVersion=3, nodes=[node(HQ_NODE), *parents, *kept], merges=joined)
    assert (answer.receipt.value, answer.reason) == ("APPLIED", "新增 0 个、变更 0 个、合并 1 个、停用 0 个栏目")
    assert category_of(house, item) == second
    assert push(house, 4, *parents, *leaves)[0] == "APPLIED"
    assert [e["kind"] for e in effects(house, 4).values()] == ["RESTORED"]


def test_an_item_given_back_waits_for_the_tree_that_restores_its_node(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B"))
    item = in_force(house, staff, "B")
    push(house, 3, node("A"), B="A")
    given_back = {
        "knowledgeId": item, "number": 1, "categoryId": "B", "treeVersion": 4,
        "content": {"title": TEXT.title, "body": TEXT.body}, "contentHash": TEXT.hash,
    }  # fmt: skip
    assert house.hq("hqPushVersion", **given_back).receipt.value == "DEFERRED"
    assert category_of(house, item) == "A"
    push(house, 4, node("A"), node("B"))
    assert category_of(house, item) == "B"
