"""Step 12 and A1 at HQ: its own authors make knowledge and announcements, changes and endings; each is a case and goes through step 5."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.attachments import check_held
from kbsearch.sandbox.hq.cases import Case, open_case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.replying import own_issuer
from kbsearch.sandbox.hq.review import check_revoke_reason
from kbsearch.sandbox.hq.versions import announcement_of, find_item, held_version
from kbsearch.sandbox.instants import wire_or_none
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, HQ, ID_FIELDS, KNOWLEDGE, NAMES, Step

URGENCIES = ("NORMAL", "URGENT")


def make_knowledge(desk: HqDesk, given: dict[str, Any]) -> Case:
    """`given`: content, categoryId, and optionally knowledgeId, distribution, effectiveFrom, changeNote, material."""
    category = given.get("categoryId")
    if not isinstance(category, str) or not category.strip():
        raise RefusalError.invalid("请填写 categoryId（知识结构节点的 id）。")
    content = written_content(given.get("content"))
    data = _text_data(desk, KNOWLEDGE, _new_id(desk, KNOWLEDGE, given), given, base=None, content=content)
    chosen = given.get("distribution")
    data |= {"categoryId": category, "distribution": None if chosen is None else desk.checked_distribution(chosen)}
    return _open(desk, KNOWLEDGE, "PUBLISH", content["title"], data)


def make_update(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> Case:
    """`given`: content (fields left out stay as they are) and optionally distribution, effectiveFrom, changeNote, material, categoryId."""
    item, top = find_item(desk, knowledge_id), held_version(desk, knowledge_id)
    content = written_content(given.get("content") or {}, json.loads(top["content"]))
    data = _text_data(desk, KNOWLEDGE, knowledge_id, given, base=_base(top), content=content)
    chosen = given.get("distribution")
    data |= {"distribution": None if chosen is None else desk.checked_distribution(chosen)}
    data |= {"categoryId": given.get("categoryId") or item["category_id"]}
    return _open(desk, KNOWLEDGE, "UPDATE", content["title"], data)


def make_revocation(desk: HqDesk, knowledge_id: str, given: dict[str, Any]) -> Case:
    """`given`: reason, and optionally reasonText, replacementId, effectiveFrom."""
    return _make_ending(desk, find_item(desk, knowledge_id), given)


def make_announcement(desk: HqDesk, given: dict[str, Any]) -> Case:
    """`given`: content with its four keys, and optionally announcementId, issuer {code, name}, effectiveFrom, urgency, material.

    `issuer` names another platform (`P-…`) on whose behalf HQ makes it; without it HQ is the issuer.
    """
    origin, name = own_issuer(desk, given)
    content = written_content(given.get("content"), announcement=True)
    data = _text_data(desk, ANNOUNCEMENT, _new_id(desk, ANNOUNCEMENT, given), given, base=None, content=content)
    return _open(desk, ANNOUNCEMENT, "PUBLISH", content["title"], data | {"issuerName": name}, origin=origin)


def make_correction(desk: HqDesk, announcement_id: str, given: dict[str, Any]) -> Case:
    """HQ corrects an announcement, whoever issued it. `given`: content (fields left out stay), effectiveFrom, changeNote, material."""
    announcement_of(desk, announcement_id)
    top = held_version(desk, announcement_id)
    content = written_content(given.get("content") or {}, json.loads(top["content"]), announcement=True)
    data = _text_data(desk, ANNOUNCEMENT, announcement_id, given, base=_base(top), content=content)
    return _open(desk, ANNOUNCEMENT, "CORRECT", content["title"], data)


def make_recall(desk: HqDesk, announcement_id: str, given: dict[str, Any]) -> Case:
    """HQ recalls an announcement, whoever issued it: reason, and optionally reasonText, effectiveFrom."""
    return _make_ending(desk, announcement_of(desk, announcement_id), given)


def _make_ending(desk: HqDesk, item: sqlite3.Row, given: dict[str, Any]) -> Case:
    top, kind = held_version(desk, item["id"]), item["kind"]
    flow, word = ("REVOKE", "撤销") if kind == KNOWLEDGE else ("RECALL", "撤回")
    if item["status"] == "REVOKED":
        raise RefusalError.conflict(f"{NAMES[kind]} {item['id']} 已{word}。")
    check_revoke_reason(given)
    data = {
        ID_FIELDS[kind]: item["id"],
        "categoryId": item["category_id"],
        "base": _base(top),
        "reason": given["reason"],
        "reasonText": str(given.get("reasonText") or ""),
        "replacementId": given.get("replacementId"),
        "effectiveFrom": wire_or_none(given.get("effectiveFrom"), "effectiveFrom"),
    }
    return _open(desk, kind, flow, f"{top['title']}（{word}：{data['reasonText'] or data['reason']}）", data)


def _new_id(desk: HqDesk, kind: str, given: dict[str, Any]) -> str:
    subject_id = str(given.get(ID_FIELDS[kind]) or desk.new_id())
    if desk.db.one("SELECT 1 FROM item WHERE id = ?", subject_id):
        raise RefusalError.conflict(f"{NAMES[kind]} {subject_id} 已存在，请用更新。")
    return subject_id


def _text_data(
    desk: HqDesk, kind: str, subject_id: str, given: dict[str, Any], *, base: dict[str, Any] | None, content: dict[str, Any]
) -> dict[str, Any]:
    check_held(desk, content)
    if (urgency := given.get("urgency") or "NORMAL") not in URGENCIES:
        raise RefusalError.invalid(f"urgency 可用：{'、'.join(URGENCIES)}。")
    return {
        ID_FIELDS[kind]: subject_id,
        "base": base,
        "content": content,
        "contentHash": content_hash(content),
        "movedTo": wire_or_none(given.get("effectiveFrom"), "effectiveFrom"),
        "changeNote": given.get("changeNote"),
        "material": bool(given.get("material", False)),
        "urgency": urgency,
    }


def _base(top: sqlite3.Row) -> dict[str, Any]:
    return {"number": top["number"], "contentHash": top["content_hash"]}


def _open(desk: HqDesk, kind: str, flow: str, title: str, data: dict[str, Any], *, origin: str = HQ) -> Case:
    with desk.db.transaction():
        case = open_case(
            desk,
            case_id=desk.new_id(),
            round_=1,
            origin=origin,
            subject_kind=kind,
            flow=flow,
            title=title,
            reference=desk.next_reference(),
            data=data,
        )
        record_step(desk, case, Step.MADE, "总部知识生成人员", f"生成并提交审核，编号 {case.reference}")
    return case
