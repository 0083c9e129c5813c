"""Whom an announcement is for decides whether it leaves: settles scope and names as authors write; sends nothing."""

from __future__ import annotations

from dataclasses import replace

from kbsearch.content import Content, Terms
from kbsearch.services.announcements.rules import people_of_ours
from kbsearch.services.refusals import violated
from kbsearch.store.lives import load_life
from kbsearch.store.tables import Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.audience import OURS, Addressee, Audience
from kbsearch.workflow.states import Scope


def scope_for(content: Content) -> Scope:
    """本地 when only our own people are addressed, 全网 otherwise; nobody yet counts as 本地."""
    return Scope.LOCAL if (content.terms or Terms()).audience.only_ours else Scope.NATIONAL


def named(unit: Unit, content: Content) -> Content:
    """The same, each person once, ours under the name the roster has for their login."""
    terms = content.terms or Terms()
    if not terms.audience.people:
        return content
    roster = people_of_ours(unit.session, (p.id for p in terms.audience.people if p.organisation == OURS))
    known: dict[tuple[str, str], Addressee] = {}
    for person in sorted(terms.audience.people):
        ours = roster.get(person.id) if person.organisation == OURS else None
        known[person.organisation, person.id] = person if ours is None else replace(person, name=ours.name)
    audience = Audience(terms.audience.organisations, frozenset(known.values()))
    return replace(content, terms=replace(terms, audience=audience))


def placed(unit: Unit, submission: Submission, content: Content) -> Content:
    """Judge again whether it is 本地 or 全网; that may change only while nobody was ever given it.

    Raises Refused (SCOPE_FIXED) where the announcement stands already, or headquarters has seen the submission.
    """
    wanted = scope_for(content)
    if wanted is not submission.scope:
        life = load_life(unit.session, submission.subject_id)
        if (life is not None and life.versions) or submission.sent_round:
            raise violated("SCOPE_FIXED", _scope_fixed(submission.scope), "content", "terms", "audience")
        subject = unit.session.get_one(Subject, submission.subject_id)
        subject.scope = submission.scope = wanted
    return named(unit, content)


def _scope_fixed(scope: Scope) -> str:
    if scope is Scope.NATIONAL:
        return "这个公告已交总部或已发布到其他单位，对象不能改为只有本平台的人。请保留其他单位，或作废后另起草一个。"
    return "这个公告只在本平台发布，不能再加其他单位。请另起草一个发给他们。"
