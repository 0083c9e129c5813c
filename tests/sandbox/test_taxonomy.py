"""知识结构 at HQ (T1): edits gathered and pushed together, merges move HQ's items, undo pushes an earlier tree."""

from __future__ import annotations

from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import World
from .second_line import content, text_submission

NODES: list[dict[str, Any]] = [
    {"id": "r", "parentId": None, "name": "全网知识", "position": 0},
    {"id": "a", "parentId": "r", "name": "资费", "position": 0},
    {"id": "b", "parentId": "r", "name": "套餐", "position": 1},
    {"id": "a1", "parentId": "a", "name": "漫游", "position": 0},
]


@pytest.fixture
def tree(world: World) -> World:
    world.hq.push_taxonomy(NODES)
    world.service.wait_for("hqPushTaxonomy")
    return world


def _ids(told: dict[str, Any]) -> dict[str, str | None]:
    return {node["id"]: node["parentId"] for node in told["nodes"]}


def test_edits_are_pushed_as_one_version(tree: World) -> None:
    tree.hq.add_node("宽带", "r", node_id="c")
    tree.hq.rename_node("b", "套餐与优惠")
    tree.hq.move_node("a1", "b")
    draft = tree.hq.retire_node("a")
    assert {node["id"] for node in draft["nodes"]} == {"r", "b", "c", "a1"}
    assert len(tree.service.of("hqPushTaxonomy")) == 1
    assert tree.hq.push_taxonomy() == 2
    told = tree.service.wait_for("hqPushTaxonomy", count=2)
    assert _ids(told) == {"r": None, "b": "r", "a1": "b", "c": "r"}
    assert [node["position"] for node in told["nodes"] if node["id"] == "c"] == [2]
    assert "merges" not in told
    assert tree.hq.taxonomy_history()[0]["note"] == "增加 宽带；套餐 改名为 套餐与优惠；移动 漫游；停用 资费；"
    assert tree.hq.push_taxonomy() == 3
    assert [step["step"] for step in tree.hq.steps("taxonomy")] == ["T1", "T1", "T1"]


def test_a_merge_moves_children_items_and_what_still_comes(tree: World) -> None:
    draft = tree.hq.make_knowledge({"title": "漫游资费", "body": "正文"}, "a1")
    tree.service.wait_for("hqPushVersion")
    tree.hq.merge_node("a1", "a")
    tree.hq.merge_node("a", "b")
    assert tree.hq.push_taxonomy() == 2
    told = tree.service.wait_for("hqPushTaxonomy", count=2)
    assert told["merges"] == [{"from": "a1", "into": "b"}, {"from": "a", "into": "b"}]
    assert _ids(told) == {"r": None, "b": "r"}
    assert tree.hq.knowledge(draft["knowledgeId"])["categoryId"] == "b"
    assert tree.hq.taxonomy_history()[0]["items"] == 1
    late = text_submission(content())
    assert late["categoryId"] == "n-roaming"
    tree.hq.push_taxonomy([*NODES, {"id": "n-roaming", "parentId": "r", "name": "旧", "position": 9}])
    tree.hq.merge_node("n-roaming", "b")
    tree.hq.push_taxonomy()
    tree.service.send("knowledge.publish", late)
    tree.hq.wait_submission(late["submissionId"], "APPROVED")
    assert tree.hq.knowledge(late["knowledgeId"])["categoryId"] == "b"


@pytest.mark.parametrize("refile", [False, True])
def test_undo_pushes_an_earlier_tree(tree: World, refile: bool) -> None:
    draft = tree.hq.make_knowledge({"title": "漫游资费", "body": "正文"}, "a1")
    tree.service.wait_for("hqPushVersion")
    tree.hq.merge_node("a1", "b")
    tree.hq.push_taxonomy()
    assert tree.hq.undo_taxonomy(1, refile=refile) == 3
    told = tree.service.wait_for("hqPushTaxonomy", count=3)
    assert told == {"treeVersion": 3, "nodes": NODES}
    assert tree.hq.knowledge(draft["knowledgeId"])["categoryId"] == ("a1" if refile else "b")
    if refile:
        again = tree.service.wait_for("hqPushVersion", count=2)
        assert (again["number"], again["categoryId"]) == (1, "a1")
    with pytest.raises(SandboxApiError, match="现行版本"):
        tree.hq.undo_taxonomy(3)
    with pytest.raises(SandboxApiError, match="没有找到"):
        tree.hq.undo_taxonomy(-1)


def test_one_item_can_be_refiled(tree: World) -> None:
    draft = tree.hq.make_knowledge({"title": "漫游资费", "body": "正文"}, "a1")
    tree.service.wait_for("hqPushVersion")
    tree.hq.refile(draft["knowledgeId"], "b")
    assert tree.service.wait_for("hqPushVersion", count=2)["categoryId"] == "b"
    with pytest.raises(SandboxApiError, match="不在现行"):
        tree.hq.refile(draft["knowledgeId"], "zz")


def test_wrong_edits_change_nothing(tree: World) -> None:
    before = tree.hq.taxonomy_draft()
    acts = (
        lambda: tree.hq.add_node(" ", "r"),
        lambda: tree.hq.add_node("重复", "r", node_id="a"),
        lambda: tree.hq.add_node("无父", "zz"),
        lambda: tree.hq.rename_node("zz", "x"),
        lambda: tree.hq.move_node("a", "a1"),
        lambda: tree.hq.move_node("a", "a"),
        lambda: tree.hq.merge_node("a", "a1"),
        lambda: tree.hq.merge_node("a", "a"),
        lambda: tree.hq.retire_node("a"),
        lambda: tree.hq.post("/api/taxonomy/draft", {"action": "burn"}),
        lambda: tree.hq.push_taxonomy(NODES, [{"from": "a", "into": "b"}]),
        lambda: tree.hq.push_taxonomy(NODES, [{"from": "z", "into": "y"}]),
    )
    for act in acts:
        with pytest.raises(SandboxApiError):
            act()
    assert tree.hq.taxonomy_draft() == before
    tree.hq.rename_node("a", "暂改")
    tree.hq.drop_taxonomy_draft()
    assert tree.hq.taxonomy_draft() == before
    assert len(tree.service.of("hqPushTaxonomy")) == 1
