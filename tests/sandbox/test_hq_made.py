"""Step 12: knowledge, updates and revocations that HQ makes itself, 11.2 included; and the taxonomy it pushes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kbsearch.sandbox.client import SandboxApiError

from .conftest import Started, World
from .second_line import canonical_hash, wait_until

TEXT = {"title": "全网停复机办法", "body": "总部编写的正文。"}


def test_publish_update_revoke_made_at_hq(world: World) -> None:
    draft = world.hq.make_knowledge(TEXT, "n-1", distribution=["GD", "SC"], changeNote="新业务")
    pushed = world.service.wait_for("hqPushVersion")
    knowledge = draft["knowledgeId"]
    assert (pushed["knowledgeId"], pushed["number"], pushed["categoryId"]) == (knowledge, 1, "n-1")
    assert "base" not in pushed
    assert pushed["contentHash"] == canonical_hash(pushed["content"])
    assert set(pushed["content"]) == {
        "title", "body", "summary", "script", "keywords", "regions", "effectiveFrom", "effectiveTo", "attachments",
    }  # fmt: skip
    world.province["SC"].wait_knowledge(knowledge, "PUBLISHED", number=1)

    world.hq.make_update(knowledge, {"body": "改过的正文。"}, distribution=["GD"], material=True)
    newer = world.service.wait_for("hqPushVersion", count=2)
    assert (newer["number"], newer["base"], newer["material"]) == (2, 1, True)
    assert newer["content"]["title"] == TEXT["title"]
    assert newer["distribution"] == ["GD"]
    world.province["SC"].wait_knowledge(knowledge, "REVOKED")
    world.province["GD"].wait_knowledge(knowledge, "PUBLISHED", number=2)

    world.hq.make_revocation(knowledge, "MERGED", replacementId="k9", reasonText="并入")
    revoked = world.service.wait_for("hqPushRevocation")
    assert revoked == {"knowledgeId": knowledge, "number": 2, "reason": "MERGED", "reasonText": "并入", "replacementId": "k9"}
    assert world.province["GD"].wait_knowledge(knowledge, "REVOKED")["replacementId"] == "k9"
    held = world.hq.wait(lambda: _with_steps(world, knowledge, 15), "全部步骤")
    assert {"3.1.1.1-12", "3.1.1.2-12", "3.1.1.3-12", "3.1.1.1-7", "3.1.1.2-7", "3.1.1.3-7"} <= held
    with pytest.raises(SandboxApiError, match="已撤销"):
        world.hq.make_revocation(knowledge, "SERVICE_RETIRED")


def _with_steps(world: World, knowledge: str, count: int) -> set[str] | None:
    steps = [step["step"] for step in world.hq.knowledge(knowledge)["steps"]]
    return set(steps) if len(steps) >= count else None


def test_hq_returns_its_own_draft_to_its_own_author(by_hand: World) -> None:
    draft = by_hand.hq.make_knowledge(TEXT, "n-1")
    with pytest.raises(SandboxApiError, match="returnToOwnAuthors"):
        by_hand.hq.decide_draft(draft["id"], "return", reasonCodes=["OTHER"], reasonText="不行")
    by_hand.hq.decide_draft(draft["id"], "returnToOwnAuthors", reasonCodes=["INCOMPLETE"], reasonText="补口径")
    by_hand.hq.edit_draft(draft["id"], {"script": "您好。"})
    case = by_hand.hq.decide_draft(draft["id"], "approve")
    assert [step["step"] for step in case["steps"]] == [f"3.1.1.1-{n}" for n in ("12", "5", "6", "11.2", "5", "6")]
    assert by_hand.service.wait_for("hqPushVersion")["content"]["script"] == "您好。"
    assert [name for name, _, _ in by_hand.service.calls] == ["hqPushVersion"]


def test_rules_hold_for_hqs_own_drafts(world: World) -> None:
    draft = world.hq.make_knowledge(TEXT | {"title": "〔退回〕总部稿"}, "n-1")
    world.hq.wait(lambda: world.hq.draft(draft["id"])["state"] == "OWN_AUTHORS", "退回总部作者")
    world.hq.edit_draft(draft["id"], {"body": "改好了"})
    assert world.service.wait_for("hqPushVersion")["content"]["body"] == "改好了"


@pytest.mark.parametrize(
    ("content", "category", "said"),
    [({"title": "只有标题"}, "n-1", "正文"), (TEXT, "", "categoryId"), (TEXT | {"keywords": "不是列表"}, "n-1", "关键词")],
)
def test_bad_drafts_are_refused(refusing: World, content: dict[str, str], category: str, said: str) -> None:
    with pytest.raises(SandboxApiError, match=said):
        refusing.hq.make_knowledge(content, category)
    assert refusing.hq.drafts() == []


def test_taxonomy_is_pushed_at_start_once_and_on_demand(start: Started, tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    nodes: list[dict[str, Any]] = [
        {"id": "r", "parentId": None, "name": "全网知识", "position": 0},
        {"id": "a", "parentId": "r", "name": "资费", "position": 0},
    ]
    file.write_text(json.dumps({"treeVersion": 1, "nodes": nodes}), encoding="utf-8")
    with start(taxonomy_file=file) as world:
        assert world.service.wait_for("hqPushTaxonomy") == {"treeVersion": 1, "nodes": nodes}
        world.hq.wait_receipt("taxonomy", "hqPushTaxonomy")
    with start(taxonomy_file=file) as world:
        renamed = [nodes[0], nodes[1] | {"name": "资费套餐"}]
        assert world.hq.push_taxonomy(renamed) == 2
        assert world.service.wait_for("hqPushTaxonomy", count=2) == {"treeVersion": 2, "nodes": renamed}
        assert world.hq.push_taxonomy() == 3
        wait_until(lambda: len(world.service.of("hqPushTaxonomy")) == 3, "第三次下发")
        assert world.hq.taxonomy() is not None
        for bad in (
            [],
            [nodes[1]],
            [nodes[0], nodes[0]],
            [nodes[0] | {"name": ""}],
            [nodes[0] | {"id": []}],
            [nodes[0] | {"parentId": {}}],
        ):
            with pytest.raises(SandboxApiError):
                world.hq.push_taxonomy(bad)
