"""R7: an accepted reply goes to whoever issued the announcement; HQ's own replies are made here; decides nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import Case, open_case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import put_case
from kbsearch.sandbox.hq.versions import announcement_of, held_version
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import HQ, PLATFORM, REPLY, SECOND_LINE, Step


def deliver_reply(desk: HqDesk, case: Case, version: sqlite3.Row) -> None:
    """Hand an accepted reply to the issuer: to us, to a province, or to HQ's own desk, where it already is."""
    announcement_id = case.data["announcementId"]
    issuer = announcement_of(desk, announcement_id)["issuer"]
    author = (case.data.get("author") or {}).get("name")
    data = {
        "announcementId": announcement_id,
        "organisation": {"code": case.origin, "name": case.data.get("issuerName") or desk.organisation_name(case.origin)},
        "author": author,
        "content": json.loads(version["content"]),
        "contentHash": version["content_hash"],
        "late": bool(case.data.get("late", False)),
    }
    if issuer in desk.province_codes() and issuer != case.origin:
        put_case(desk, case, issuer, "reply.deliver", data)
    elif issuer == SECOND_LINE and case.origin != SECOND_LINE:
        values = {"replyId": case.subject_id, **data}
        send_callback(desk, "hqDeliverReply", values, lane=announcement_id, about=case.id, round_=case.round)
    else:
        record_step(desk, case, Step.PUBLISHED, "总部知识管理员", "已采纳，总部留存")


def make_reply(desk: HqDesk, announcement_id: str, given: dict[str, Any]) -> Case:
    """R1 at HQ, in its own name or another platform's: content (title may be left out), and optionally issuer {code, name}, author."""
    held = held_version(desk, announcement_of(desk, announcement_id)["id"])
    asked = json.loads(held["content"])
    if not asked["needsReply"]:
        raise RefusalError.conflict("这则公告没有要求回复。")
    origin, name = own_issuer(desk, given)
    words = given.get("content") or {}
    content = written_content({"title": f"回复：{asked['title']}", **words} if isinstance(words, dict) else words)
    data = {
        "replyId": str(given.get("replyId") or desk.new_id()),
        "announcementId": announcement_id,
        "base": None,
        "content": content,
        "contentHash": content_hash(content),
        "late": bool(asked["replyDueAt"] and asked["replyDueAt"] < desk.now()),
        "author": {"id": "hq", "name": str(given.get("author") or f"{name}公告管理员")},
        "issuerName": name,
    }
    with desk.db.transaction():
        case = open_case(
            desk,
            case_id=desk.new_id(),
            round_=1,
            origin=origin,
            subject_kind=REPLY,
            flow="PUBLISH",
            title=content["title"],
            reference=desk.next_reference(),
            data=data,
        )
        record_step(desk, case, Step.MADE, f"{name}公告管理员", f"生成并提交审核，编号 {case.reference}")
    return case


def own_issuer(desk: HqDesk, given: dict[str, Any]) -> tuple[str, str]:
    """HQ, or a platform `P-…` in whose name HQ writes."""
    issuer = given.get("issuer") or {"code": HQ}
    code = issuer.get("code") if isinstance(issuer, dict) else None
    if code == HQ:
        return HQ, desk.organisation_name(HQ)
    if not isinstance(code, str) or not code.startswith(PLATFORM) or len(code) == len(PLATFORM):
        raise RefusalError.invalid(
            f"issuer 须是 {{code, name}}，code 为 {HQ} 或 {PLATFORM} 开头的其他二线平台；省公司的公告请在省公司生成。"
        )
    return code, str(issuer.get("name") or code)
