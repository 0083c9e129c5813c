"""HQ's automatic reviewer of feedback: by the stated rules, and without one accepted and dispatched; does nothing in manual mode."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from kbsearch.sandbox.hq.desk import HqDesk
from kbsearch.sandbox.hq.feedback import hold_feedback, review_feedback
from kbsearch.sandbox.hq.rules import Rule, matching

LONGEST_REST = 1.0


def review_feedback_due(desk: HqDesk) -> float:
    """Decide all that is due now; return the seconds until the next look."""
    rest = LONGEST_REST
    for row in desk.db.all("SELECT * FROM feedback WHERE state = 'RECEIVED' ORDER BY rowid LIMIT 200"):
        texts = {"title": row["text"], "urgency": row["urgency"], "author": row["reporter"], "origin": row["province"]}
        rule = matching(desk.rules, "feedback", texts, first=True)
        delay = desk.delay if rule is None or rule.delay is None else rule.delay
        left = (datetime.fromisoformat(row["received_at"]) + timedelta(seconds=delay) - desk.clock()).total_seconds()
        if left > 0:
            rest = min(rest, left)
        else:
            _review(desk, row, rule)
    return rest


def _review(desk: HqDesk, row: sqlite3.Row, rule: Rule | None) -> None:
    action = rule.action if rule else "dispatch"
    text = rule.text if rule else ""
    if action == "hold":
        hold_feedback(desk, row["id"], text or "等待人工审核。")
    elif action == "refuse":
        review_feedback(desk, row["id"], accepted=False, text=text or "不予采纳。")
    else:
        needed = action == "dispatch"
        review_feedback(desk, row["id"], accepted=True, text=text or "意见已采纳。", update_needed=needed)
