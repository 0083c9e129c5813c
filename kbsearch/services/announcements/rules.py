"""What an announcement and a reply must satisfy beyond what every wording must: shape at every save, completeness at review."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from kbsearch.content import Content, Terms
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Person, Subject, Submission
from kbsearch.workflow.audience import OURS, Audience, organisation_name
from kbsearch.workflow.states import KnowledgeStatus

MAX_ADDRESSEES = 500
_LONGEST = 64


def shape_problems_of(terms: Terms) -> list[tuple[str, str]]:
    """(input field, Chinese sentence) of what is wrong with an announcement's terms even as a draft."""
    found = audience_problems(terms.audience)
    if terms.reply_due_at is not None and not terms.needs_reply:
        found.append(("replyDueAt", "没有要求回复的公告不能有回复期限，请去掉期限或改为须回复。"))
    return found


def audience_problems(audience: Audience) -> list[tuple[str, str]]:
    """Codes nobody knows, people without an id, more people than one announcement takes."""
    found = []
    unknown = sorted(code for code in audience.addressed if organisation_name(code) is None)
    if unknown:
        codes = "、".join(code[:20] for code in unknown[:5])
        found.append(("audience", f"没有这样的单位代码：{codes}。可用 HQ、省代码、{OURS}、P- 开头的其他二线平台。"))
    if len(audience.people) > MAX_ADDRESSEES:
        found.append(("audience", f"指名的人最多 {MAX_ADDRESSEES} 位，请减少，或改为发给整个单位。"))
    if any(not 1 <= len(p.id) <= _LONGEST or len(p.name) > _LONGEST for p in audience.people):
        found.append(("audience", f"指名的人须有 1 至 {_LONGEST} 个字的编号（本平台为工号），姓名最长 {_LONGEST} 个字。"))
    return found


def people_of_ours(session: Session, logins: Iterable[str]) -> dict[str, Person]:
    """Our people with these logins."""
    return {p.login: p for p in session.exec(select(Person).where(col(Person.login).in_(sorted(set(logins)))))}


def unknown_logins(session: Session, audience: Audience) -> list[str]:
    """Logins addressed that nobody active has."""
    logins = {p.id for p in audience.people if p.organisation == OURS}
    known = {login for login, person in people_of_ours(session, logins).items() if person.active} if logins else set()
    return sorted(logins - known)


def announcement_gaps(session: Session, _submission: Submission, content: Content | None, now: datetime) -> list[str]:
    """What an announcement lacks before it may go to review."""
    if content is None:
        return []
    terms, gaps = content.terms or Terms(), []
    if terms.audience.empty:
        gaps.append("缺公告对象")
    unknown = unknown_logins(session, terms.audience)
    if unknown:
        gaps.append(f"没有这些工号或已不在岗：{'、'.join(unknown[:5])}")
    if terms.reply_due_at is not None and terms.reply_due_at <= now:
        gaps.append("回复期限已过，请改晚")
    return gaps


def reply_gaps(session: Session, submission: Submission, _content: Content | None, now: datetime) -> list[str]:
    """A reply needs an announcement that stands; one that expired, or whose day has passed, still takes replies (逾期)."""
    reply = session.get(Subject, submission.subject_id)
    asked = load_life(session, reply.parent_id) if reply is not None and reply.parent_id is not None else None
    if asked is None:
        return ["所回复的公告不存在"]
    return ["所回复的公告已撤回，不能再回复"] if asked.status(now) is KnowledgeStatus.REVOKED else []
