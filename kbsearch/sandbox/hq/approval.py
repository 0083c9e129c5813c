"""What follows from HQ's approval (steps 6 and 7): the version or revocation, the callback, the provinces; review.py decides it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import HQ, Case, move, record_step
from kbsearch.sandbox.hq.decision import Decision
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import distribute_revocation, distribute_version
from kbsearch.sandbox.hq.versions import accept_version, highest_version, holders, store_knowledge
from kbsearch.sandbox.hq.withdrawals import refuse_waiting
from kbsearch.sandbox.refusal import RefusalError


def base_is_stale(desk: HqDesk, case: Case) -> bool:
    """Whether HQ has accepted a version above the one this case builds on or ends."""
    top = highest_version(desk, case.knowledge_id)
    return top is not None and int(top["number"]) > (case.base_number or 0)


def approve(desk: HqDesk, case: Case, decision: Decision) -> None:
    """Inside review.decide's transaction: accept, tell the service, distribute, log."""
    if base_is_stale(desk, case) and not decision.force:
        raise RefusalError.conflict("总部已持有更高的版本，基线已不是现行版本；请退回或等待撤回（确要通过请带 force: true）。")
    if case.flow == "REVOKE":
        _approve_revocation(desk, case, decision)
    else:
        _approve_text(desk, case, decision)
    if case.origin != HQ:
        refuse_waiting(desk, case, "总部已审核通过。")


def _approve_text(desk: HqDesk, case: Case, decision: Decision) -> None:
    content = case.content or {}
    given = decision.distribution if decision.distribution is not None else case.data.get("distribution")
    chosen = desk.default_distribution(content) if given is None else desk.checked_distribution(given)
    before = holders(desk, case.knowledge_id)
    moved = decision.effective_from or case.data.get("movedTo")
    version = accept_version(desk, case, distribution=chosen, effective_from=moved)
    sentence = f"审核通过，版本 {version['number']}，发布给 {'、'.join(chosen) or '（无省份）'}"
    _log(desk, case, decision, sentence, {"number": version["number"]})
    if case.origin == HQ:
        _push_version(desk, case, version, moved)
    else:
        _tell_approval(desk, case, decision, chosen, version["number"])
    distribute_version(desk, case, version, before)


def _approve_revocation(desk: HqDesk, case: Case, decision: Decision) -> None:
    data = case.data | (case.amended or {})
    moved = decision.effective_from or (case.amended or {}).get("effectiveFrom")
    told = holders(desk, case.knowledge_id)
    store_knowledge(desk, case.knowledge_id, data.get("categoryId"), "REVOKED", [])
    _log(desk, case, decision, f"撤销审核通过，通知 {'、'.join(told) or '（无省份持有）'}", {})
    revocation = {
        "number": case.base_number,
        "reason": data["reason"],
        "reasonText": data.get("reasonText") or "",
        "replacementId": data.get("replacementId"),
        "effectiveFrom": moved or data.get("effectiveFrom"),
    }
    if case.origin == HQ:
        values = {"knowledgeId": case.knowledge_id, **revocation}
        send_callback(desk, "hqPushRevocation", values, lane=case.knowledge_id, about=case.id, round_=case.round)
    else:
        _tell_approval(desk, case, decision, told, None)
    distribute_revocation(desk, case, told, revocation)


def _log(desk: HqDesk, case: Case, decision: Decision, sentence: str, found: dict[str, Any]) -> None:
    move(desk, case, "APPROVED", decision={"action": "approve", "reasonText": decision.reason_text, "approver": decision.approver, **found})
    record_step(desk, case, "5", decision.approver, sentence)
    record_step(desk, case, "6", decision.approver, "审核通过，走步骤 7")


def _tell_approval(desk: HqDesk, case: Case, decision: Decision, distribution: list[str], number: int | None) -> None:
    amended = case.amended if case.flow != "REVOKE" else None
    moved = decision.effective_from or ((case.amended or {}).get("effectiveFrom") if case.flow == "REVOKE" else None)
    values = {
        "submissionId": case.id,
        "round": case.round,
        "submissionHash": case.data["submissionHash"],
        "number": number,
        "distribution": distribution,
        "content": amended,
        "contentHash": content_hash(amended) if amended else None,
        "effectiveFrom": moved,
        "hqReference": case.reference,
        "approver": decision.approver,
    }
    send_callback(desk, "hqApprove", values, lane=case.knowledge_id, about=case.id, round_=case.round)


def _push_version(desk: HqDesk, case: Case, version: sqlite3.Row, moved: str | None) -> None:
    values = {
        "knowledgeId": case.knowledge_id,
        "number": version["number"],
        "categoryId": case.data["categoryId"],
        "base": case.base_number,
        "content": json.loads(version["content"]),
        "contentHash": version["content_hash"],
        "distribution": json.loads(version["distribution"]),
        "effectiveFrom": moved,
        "changeNote": case.data.get("changeNote"),
        "material": case.data.get("material"),
    }
    send_callback(desk, "hqPushVersion", values, lane=case.knowledge_id, about=case.id, round_=case.round)
