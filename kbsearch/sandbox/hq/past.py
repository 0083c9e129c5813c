"""A past for HQ: what it holds, announced and dispatched before it first started, put in at once; sends nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.injecting import LONG_AGO, end_item, hold_item
from kbsearch.sandbox.hq.versions import store_item, store_version
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, REPLY

Given = dict[str, Any]


def hold_past(desk: HqDesk, given: Given) -> dict[str, int]:
    """Take over `knowledge` (as hold_stock's items), `announcements`, `replies`, `feedback`; returns how many of each were new.

    Announcements and replies: announcementId, issuer {code, name}, versions [{number, content, effectiveFrom}], replies also replyId;
    an announcement may be REVOKED. Feedback: as dispatched, with feedbackId, province, receivedAt, and result where there is one.
    What HQ holds already stays as it is.
    """
    if strange := sorted(set(given) - set(_HOLD)):
        raise RefusalError.invalid(f"不认识的字段：{'、'.join(strange)}，可用：{'、'.join(_HOLD)}。")
    with desk.db.transaction():
        try:
            return {name: sum(_HOLD[name](desk, each) for each in given.get(name) or []) for name in _HOLD}
        except (KeyError, TypeError, AttributeError) as error:
            raise RefusalError.invalid(f"内容不完整或类型不对：{error!r}。") from error


def _is_held(desk: HqDesk, subject_id: str) -> bool:
    return desk.db.one("SELECT 1 FROM item WHERE id = ?", subject_id) is not None


def _knowledge(desk: HqDesk, each: Given) -> bool:
    if _is_held(desk, each["knowledgeId"]):
        return False
    hold_item(desk, each)
    return True


def _announcement(desk: HqDesk, each: Given) -> bool:
    latest = each["versions"][-1]["content"]
    return _hold(desk, ANNOUNCEMENT, each["announcementId"], each, latest["audience"]["organisations"], answers=None)


def _reply(desk: HqDesk, each: Given) -> bool:
    return _hold(desk, REPLY, each["replyId"], each, [], answers=each["announcementId"])


def _hold(desk: HqDesk, kind: str, subject_id: str, each: Given, organisations: list[str], *, answers: str | None) -> bool:
    if _is_held(desk, subject_id):
        return False
    for version in each["versions"]:
        moment = version["effectiveFrom"]
        store_version(
            desk,
            subject_id,
            version["number"],
            version["content"],
            distribution=organisations,
            effective_from=moment,
            accepted_at=LONG_AGO,
        )
    store_item(desk, subject_id, kind, category_id=None, status="PUBLISHED", distribution=organisations)
    issuer = each["issuer"]
    values = (issuer["code"], issuer["name"], answers, subject_id)
    desk.db.run("UPDATE item SET issuer = ?, issuer_name = ?, answers = ? WHERE id = ?", *values)
    if each.get("status") == "REVOKED":
        end_item(desk, subject_id, each["reason"], each["reasonText"])
    return True


def _feedback(desk: HqDesk, each: Given) -> bool:
    if desk.db.one("SELECT 1 FROM feedback WHERE id = ?", each["feedbackId"]):
        return False
    result = each["result"]
    desk.db.insert(
        "feedback",
        id=each["feedbackId"],
        province=each["province"],
        province_id=each["feedbackId"],
        knowledge_id=each["knowledgeId"],
        number=each["number"],
        text=each["text"],
        reporter=each["reporter"],
        urgency=each["urgency"],
        state="DISPATCHED" if result is None else "ANSWERED",
        dispatch=each["dispatch"],
        received_at=each["receivedAt"],
        opinion=each["opinion"] or None,
    )
    if result is not None:
        text = json.dumps(result, ensure_ascii=False)
        desk.db.insert("feedback_result", feedback_id=each["feedbackId"], dispatch=each["dispatch"], data=text, received_at=desk.now())
    return True


_HOLD: dict[str, Callable[[HqDesk, Given], bool]] = {
    "knowledge": _knowledge,
    "announcements": _announcement,
    "replies": _reply,
    "feedback": _feedback,
}
