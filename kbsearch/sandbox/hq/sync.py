"""版本同步 (S1, S2) at HQ: answers the second line's digests with what differs, and sends again what it asks for; HQ is right."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.pushes import push_held_version, push_revocation, push_revocation_again, push_version_again
from kbsearch.sandbox.hq.standing import Standing, by_category, digest, standings
from kbsearch.sandbox.hq.steps import record
from kbsearch.sandbox.refusal import RefusalError

LANE = "sync"
PORTION = 50


def answer_digest(desk: HqDesk, data: dict[str, Any]) -> str:
    """S1: one hqAnswerDigest per 50 differing categories, one empty one when all are equal.

    A category that is not listed counts as empty on the other side, unless the message says `complete: false`.
    """
    run_id, told = _run_id(data), _told_digests(data)
    held = by_category(standings(desk))
    asked = set(told) | (set(held) if data.get("complete", True) else set())
    empty = digest([])
    asked.discard("")  # what hangs on no node cannot be named to the other side
    differing = sorted(each for each in asked if told.get(each, empty) != digest(held.get(each, [])))
    portions = [differing[at : at + PORTION] for at in range(0, len(differing), PORTION)] or [[]]
    for at, portion in enumerate(portions, start=1):
        categories = [{"categoryId": each, "items": [row.view() for row in held.get(each, [])]} for each in portion]
        which = {"portion": at, "portions": len(portions)} if len(portions) > 1 else {}
        send_callback(desk, "hqAnswerDigest", {"runId": run_id, "categories": categories, **which}, lane=LANE, about=run_id)
    detail = f"比对 {len(asked)} 个栏目，{len(differing)} 个不同，以 {len(portions)} 条消息答复"
    _note(desk, run_id, "S1", "版本比对", detail, asked=len(asked), answered=len(differing), messages=len(portions))
    return f"ANSWERED：{detail}"


def answer_request(desk: HqDesk, data: dict[str, Any]) -> str:
    """S2: push each item asked for again, number and content unchanged; what HQ does not have is revoked."""
    run_id, items = _run_id(data), data["items"]
    now = {each.knowledge_id: each for each in standings(desk)}
    sent = sum(_send_again(desk, each["knowledgeId"], each.get("held"), now.get(each["knowledgeId"]), run_id) for each in items)
    detail = f"补发 {len(items)} 项知识，共 {sent} 条消息"
    _note(desk, run_id, "S2", "版本修复", detail, asked=len(items), answered=len(items), messages=sent)
    return f"ANSWERED：{detail}"


def _send_again(desk: HqDesk, knowledge_id: str, held: int | None, now: Standing | None, run_id: str) -> int:
    """A revoked item goes out as its text and its revocation, for its text is compared too; returns how many messages."""
    known = desk.db.one("SELECT 1 FROM version WHERE subject_id = ? AND status = 'ACCEPTED'", knowledge_id)
    ending = desk.db.one("SELECT * FROM ending WHERE subject_id = ? ORDER BY number DESC LIMIT 1", knowledge_id)
    if not known and ending is None:
        if held is None:
            return 0
        text = "总部没有这项知识。"
        values = {"knowledgeId": knowledge_id, "number": held, "reason": "NO_LONGER_USEFUL", "reasonText": text}
        push_revocation(desk, values, about=run_id)
        return 1
    if now is None:
        push_held_version(desk, knowledge_id, about=run_id)
        return 1
    version = desk.db.one("SELECT * FROM version WHERE subject_id = ? AND number = ? AND status = 'ACCEPTED'", knowledge_id, now.number)
    if version is not None:
        push_version_again(desk, version, about=run_id)
    if now.status == "REVOKED" and ending is not None:
        push_revocation_again(desk, ending, about=run_id)
    return int(version is not None) + int(now.status == "REVOKED")


def _run_id(data: dict[str, Any]) -> str:
    run_id = data["runId"]
    if not isinstance(run_id, str) or not run_id:
        raise RefusalError.invalid("runId 须是文字。")
    return run_id


def _told_digests(data: dict[str, Any]) -> dict[str, str]:
    """CategoryId → digest; an empty category may come with any digest."""
    empty = digest([])
    return {each["categoryId"]: each["digest"] if each["count"] else empty for each in data["categories"]}


def _note(desk: HqDesk, run_id: str, step: str, title: str, detail: str, **counts: int) -> None:
    desk.db.insert("sync_run", run_id=run_id, kind=step, at=desk.now(), detail=detail, **counts)
    record(desk, (step, title), case_id=run_id, round_=0, subject_id=run_id, actor="一级客服系统", detail=detail)


def sync_runs(desk: HqDesk) -> list[dict[str, Any]]:
    """What was compared (S1) and repaired (S2), newest first, at most 200."""
    names = ("kind", "at", "asked", "answered", "messages", "detail")
    rows = desk.db.all("SELECT * FROM sync_run ORDER BY id DESC LIMIT 200")
    return [{"runId": row["run_id"]} | {name: row[name] for name in names} for row in rows]


def digests(desk: HqDesk) -> list[dict[str, Any]]:
    """HQ's own digest of every category that holds anything: categoryId, count, digest."""
    grouped = by_category(standings(desk))
    return [{"categoryId": each, "count": len(grouped[each]), "digest": digest(grouped[each])} for each in sorted(grouped)]


def digest_rows(desk: HqDesk, category_id: str | None = None) -> list[dict[str, Any]]:
    """The rows behind the digests, of one category or of all."""
    return [each.view() | {"categoryId": each.category_id} for each in standings(desk) if category_id in {None, each.category_id}]
