"""A1 and R1 at a province: its people make announcements, correct and recall their own, and reply to those that ask for it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.audience import addressed
from kbsearch.sandbox.content import written_content
from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.province.copies import item_list, item_page
from kbsearch.sandbox.province.desk import ProvinceDesk
from kbsearch.sandbox.province.papers import open_paper, paper_view, papers
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, REPLY

RECALL_REASONS = {"PUBLISHED_IN_ERROR": "发布错误", "SERVICE_RETIRED": "业务下线", "NO_LONGER_USEFUL": "内容无用"}


def make_announcement(desk: ProvinceDesk, given: dict[str, Any]) -> sqlite3.Row:
    """`given`: content with its four keys, and optionally announcementId, urgency, author."""
    content = written_content(given.get("content"), announcement=True)
    announcement_id = str(given.get("announcementId") or desk.new_id())
    if desk.db.one("SELECT 1 FROM paper WHERE subject_id = ?", announcement_id):
        raise RefusalError.conflict(f"公告 {announcement_id} 已存在，请用更正。")
    return open_paper(
        desk, kind=ANNOUNCEMENT, flow="PUBLISH", subject_id=announcement_id, title=content["title"], given=given, content=content
    )


def make_correction(desk: ProvinceDesk, announcement_id: str, given: dict[str, Any]) -> sqlite3.Row:
    """Correct one of the province's own: content (fields left out stay), and optionally urgency, author."""
    base, before = _own_text(desk, announcement_id)
    content = written_content(given.get("content") or {}, before, announcement=True)
    return open_paper(
        desk, kind=ANNOUNCEMENT, flow="CORRECT", subject_id=announcement_id, title=content["title"], given=given, content=content, base=base
    )


def make_recall(desk: ProvinceDesk, announcement_id: str, given: dict[str, Any]) -> sqlite3.Row:
    """Recall one of the province's own: reason, and optionally reasonText, urgency, author."""
    base, before = _own_text(desk, announcement_id)
    if given.get("reason") not in RECALL_REASONS:
        raise RefusalError.invalid(f"reason 可用：{'、'.join(RECALL_REASONS)}。")
    ending = {"reason": given["reason"], "reasonText": str(given.get("reasonText") or "")}
    return open_paper(
        desk, kind=ANNOUNCEMENT, flow="RECALL", subject_id=announcement_id, title=before["title"], given=given, ending=ending, base=base
    )


def make_reply(desk: ProvinceDesk, announcement_id: str, given: dict[str, Any]) -> sqlite3.Row:
    """R1: reply to an announcement published here that asks for one: content (title may be left out), and optionally author."""
    page = item_page(desk, announcement_id, ANNOUNCEMENT)
    asked = page.get("content")
    if asked is None:
        raise RefusalError.conflict("公告还没有发布给本省使用者，或已撤回、已过期，不能回复。")
    if not asked.get("needsReply"):
        raise RefusalError.conflict("这则公告没有要求回复。")
    words = given.get("content") or {}
    content = written_content({"title": f"回复：{asked['title']}", **words} if isinstance(words, dict) else words)
    return open_paper(
        desk,
        kind=REPLY,
        flow="PUBLISH",
        subject_id=str(given.get("replyId") or desk.new_id()),
        title=content["title"],
        given=given,
        content=content,
        answers=announcement_id,
    )


def reply_by_itself(desk: ProvinceDesk, delivery: sqlite3.Row) -> None:
    """In auto mode a province answers what asks for a reply, once an announcement."""
    if delivery["subject_kind"] != ANNOUNCEMENT or delivery["state"] != "PUBLISHED" or desk.mode != "auto":
        return
    page = item_page(desk, delivery["subject_id"], ANNOUNCEMENT)
    content = page.get("content") or {}
    own = (page.get("issuer") or {}).get("code") == desk.spec.code
    if own or not content.get("needsReply") or desk.spec.code not in addressed(content):
        return
    if desk.db.one("SELECT 1 FROM paper WHERE answers = ?", delivery["subject_id"]) is None:
        make_reply(desk, delivery["subject_id"], {"content": {"body": f"{desk.spec.name}已收到并传达到位。"}})


def keep_reply(desk: ProvinceDesk, data: dict[str, Any]) -> str:
    """A reply to one of the province's own announcements, inside the inbox's transaction."""
    content = data.get("content")
    if not isinstance(content, dict) or content_hash(content) != data.get("contentHash"):
        raise RefusalError.invalid("回复的正文缺失或 contentHash 不符，请总部核对后重发。")
    if desk.db.one("SELECT 1 FROM reply WHERE id = ?", data["replyId"]):
        return "DUPLICATE"
    desk.db.insert(
        "reply",
        id=data["replyId"],
        announcement_id=data["announcementId"],
        organisation=json.dumps(data["organisation"], ensure_ascii=False),
        author=data.get("author"),
        content=json.dumps(content, ensure_ascii=False),
        content_hash=data["contentHash"],
        late=bool(data.get("late")),
        received_at=desk.now(),
    )
    return "STORED"


def replies_to_own(desk: ProvinceDesk, announcement_id: str | None = None) -> list[dict[str, Any]]:
    """Replies received, newest first, at most 500."""
    rows = desk.db.all("SELECT * FROM reply WHERE ?1 IS NULL OR announcement_id = ?1 ORDER BY rowid DESC LIMIT 500", announcement_id)
    return [
        {
            "replyId": row["id"],
            "announcementId": row["announcement_id"],
            "organisation": json.loads(row["organisation"]),
            "author": row["author"],
            "content": json.loads(row["content"]),
            "late": bool(row["late"]),
            "receivedAt": row["received_at"],
        }
        for row in rows
    ]


def announcement_list(desk: ProvinceDesk) -> list[dict[str, Any]]:
    """Every announcement the province knows of, with its status."""
    return item_list(desk, ANNOUNCEMENT)


def announcement_page(desk: ProvinceDesk, announcement_id: str) -> dict[str, Any]:
    """One announcement: what users see, the province's own papers on it and the replies to it; 404 when unknown."""
    own = desk.db.all("SELECT * FROM paper WHERE ?1 IN (subject_id, answers) ORDER BY rowid", announcement_id)
    try:
        page = item_page(desk, announcement_id, ANNOUNCEMENT)
    except RefusalError:
        if not own:
            raise
        page = {"id": announcement_id, "number": own[-1]["number"], "title": own[-1]["title"], "status": "OWN"}
    return page | {"papers": [paper_view(row) for row in own], "replies": replies_to_own(desk, announcement_id)}


def own_announcements(desk: ProvinceDesk) -> list[dict[str, Any]]:
    """The province's own accepted announcements: id, title, number of their latest version."""
    latest: dict[str, dict[str, Any]] = {}
    for paper in papers(desk, "ACCEPTED"):
        if paper["subjectKind"] == ANNOUNCEMENT and paper["content"] and paper["number"]:
            known = latest.get(paper["subjectId"])
            if known is None or known["number"] < paper["number"]:
                latest[paper["subjectId"]] = {"id": paper["subjectId"], "title": paper["title"], "number": paper["number"]}
    return list(latest.values())


def _own_text(desk: ProvinceDesk, announcement_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Base and text of the latest version of an announcement the province issued; 404 when it issued none."""
    own = desk.db.one("SELECT 1 FROM paper WHERE subject_id = ? AND subject_kind = 'ANNOUNCEMENT' AND state = 'ACCEPTED'", announcement_id)
    row = desk.db.one(
        "SELECT number, content FROM paper WHERE subject_id = ?1 AND state = 'ACCEPTED' AND content IS NOT NULL"
        " UNION SELECT number, content FROM copy WHERE subject_id = ?1 ORDER BY number DESC LIMIT 1",
        announcement_id,
    )
    if own is None or row is None:
        raise RefusalError.missing("本省发布的公告", announcement_id)
    content: dict[str, Any] = json.loads(row["content"])
    return {"number": row["number"], "contentHash": content_hash(content)}, content
