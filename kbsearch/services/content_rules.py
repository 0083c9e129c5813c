"""What content and its place must satisfy: shape at every save, completeness at submitForReview."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from kbsearch.attachments.port import DIGEST
from kbsearch.content import Content, Terms
from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.services.announcements.rules import announcement_gaps, reply_gaps, shape_problems_of
from kbsearch.services.taxonomy.tree import resolved_category_id
from kbsearch.store.tables import Category, CategoryOrigin, Subject, Submission
from kbsearch.workflow.reasons import RevokeReason
from kbsearch.workflow.regions import PROVINCES
from kbsearch.workflow.states import Scope, SubjectKind

LIMITS = {"title": 200, "summary": 1_000, "script": 500, "body": 200_000}
_LABELS = {"title": "标题", "summary": "摘要", "script": "口径", "body": "正文"}
MAX_KEYWORDS = 50
MAX_KEYWORD_LENGTH = 50
MAX_CHANGE_NOTE = 1_000
MAX_ATTACHMENTS = 20


def _bad(field: str, message: str) -> Refusal:
    return Refusal(RefusalCode.RULE_VIOLATED, message, rule="BAD_CONTENT", field=("content", field))


def tidy(content: Content) -> Content:
    """Trim what people type around single-line fields; drop empty and repeated keywords and regions, keeping order."""
    keywords = tuple(dict.fromkeys(k.strip() for k in content.keywords if k.strip()))
    return replace(
        content,
        title=content.title.strip(),
        body=content.body.strip(),
        summary=content.summary.strip(),
        script=content.script.strip(),
        keywords=keywords,
        regions=tuple(sorted({r.strip().upper() for r in content.regions if r.strip()})),
        attachments=tuple(sorted(set(content.attachments))),
    )


def shape_problems(content: Content) -> list[Refusal]:
    """What is wrong with content even as a draft: lengths, unknown provinces, an end before the beginning."""
    problems = [
        _bad(name, f"{_LABELS[name]}最长 {limit} 个字，现有 {len(text)} 个，请缩短。")
        for name, limit in LIMITS.items()
        if len(text := getattr(content, name)) > limit
    ]
    if len(content.keywords) > MAX_KEYWORDS:
        problems.append(_bad("keywords", f"关键词最多 {MAX_KEYWORDS} 个，请减少。"))
    if any(len(k) > MAX_KEYWORD_LENGTH for k in content.keywords):
        problems.append(_bad("keywords", f"每个关键词最长 {MAX_KEYWORD_LENGTH} 个字，请缩短。"))
    unknown = sorted(set(content.regions) - PROVINCES.keys())
    if unknown:
        problems.append(_bad("regions", f"没有这样的省代码：{'、'.join(unknown[:5])}。请用两位大写字母，如 BJ 北京、GD 广东。"))
    if content.effective_from and content.effective_to and content.effective_to <= content.effective_from:
        problems.append(_bad("effectiveTo", "失效时间须晚于生效时间，请改正。"))
    if len(content.attachments) > MAX_ATTACHMENTS:
        problems.append(_bad("attachments", f"附件最多 {MAX_ATTACHMENTS} 个，请减少。"))
    if any(not DIGEST.fullmatch(digest) for digest in content.attachments):
        problems.append(_bad("attachments", "附件编号须是上传所得的 64 位小写十六进制（sha256），请改正。"))
    if content.terms is not None:
        problems += [_bad(name, message) for name, message in shape_problems_of(content.terms)]
    return problems


def for_kind(content: Content, kind: SubjectKind) -> Content:
    """Announcements have terms, if only empty ones; nothing else may have any."""
    if kind is SubjectKind.ANNOUNCEMENT:
        return replace(content, terms=content.terms or Terms())
    if content.terms is not None:
        raise Refused(_bad("terms", f"{kind.label}没有对象、必读和回复期限，请去掉 terms。"))
    return content


def require_shape(content: Content, kind: SubjectKind = SubjectKind.KNOWLEDGE) -> Content:
    """Tidied content, or all that is wrong with it at once."""
    tidied = tidy(for_kind(content, kind))
    problems = shape_problems(tidied)
    if problems:
        raise Refused(*problems)
    return tidied


def category_problem(session: Session, scope: Scope, category_id: str | None) -> str | None:
    """全网 names a live HQ node, 本地 a live local one (product.md §2)."""
    category = session.get(Category, category_id) if category_id else None
    into = session.get(Category, resolved_category_id(session, category_id)) if category is not None and category.merged_into else None
    if category is not None and into is not None and into.retired_at is None:
        return f"栏目“{category.name}”已并入“{into.name}”，请改选“{into.name}”"
    if category is None or category.retired_at is not None:
        return "栏目不存在或已停用，请另选栏目"
    if category.parent_id is None or category.id == "HQ":
        return "不能直接挂在根栏目下，请选下级栏目"
    if scope is Scope.NATIONAL and category.origin is not CategoryOrigin.HQ:
        return "全网知识须选总部栏目，请另选"
    if scope is Scope.LOCAL and category.origin is not CategoryOrigin.LOCAL:
        return "本地知识须选本地栏目，请另选"
    return None


def _content_gaps(content: Content, now: datetime) -> list[str]:
    gaps = [f"缺{label}" for name, label in (("title", "标题"), ("body", "正文")) if not getattr(content, name)]
    if content.effective_to is not None and content.effective_to <= now:
        gaps.append("失效时间已过，请改晚")
    return gaps


def _revoke_gaps(session: Session, submission: Submission) -> list[str]:
    gaps = []
    if submission.revoke_reason is None:
        gaps.append("缺撤销原因")
    if submission.revoke_reason is RevokeReason.MERGED:
        replacement = submission.replacement_id
        if not replacement or replacement == submission.subject_id or session.get(Subject, replacement) is None:
            gaps.append("原因为“已合并”时须指明另一条现有知识作为替代")
    return gaps


def completeness_problems(session: Session, submission: Submission, content: Content | None, now: datetime) -> tuple[str, ...]:
    """What is still missing before a submission may go to review, as short Chinese phrases."""
    gaps = _revoke_gaps(session, submission) if content is None else _content_gaps(content, now)
    return tuple(gaps + _GAPS[submission.subject_kind](session, submission, content, now))


def _knowledge_gaps(session: Session, submission: Submission, _content: Content | None, _now: datetime) -> list[str]:
    gaps = []
    knowledge = session.get(Subject, submission.subject_id)
    if knowledge is not None and knowledge.archived_at is not None:
        gaps.append("知识已归档，不能再改")
    category = category_problem(session, submission.scope, submission.category_id)
    return gaps + ([category] if category else [])


# What each kind needs beyond a title and a text.
_GAPS: dict[SubjectKind, Callable[[Session, Submission, Content | None, datetime], list[str]]] = {
    SubjectKind.KNOWLEDGE: _knowledge_gaps,
    SubjectKind.ANNOUNCEMENT: announcement_gaps,
    SubjectKind.REPLY: reply_gaps,
}


def require_regions(regions: Collection[str], field: str) -> list[str]:
    """Known province codes, sorted; anything else is refused."""
    unknown = sorted(set(regions) - PROVINCES.keys())
    if unknown:
        raise Refused(
            Refusal(RefusalCode.RULE_VIOLATED, f"没有这样的省代码：{'、'.join(unknown[:5])}。", rule="BAD_REGION", field=(field,))
        )
    return sorted(set(regions))
