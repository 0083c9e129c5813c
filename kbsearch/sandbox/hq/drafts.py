"""Step 12: HQ's own authors make knowledge, updates and revocations; each is a case of origin HQ and goes through step 5."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.cases import HQ, Case, open_case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.review import check_revoke_reason
from kbsearch.sandbox.hq.versions import find_knowledge, highest_version
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError


def make_knowledge(desk: HqDesk, given: dict[str, Any]) -> Case:
    """`given`: content, categoryId, and optionally knowledgeId, distribution, effectiveFrom, changeNote, material."""
    category = given.get("categoryId")
    if not isinstance(category, str) or not category.strip():
        raise RefusalError.invalid("请填写 categoryId（知识结构节点的 id）。")
    knowledge_id = str(given.get("knowledgeId") or desk.new_id())
    if desk.db.one("SELECT 1 FROM knowledge WHERE id = ?", knowledge_id):
        raise RefusalError.conflict(f"知识 {knowledge_id} 已存在，请用更新。")
    content = written_content(given.get("content"))
    return _open(desk, "PUBLISH", content["title"], _text_data(desk, given, knowledge_id, category, base=None, content=content))


def make_update(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> Case:
    """`given`: content (fields left out stay as they are) and optionally distribution, effectiveFrom, changeNote, material, categoryId."""
    item, top = find_knowledge(desk, knowledge_id), _top(desk, knowledge_id)
    content = written_content(given.get("content") or {}, _held_content(top))
    base = {"number": top["number"], "contentHash": top["content_hash"]}
    category = given.get("categoryId") or item["category_id"]
    return _open(desk, "UPDATE", content["title"], _text_data(desk, given, knowledge_id, category, base=base, content=content))


def make_revocation(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> Case:
    """`given`: reason, and optionally reasonText, replacementId, effectiveFrom."""
    item, top = find_knowledge(desk, knowledge_id), _top(desk, knowledge_id)
    if item["status"] == "REVOKED":
        raise RefusalError.conflict(f"知识 {knowledge_id} 已撤销。")
    check_revoke_reason(given)
    data = {
        "knowledgeId": knowledge_id,
        "categoryId": item["category_id"],
        "base": {"number": top["number"], "contentHash": top["content_hash"]},
        "reason": given["reason"],
        "reasonText": str(given.get("reasonText") or ""),
        "replacementId": given.get("replacementId"),
        "effectiveFrom": wire_or_none(given.get("effectiveFrom"), "effectiveFrom"),
    }
    return _open(desk, "REVOKE", f"{top['title']}（撤销：{data['reasonText'] or data['reason']}）", data)


def _text_data(
    desk: HqDesk,
    given: dict[str, Any],
    knowledge_id: str,
    category: str,
    *,
    base: dict[str, Any] | None,
    content: dict[str, Any],
) -> dict[str, Any]:
    chosen = given.get("distribution")
    return {
        "knowledgeId": knowledge_id,
        "categoryId": category,
        "base": base,
        "content": content,
        "contentHash": content_hash(content),
        "distribution": None if chosen is None else desk.checked_distribution(chosen),
        "movedTo": wire_or_none(given.get("effectiveFrom"), "effectiveFrom"),
        "changeNote": given.get("changeNote"),
        "material": bool(given.get("material", False)),
    }


def _open(desk: HqDesk, flow: str, title: str, data: dict[str, Any]) -> Case:
    with desk.db.transaction():
        case = open_case(
            desk, case_id=desk.new_id(), round_=1, origin=HQ, flow=flow, title=title, reference=desk.next_reference(), data=data
        )
        record_step(desk, case, "12", "总部知识生成人员", f"生成并提交审核，编号 {case.reference}")
    return case


def _top(desk: HqDesk, knowledge_id: str) -> sqlite3.Row:
    top = highest_version(desk, knowledge_id)
    if top is None:
        raise RefusalError.conflict(f"总部没有知识 {knowledge_id} 的已通过版本。")
    return top


def _held_content(row: sqlite3.Row) -> dict[str, Any]:
    return dict(json.loads(row["content"]))
