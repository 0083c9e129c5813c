"""A7: an approved announcement, correction or recall goes to every organisation it addresses; decides nothing."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import Case, record_step
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import dropped, put_case
from kbsearch.sandbox.hq.versions import announcement_of
from kbsearch.sandbox.subjects import HQ, SECOND_LINE, Step


def announce_version(desk: HqDesk, case: Case, version: sqlite3.Row, before: list[str], moved: str | None) -> None:
    """Give a version to its organisations; who had it and is no longer addressed gets a recall.

    Whoever submitted this case hears by its approval, not by a message of its own; an issuer whose text HQ corrects is told as well.
    """
    item = announcement_of(desk, case.subject_id)
    chosen: list[str] = json.loads(version["distribution"])
    data = {
        "number": version["number"],
        "issuer": {"code": item["issuer"], "name": item["issuer_name"]},
        "content": json.loads(version["content"]),
        "contentHash": version["content_hash"],
        "effectiveFrom": version["effective_from"],
        "urgency": case.data.get("urgency", "NORMAL"),
        "material": case.data.get("material"),
    }
    told = [*chosen, *([item["issuer"]] if item["issuer"] not in chosen else [])]
    for code in told:
        if code != case.origin:
            changed = case.flow == "CORRECT" and (code in before or code == item["issuer"])
            _give(desk, case, code, data, moved=moved, corrected=changed)
    for code in before:
        if code not in told:
            _recall(desk, case, code, dropped(version, "本单位不再属于公告对象。"))


def announce_recall(desk: HqDesk, case: Case, organisations: list[str], recall: dict[str, Any]) -> None:
    """Tell everybody who has it, and its issuer, that it is recalled."""
    item = desk.db.one("SELECT issuer FROM item WHERE id = ?", case.subject_id)
    issuer = item["issuer"] if item else None
    for code in sorted({*organisations, *([issuer] if issuer else [])}):
        if code != case.origin:
            _recall(desk, case, code, recall)


def _give(desk: HqDesk, case: Case, code: str, data: dict[str, Any], *, moved: str | None, corrected: bool) -> None:
    if code in desk.province_codes():
        put_case(desk, case, code, "announcement.correct" if corrected else "announcement.publish", data)
    elif code == SECOND_LINE:
        values = {"announcementId": case.subject_id, **data, "effectiveFrom": moved, "material": data["material"]}
        if corrected:
            del values["issuer"], values["urgency"]
            values |= {"base": case.base_number, "changeNote": case.data.get("changeNote")}
        name = "hqCorrectAnnouncement" if corrected else "hqPublishAnnouncement"
        send_callback(desk, name, values, lane=case.subject_id, about=case.id, round_=case.round)
    else:
        _note_absent(desk, case, code)


def _recall(desk: HqDesk, case: Case, code: str, recall: dict[str, Any]) -> None:
    if code in desk.province_codes():
        put_case(desk, case, code, "announcement.recall", recall)
    elif code == SECOND_LINE:
        # "No longer addressed" is the sandbox's own word; the interface has none for it.
        reason = "NO_LONGER_USEFUL" if recall["reason"] == "OUT_OF_DISTRIBUTION" else recall["reason"]
        names = ("number", "reasonText", "effectiveFrom")
        values = {"announcementId": case.subject_id, **{name: recall.get(name) for name in names}, "reason": reason}
        send_callback(desk, "hqRecallAnnouncement", values, lane=case.subject_id, about=case.id, round_=case.round)
    else:
        _note_absent(desk, case, code)


def _note_absent(desk: HqDesk, case: Case, code: str) -> None:
    """HQ's own users see it here; other platforms and provinces the sandbox does not run cannot be delivered to."""
    detail = "已发布给总部使用者" if code == HQ else f"已交 {desk.organisation_name(code)}（沙箱不含该系统）"
    record_step(desk, case, Step.PUBLISHED, "总部知识管理员", detail)
