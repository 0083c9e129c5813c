"""The category tree: headquarters' pushes in order, whole, without circles; local branches beside it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from kbsearch.services import taxonomy
from kbsearch.services.drafts import Draft, draft_publish
from kbsearch.services.taxonomy import all_categories, subtree
from kbsearch.store.tables import Category, InboxMessage, Subject, TaxonomyVersion, TransitionLog
from kbsearch.workflow.states import Scope
from tests.services.conftest import Staff
from tests.services.house import HQ_NODE, LOCAL_NODE, TEXT, House, refused


def node(name: str, parent: str | None = None, position: int = 0) -> dict[str, Any]:
    return {"id": name, "parentId": parent, "name": name, "position": position}


def push(house: House, version: int, *nodes: dict[str, Any]) -> tuple[str, str]:
    answer = house.hq("hqPushTaxonomy", treeVersion=version, nodes=[node(HQ_NODE), *nodes])
    return answer.receipt.value, answer.reason


def categories(house: House) -> dict[str, Category]:
    return house.read(all_categories)


def test_a_tree_is_mirrored_whole(house: House) -> None:
    assert push(house, 2, node("B", "A"), node("A"), node("C", "B", 3)) == ("APPLIED", "新增 3 个、变更 0 个、停用 0 个栏目")
    tree = categories(house)
    assert [(tree[i].parent_id, tree[i].origin, tree[i].position) for i in ("A", "B", "C")] == [
        ("HQ", "HQ", 0),
        ("A", "HQ", 0),
        ("B", "HQ", 3),
    ]
    assert subtree(tree, ["A", "nowhere"]) == {"A", "B", "C"}
    assert subtree(tree, ["ROOT"]) == set(tree)
    assert house.read(lambda s: s.get_one(TaxonomyVersion, 2)).effect.startswith("新增 3 个")


def test_what_is_gone_is_retired_and_what_moved_moves(house: House, staff: Staff) -> None:
    push(house, 2, node("A"), node("B", "A"))
    made = house.write(lambda u: draft_publish(u, staff.wang, scope=Scope.NATIONAL, content=TEXT, draft=Draft("B")))
    house.to_hq(staff.wang, staff.zhao, made.id)
    house.hq_approves(made.id)
    assert push(house, 3, node("A"))[1] == "新增 0 个、变更 0 个、停用 1 个栏目"
    tree = categories(house)
    assert (tree["B"].retired_at, tree["A"].retired_at) == (house.now, None)
    assert house.read(lambda s: s.get_one(Subject, made.subject_id)).category_id == "B"  # items stay
    assert "B" in subtree(tree, ["A"])
    assert push(house, 4, node("A"), {**node("B"), "name": "新名"})[1] == "新增 0 个、变更 1 个、停用 0 个栏目"
    tree = categories(house)
    assert (tree["B"].retired_at, tree["B"].parent_id, tree["B"].name) == (None, "HQ", "新名")
    assert push(house, 5, node("A"))[1].endswith("停用 1 个栏目")
    assert push(house, 6, node("A"))[1].endswith("停用 0 个栏目")  # retired once


def test_versions_apply_in_order(house: House) -> None:
    assert push(house, 4, node("D"))[0] == "DEFERRED"
    assert push(house, 3, node("C"))[0] == "DEFERRED"
    assert push(house, 2, node("B"))[0] == "APPLIED"
    assert house.rows(select(TaxonomyVersion.tree_version).order_by(TaxonomyVersion.tree_version)) == [1, 2, 3, 4]  # type: ignore[arg-type]
    tree = categories(house)
    assert {i for i in "BCD" if tree[i].retired_at is None} == {"D"}
    assert push(house, 3, node("C"))[0] == "DUPLICATE"
    assert push(house, 3, node("X"))[0] == "OUT_OF_DATE"
    statuses = {m.status.value for m in house.rows_of(InboxMessage)}
    assert statuses == {"APPLIED", "DUPLICATE", "OUT_OF_DATE"}


@pytest.mark.parametrize(
    "nodes",
    [
        [node("A"), node("A")],
        [node("ROOT")],
        [node("HQ")],
        [node("A", "B"), node("B", "A")],
        [node("A", "A")],
        [node("A", "nowhere")],
        [node(str(i), str(i - 1) if i else None) for i in range(13)],
        [{"id": "A", "name": ""}],
    ],
)
def test_a_tree_that_is_none_is_rejected(house: House, nodes: list[dict[str, Any]]) -> None:
    before = set(categories(house))
    assert push(house, 2, *nodes)[0] == "REJECTED"
    assert set(categories(house)) == before


def test_a_clash_with_a_local_branch_is_quarantined(house: House) -> None:
    receipt, reason = push(house, 2, node(LOCAL_NODE))
    assert (receipt, LOCAL_NODE in reason) == ("QUARANTINED", True)
    assert categories(house)[LOCAL_NODE].origin == "LOCAL"


def create(house: House, staff: Staff, name: str, parent: str | None = None) -> Category:
    return house.write(lambda u: taxonomy.create_category(u, staff.admin, name=name, parent_id=parent))


def change(house: House, staff: Staff, category: Category, **more: Any) -> Category:
    given = {"lock_version": categories(house)[category.id].lock_version, "name": None, "parent_id": None, "position": None, **more}
    return house.write(lambda u: taxonomy.update_category(u, staff.admin, category.id, **given))


def retire(house: House, staff: Staff, category: Category) -> Category:
    lock = categories(house)[category.id].lock_version
    return house.write(lambda u: taxonomy.retire_category(u, staff.admin, category.id, lock_version=lock))


def test_local_branches_are_the_admins(house: House, staff: Staff) -> None:
    made = create(house, staff, " 本省活动 ")
    assert (made.name, made.parent_id) == ("本省活动", "ROOT")
    child = create(house, staff, "子", made.id)
    assert change(house, staff, child, name="改", position=4, parent_id="ROOT").position == 4
    assert refused(lambda: change(house, staff, made, parent_id=made.id)) == ("RULE_VIOLATED", "CIRCLE")
    change(house, staff, child, parent_id=made.id)
    assert refused(lambda: change(house, staff, made, parent_id=child.id)) == ("RULE_VIOLATED", "CIRCLE")
    assert refused(lambda: retire(house, staff, made)) == ("RULE_VIOLATED", "NOT_EMPTY")
    assert retire(house, staff, child).retired_at == house.now
    assert retire(house, staff, made).retired_at == house.now
    assert refused(lambda: create(house, staff, "x", made.id)) == ("NOT_FOUND", None)
    logged = house.rows(select(TransitionLog.action).where(TransitionLog.document_id == child.id))
    assert logged == ["CREATE", "UPDATE", "UPDATE", "RETIRE"]


def test_a_branch_with_work_in_it_stays(house: House, staff: Staff) -> None:
    made = create(house, staff, "有草稿")
    house.write(lambda u: draft_publish(u, staff.wang, scope=Scope.LOCAL, content=TEXT, draft=Draft(made.id)))
    assert refused(lambda: retire(house, staff, made)) == ("RULE_VIOLATED", "NOT_EMPTY")


def test_what_admins_may_not_do(house: House, staff: Staff) -> None:
    local = categories(house)[LOCAL_NODE]
    assert refused(lambda: create(house, staff, "x", HQ_NODE)) == ("RULE_VIOLATED", "HQ_TREE_READ_ONLY")
    assert refused(lambda: create(house, staff, "x", "nowhere")) == ("NOT_FOUND", None)
    for name in ("", " ", "长" * 101):
        assert refused(lambda n=name: create(house, staff, n)) == ("RULE_VIOLATED", "BAD_NAME")  # type: ignore[misc]
    for fixed in (HQ_NODE, "HQ", "ROOT"):
        assert refused(lambda f=fixed: change(house, staff, categories(house)[f], name="x")) == ("RULE_VIOLATED", "HQ_TREE_READ_ONLY")  # type: ignore[misc]
    assert refused(lambda: change(house, staff, local, lock_version=99)) == ("STALE_OBJECT", "LOCK_VERSION")
    nowhere = lambda: house.write(lambda u: taxonomy.retire_category(u, staff.admin, "nowhere", lock_version=1))  # noqa: E731
    assert refused(nowhere) == ("NOT_FOUND", None)
    reviewer = lambda: house.write(lambda u: taxonomy.create_category(u, staff.zhao, name="x", parent_id=None))  # noqa: E731
    assert refused(reviewer) == ("PERMISSION_DENIED", None)


def test_a_subtree_asked_for_twice_over_holds_each_node_once(house: House, staff: Staff) -> None:
    above = create(house, staff, "上")
    below = create(house, staff, "下", above.id)
    assert subtree(categories(house), [above.id, below.id, above.id]) == {above.id, below.id}
