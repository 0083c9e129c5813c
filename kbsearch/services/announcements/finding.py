"""Who finds an announcement: the tokens its index documents and its searchers carry; the store re-checks every hit."""

from __future__ import annotations

from datetime import datetime

from kbsearch.store.audiences import effective_audience
from kbsearch.store.tables import Subject, SubjectVersion
from kbsearch.store.visibility import sees_all_announcements
from kbsearch.workflow.actions import Role
from kbsearch.workflow.announcements import released
from kbsearch.workflow.audience import OURS
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.states import SubjectKind


def audience_tokens(subject: Subject, version: SubjectVersion, now: datetime) -> tuple[str, ...] | None:
    """Whom a version is for, as the index holds it; None: everybody (knowledge). What is not released is for nobody yet."""
    if subject.kind is not SubjectKind.ANNOUNCEMENT:
        return None
    tokens = {f"author:{version.author_id}"} if version.author_id is not None else set()
    if released(subject.owner, subject.released_at, now):
        audience = effective_audience(subject, version)
        tokens |= {f"org:{code}" for code in audience.organisations if code == OURS}
        tokens |= {f"person:{p.id}" for p in audience.people if p.organisation == OURS}
    return tuple(sorted(tokens))


def searcher_tokens(actor: Actor) -> frozenset[str] | None:
    """What a person's searches are narrowed to; None: they see everything."""
    if sees_all_announcements(actor):
        return None
    wrote = {f"author:{actor.id}"} if Role.AUTHOR in actor.roles else set()
    return frozenset({f"org:{OURS}", f"person:{actor.login}", *wrote})
