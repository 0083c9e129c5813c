"""What HQ tells the submitter of a case: receipt, approval, return, rejection; to us by callback, to a province by message."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.hashing import content_hash
from kbsearch.sandbox.hq.callbacks import send_callback
from kbsearch.sandbox.hq.cases import Case
from kbsearch.sandbox.hq.decision import Decision
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.distribution import put_to_province
from kbsearch.sandbox.subjects import SECOND_LINE

_TO_PROVINCE = {"hqAcknowledge": "case.acknowledge", "hqApprove": "case.approve", "hqReturn": "case.return", "hqReject": "case.reject"}


def tell_receipt(desk: HqDesk, case: Case) -> None:
    """HQ has it, under HQ's number."""
    _tell(desk, case, "hqAcknowledge", {"hqReference": case.reference})


def tell_approval(desk: HqDesk, case: Case, decision: Decision, distribution: list[str], number: int | None) -> None:
    """HQ approved it, as it came or with HQ's text or date."""
    amended = None if case.ends else case.amended
    moved = decision.effective_from or ((case.amended or {}).get("effectiveFrom") if case.ends else None)
    values = {
        "submissionHash": case.data.get("submissionHash"),
        "number": number,
        "distribution": distribution,
        "content": amended,
        "contentHash": content_hash(amended) if amended else None,
        "effectiveFrom": moved,
        "hqReference": case.reference,
        "approver": decision.approver,
    }
    _tell(desk, case, "hqApprove", values)


def tell_no(desk: HqDesk, case: Case, name: str, decision: Decision) -> None:
    """HQ returned (hqReturn) or rejected (hqReject) it."""
    values = {
        "reasonCodes": list(decision.reason_codes),
        "reasonText": decision.reason_text,
        "hqReference": case.reference,
        "approver": decision.approver,
    }
    _tell(desk, case, name, values)


def _tell(desk: HqDesk, case: Case, name: str, values: dict[str, Any]) -> None:
    told = {"submissionId": case.id, "round": case.round, **values}
    if case.made_here:
        return
    if case.origin == SECOND_LINE:
        send_callback(desk, name, told, lane=case.subject_id, about=case.id, round_=case.round)
    else:
        put_to_province(desk, case.origin, _TO_PROVINCE[name], told, lane=case.subject_id, about=case.id, round_=case.round)
