"""What follows from HQ's approval (steps 6 and 7, A7, R7): the version or ending, and who is told; review.py decides it."""

from __future__ import annotations

import sqlite3
from typing import Any

from kbsearch.sandbox.audience import addressed, organisation_code
from kbsearch.sandbox.hq.announcing import announce_recall, announce_version
from kbsearch.sandbox.hq.attachments import missing_attachments
from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import Case, move, record_step
from kbsearch.sandbox.hq.decision import Decision
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import distribute_revocation, distribute_version
from kbsearch.sandbox.hq.pushes import push_revocation, version_values
from kbsearch.sandbox.hq.replying import deliver_reply
from kbsearch.sandbox.hq.telling import tell_approval
from kbsearch.sandbox.hq.versions import accept_version, highest_version, holders, store_ending
from kbsearch.sandbox.hq.withdrawals import refuse_waiting
from kbsearch.sandbox.refusal import RefusalError
from kbsearch.sandbox.subjects import ANNOUNCEMENT, HQ, KNOWLEDGE, Step


def base_is_stale(desk: HqDesk, case: Case) -> bool:
    """Whether HQ has accepted a version above the one this case builds on or ends."""
    top = highest_version(desk, case.subject_id)
    return top is not None and int(top["number"]) > (case.base_number or 0)


def approve(desk: HqDesk, case: Case, decision: Decision) -> None:
    """Inside review.decide's transaction: accept, tell the submitter, distribute, log."""
    if base_is_stale(desk, case) and not decision.force:
        raise RefusalError.conflict("总部已持有更高的版本，基线已不是现行版本；请退回或等待撤回（确要通过请带 force: true）。")
    if (missing := missing_attachments(desk, case.content)) and not decision.force:
        raise RefusalError.conflict(f"还有 {len(missing)} 个附件没有取到，请稍候或重取（确要通过请带 force: true）。")
    if case.ends:
        _approve_ending(desk, case, decision)
    else:
        _approve_text(desk, case, decision)
    if not case.made_here:
        refuse_waiting(desk, case, "总部已审核通过。")


def _approve_text(desk: HqDesk, case: Case, decision: Decision) -> None:
    chosen = _chosen(desk, case, decision)
    before = holders(desk, case.subject_id)
    moved = decision.effective_from or case.data.get("movedTo")
    version = accept_version(desk, case, distribution=chosen, effective_from=moved)
    sentence = f"审核通过，版本 {version['number']}，发布给 {'、'.join(chosen) or '（无）'}"
    _log(desk, case, decision, sentence, {"number": version["number"]})
    tell_approval(desk, case, decision, chosen, version["number"])
    if case.subject_kind == KNOWLEDGE:
        if case.origin == HQ:
            _push_version(desk, case, version, moved)
        distribute_version(desk, case, version, before)
    elif case.subject_kind == ANNOUNCEMENT:
        announce_version(desk, case, version, before, moved)
    else:
        deliver_reply(desk, case, version)


def _chosen(desk: HqDesk, case: Case, decision: Decision) -> list[str]:
    """Whom it goes to: as the reviewer says, else as its maker asked, else everybody it concerns."""
    content = case.content or {}
    given = decision.distribution if decision.distribution is not None else case.data.get("distribution")
    if case.subject_kind == KNOWLEDGE:
        return desk.default_distribution(content) if given is None else desk.checked_distribution(given)
    if case.subject_kind != ANNOUNCEMENT:
        return []
    if given is None:
        return addressed(content)
    if not isinstance(given, list):
        raise RefusalError.invalid("distribution 须是单位代码的列表。")
    return sorted({organisation_code(code) for code in given})


def _approve_ending(desk: HqDesk, case: Case, decision: Decision) -> None:
    data = case.data | (case.amended or {})
    moved = decision.effective_from or (case.amended or {}).get("effectiveFrom")
    told = holders(desk, case.subject_id)
    ending = {
        "number": case.base_number,
        "reason": data["reason"],
        "reasonText": data.get("reasonText") or "",
        "replacementId": data.get("replacementId"),
        "effectiveFrom": moved or data.get("effectiveFrom"),
    }
    store_ending(desk, case, ending)
    word = "撤销" if case.subject_kind == KNOWLEDGE else "撤回"
    _log(desk, case, decision, f"{word}审核通过，通知 {'、'.join(told) or '（无人持有）'}", {})
    tell_approval(desk, case, decision, told, None)
    if case.subject_kind == ANNOUNCEMENT:
        announce_recall(desk, case, told, ending)
        return
    if case.origin == HQ:
        push_revocation(desk, {"knowledgeId": case.subject_id, **ending}, about=case.id, round_=case.round)
    distribute_revocation(desk, case, told, ending)


def _log(desk: HqDesk, case: Case, decision: Decision, sentence: str, told: dict[str, Any]) -> None:
    move(desk, case, "APPROVED", decision={"action": "approve", "reasonText": decision.reason_text, "approver": decision.approver, **told})
    record_step(desk, case, Step.REVIEWED, decision.approver, sentence)
    record_step(desk, case, Step.PASSED, decision.approver, "审核通过，走步骤 7")


def _push_version(desk: HqDesk, case: Case, version: sqlite3.Row, moved: str | None) -> None:
    values = version_values(
        desk,
        version,
        base=case.base_number,
        effectiveFrom=moved,
        changeNote=case.data.get("changeNote"),
        material=case.data.get("material"),
    )
    send_callback(desk, "hqPushVersion", values, lane=case.subject_id, about=case.id, round_=case.round)
