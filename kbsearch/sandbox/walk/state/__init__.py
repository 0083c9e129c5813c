"""The public state of all three systems as one text that two walks of the same words can be compared by; judges nothing.

A new noun is one `gather` and one `show` function in a file of its own, and a line in NOUNS.
"""

from __future__ import annotations

import difflib
import json

from kbsearch.sandbox.walk.stage import Stage
from kbsearch.sandbox.walk.state import announcements, beyond, feedback, knowledge, people, submissions, syncing
from kbsearch.sandbox.walk.state.view import Noun, View

NOUNS: tuple[Noun, ...] = (
    Noun("人员", people.gather_people, people.show_people),
    Noun("申请", submissions.gather_submissions, submissions.show_submissions),
    Noun("待审队列", submissions.gather_queue, submissions.show_queue),
    Noun("总部的申请与草稿", beyond.gather_cases, beyond.show_cases),
    Noun("知识", knowledge.gather_knowledge, knowledge.show_knowledge),
    Noun("公告", announcements.gather_announcements, announcements.show_announcements),
    Noun("我的公告", announcements.gather_lists, announcements.show_lists),
    Noun("检索", knowledge.gather_search, knowledge.show_search),
    Noun("反馈", feedback.gather_feedback, feedback.show_feedback),
    Noun("总部的反馈", feedback.gather_hq_feedback, feedback.show_hq_feedback),
    Noun("省公司的反馈", feedback.gather_province_feedback, feedback.show_province_feedback),
    Noun("栏目", knowledge.gather_tree, knowledge.show_tree),
    Noun("栏目的变迁", syncing.gather_tree_history, syncing.show_tree_history),
    Noun("版本比对", syncing.gather_sync_runs, syncing.show_sync_runs),
    Noun("总部的版本摘要", syncing.gather_digest_rows, syncing.show_digest_rows),
    Noun("总部的知识", beyond.gather_held, beyond.show_held),
    Noun("总部的公告", announcements.gather_hq_announcements, announcements.show_hq_announcements),
    Noun("总部的附件", announcements.gather_attachments, announcements.show_attachments),
    Noun("总部的结构", beyond.gather_hq_tree, beyond.show_hq_tree),
    Noun("省公司", beyond.gather_provinces, beyond.show_provinces),
    Noun("省公司的公告", announcements.gather_province_announcements, announcements.show_province_announcements),
    Noun("通知", announcements.gather_notices, announcements.show_notices),
    Noun("未解除的告警", beyond.gather_alarms, beyond.show_alarms),
)


def public_state(stage: Stage) -> str:
    """Everything the public interfaces show, by stable names, keys in order, as indented JSON."""
    view = View(stage)
    gathered = [(noun, noun.gather(view)) for noun in NOUNS]
    shown = {noun.title: noun.show(view, what) for noun, what in gathered}
    return json.dumps(view.names.scrubbed(shown), ensure_ascii=False, indent=1, sort_keys=True)


def differences(before: str, after: str) -> list[str]:
    """A unified diff with the way to each place; empty when both are the same byte for byte."""
    if before == after:
        return []
    return list(difflib.unified_diff(_lines(before), _lines(after), "无故障", "有故障", n=0, lineterm=""))


def _lines(state: str) -> list[str]:
    """One line for each single value, with the whole way to it, so that a line of the diff can be understood by itself."""
    lines: list[str] = []
    waiting = [("", json.loads(state))]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            waiting += [(f"{path} ▸ {key}" if path else key, each) for key, each in reversed(value.items())]
        elif isinstance(value, list) and value:
            waiting += [(f"{path}[{at}]", each) for at, each in reversed(list(enumerate(value)))]
        else:
            lines.append(f"{path} = {json.dumps(value, ensure_ascii=False)}")
    return lines
