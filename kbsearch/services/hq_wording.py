"""What of a wording or a distribution that headquarters brings is lawful in itself, by kind of subject; applies nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kbsearch.content import Content
from kbsearch.services.content_rules import shape_problems
from kbsearch.workflow.audience import organisation_name
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import SubjectKind


def completed(content: Content, kind: SubjectKind, ours: Content | None) -> Content:
    """An announcement brought without its four keys keeps those we sent."""
    if kind is SubjectKind.ANNOUNCEMENT and content.terms is None and ours is not None:
        return replace(content, terms=ours.terms)
    return content


def content_problem(content: Content, content_hash: str | None, kind: SubjectKind = SubjectKind.KNOWLEDGE) -> str | None:
    """What is wrong with content headquarters brings, None when it may be applied."""
    if (content.terms is not None) != (kind is SubjectKind.ANNOUNCEMENT):
        return "公告的 content 须有 audience 等四键，知识与回复的不能有"
    if content_hash is not None and content.hash != content_hash:
        return "contentHash 与 content 不符，请核对规范 JSON"
    if not content.title.strip() or not content.body.strip():
        return "content 缺标题或正文"
    if content.terms is not None and content.terms.audience.empty:
        return "content 缺公告对象"
    problems = [p.message for p in shape_problems(content)]
    return "；".join(problems) or None


def distribution_problem(codes: Sequence[str], kind: SubjectKind = SubjectKind.KNOWLEDGE) -> str | None:
    """A sentence naming distribution codes nobody knows: provinces for knowledge, organisations for announcements."""
    if kind is SubjectKind.KNOWLEDGE:
        unknown = sorted(set(codes) - PROVINCES.keys())
        return f"distribution 中没有这样的省代码：{'、'.join(unknown[:5])}" if unknown else None
    unknown = sorted(code for code in set(codes) if organisation_name(code) is None)
    return f"distribution 中没有这样的单位代码：{'、'.join(unknown[:5])}" if unknown else None
