"""Submissions as their authors and reviewers see them; transport and timeline are logs and left out."""

from __future__ import annotations

from typing import Any

from kbsearch.sandbox.walk.cast import PARTS
from kbsearch.sandbox.walk.desk import PAGE
from kbsearch.sandbox.walk.state.view import View, pages

_SEEN = """
id rawId knowledgeRawId createdAt submissionHash contentHash hqReference title subjectKind
kind scope state stateText round baseNumber baseMoved
withdrawalAsked revokeReason revokeText revokeAt effectiveAt distribution urgency material changeNote allowedActions
category { rawId } author { name } approvedBy { name }
content { title body summary script keywords regions effectiveFrom effectiveTo attachments
  terms { mustRead needsReply replyDueAt audience { text } } }
returns { action round actorKind reasonCodes reasonText }
differencesToBase { field before after } amendedByHq { field before after }
acceptedVersion { number contentHash distribution }
"""
_MINE = f"""query($after: String) {{ myWork(first: 50, after: $after) {{
edges {{ node {{ {_SEEN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
_QUEUE = "query($after: String) { reviewQueue(first: 100, after: $after) { edges { node { rawId } } pageInfo { hasNextPage endCursor } } }"
_SAID = "query($id: ID!) { submission(id: $id) { allowedActions } }"


def gather_submissions(view: View) -> list[PAGE]:
    """Everybody's work, oldest first, each named after its title and kind; the knowledge it is about after its title."""
    writers = [view.stage.desks[part] for part, wanted in PARTS.items() if "AUTHOR" in wanted.holds]
    found = {each["id"]: each for desk in writers for each in pages(desk, _MINE)}
    work = sorted(found.values(), key=lambda each: str(each["createdAt"]))
    for each in work:
        view.names.give(each["knowledgeRawId"], f"《{each['title']}》")
        name = view.names.give(each["rawId"], f"《{each['title']}》的 {each['kind']} 申请")
        view.names.give(each["submissionHash"], f"{name}的申请哈希")
        view.names.give(each["contentHash"], f"{name}的内容哈希")
        view.names.give(each["hqReference"], f"{name}的总部编号")
    return work


def show_submissions(view: View, work: list[PAGE]) -> dict[str, Any]:
    """By name: what the author sees, and what a reviewer may do."""
    shown = {}
    for each in work:
        told = {name: value for name, value in each.items() if name not in {"id", "rawId", "createdAt"}}
        told["reviewerMay"] = view.stage.reviewer.ask(_SAID, id=each["id"])["submission"]["allowedActions"]
        shown[str(view.names.of(each["rawId"]))] = told
    return shown


def gather_queue(view: View) -> list[str]:
    """What waits for a reviewer."""
    return [each["rawId"] for each in pages(view.stage.reviewer, _QUEUE)]


def show_queue(view: View, waiting: list[str]) -> list[str]:
    """By name; the queue's order follows times."""
    return sorted(view.names.of(raw) or raw for raw in waiting)
