"""Feedback as our reviewers, headquarters and the provinces have it; its timelines and transport are logs and left out."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.state.view import View, in_order, kept, pages

_SEEN = """
rawId hqId createdAt origin dispatch province versionNumber text opinion reporterName searchQuery urgency state resolution resolutionText
overdue title knowledge { rawId } resolvedKnowledge { rawId } resolvedVersion { number contentHash } submission { rawId }
duplicateOf { rawId } handler { name } allowedActions
"""
_OURS = f"""query($after: String) {{
feedbackQueue(first: 100, after: $after, filter: {{states: [RECEIVED, IN_PROGRESS, RESOLVED]}}) {{
edges {{ node {{ {_SEEN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
_SET_ASIDE = frozenset({"rawId", "createdAt"})


def gather_feedback(view: View) -> list[PAGE]:
    """All we hold, oldest first, each named after its text."""
    ours = sorted(pages(view.stage.reviewer, _OURS), key=lambda each: str(each["createdAt"]))
    for each in ours:
        name = view.names.give(each["rawId"], f"反馈“{each['text']}”")
        view.names.give(each["hqId"], f"{name}的总部编号")
    return ours


def show_feedback(view: View, ours: list[PAGE]) -> dict[str, Any]:
    """By name: as a reviewer sees it."""
    return {str(view.names.of(each["rawId"])): {name: each[name] for name in each.keys() - _SET_ASIDE} for each in ours}


def gather_hq_feedback(view: View) -> list[dict[str, Any]]:
    """What headquarters holds, also of what never came to us, and what became of it."""
    held = [view.stage.hq.feedback(each["id"]) for each in reversed(view.stage.hq.feedbacks())]
    for each in held:
        name = f"反馈“{each['text']}”"
        view.names.give(each["id"], f"{name}的总部编号")
        view.names.give(each["provinceId"], f"{name}的省编号")
    return held


def show_hq_feedback(view: View, held: list[dict[str, Any]]) -> dict[str, Any]:
    """By name."""
    return {str(view.names.of(each["id"])): kept(each) for each in held}


def gather_province_feedback(view: View) -> dict[str, list[dict[str, Any]]]:
    """Each province's own, also of what did not pass its review."""
    given = {code: province.feedbacks() for code, province in view.stage.provinces.items()}
    for each in [each for listed in given.values() for each in listed]:
        view.names.give(each["id"], f"反馈“{each['text']}”的省编号")
    return given


def show_province_feedback(view: View, given: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """By province, in no order."""
    return {code: in_order(view.names.scrubbed(kept(listed))) for code, listed in given.items()}
