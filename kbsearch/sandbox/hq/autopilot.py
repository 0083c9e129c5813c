"""HQ's automatic reviewer: looks at what waits, by the stated rules and after their delay; does nothing in manual mode."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

from kbsearch.sandbox.hq.approval import base_is_stale
from kbsearch.sandbox.hq.attachments import attachments_on_their_way
from kbsearch.sandbox.hq.cases import Case
from kbsearch.sandbox.hq.decision import Decision
from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.feedback_rules import review_feedback_due
from kbsearch.sandbox.hq.review import decide
from kbsearch.sandbox.hq.rules import Rule, matching
from kbsearch.sandbox.hq.submissions import waiting_for_review
from kbsearch.sandbox.refusal import RefusalError

LONGEST_REST = 1.0
REVIEWER = "总部自动审核"
_log = logging.getLogger("kbsearch.sandbox.hq")


async def review_by_rules(desk: HqDesk) -> None:
    """Work until cancelled."""
    while True:
        desk.review_bell.clear()
        rest = review_due(desk)
        try:
            async with asyncio.timeout(rest):
                await desk.review_bell.wait()
        except TimeoutError:
            continue


def review_due(desk: HqDesk) -> float:
    """Decide all that is due now; return the seconds until the next look."""
    if desk.mode != "auto":
        return LONGEST_REST
    rest = LONGEST_REST
    for case in waiting_for_review(desk):
        rule = rule_for(desk, case)
        delay = desk.delay if rule is None or rule.delay is None else rule.delay
        left = (datetime.fromisoformat(case.waiting_since) + timedelta(seconds=delay) - desk.clock()).total_seconds()
        if left > 0:
            rest = min(rest, left)
        elif not attachments_on_their_way(desk, case.content):
            _review(desk, case, rule)
    return max(min(rest, review_feedback_due(desk)), 0.01)


def rule_for(desk: HqDesk, case: Case) -> Rule | None:
    """The rule that speaks of this case; None approves."""
    texts = {
        "title": case.title,
        "kind": case.flow,
        "urgency": str(case.data.get("urgency", "")),
        "author": str((case.data.get("author") or {}).get("name", "")),
        "subject": case.subject_kind,
        "origin": case.origin,
    }
    return matching(desk.rules, "review", texts, first=case.round == 1 and case.attempt == 1)


def _review(desk: HqDesk, case: Case, rule: Rule | None) -> None:
    try:
        decide(desk, case.id, _decision(desk, case, rule))
    except RefusalError as error:
        # A rule that cannot be carried out (a province that is not configured, say) needs a person, not a loop.
        _log.warning("自动审核未能处理 %s：%s", case.id, error.message)
        decide(desk, case.id, Decision("hold", reason_text=f"自动审核未能处理：{error.message}"))


def _decision(desk: HqDesk, case: Case, rule: Rule | None) -> Decision:
    if base_is_stale(desk, case):
        return Decision("hold", reason_text="基线已不是总部现行版本，等待二线客服撤回或人工处理。", approver=REVIEWER)
    if rule is None:
        return Decision("approve", approver=REVIEWER)
    own = case.made_here and rule.action == "return"
    return Decision(
        action="returnToOwnAuthors" if own else rule.action,
        reason_codes=rule.reason_codes,
        reason_text=rule.text,
        distribution=None if rule.distribution is None else list(rule.distribution),
        effective_from=rule.effective_from,
        approver=REVIEWER,
    )
