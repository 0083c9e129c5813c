"""What headquarters must hold for the demo's past to have been: read from the store after loading; tells nobody itself."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from kbsearch.clock import wire_time
from kbsearch.services.drafts import wording
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.tables import Feedback, OutboxMessage, Subject
from kbsearch.workflow.feedback import FeedbackOrigin
from kbsearch.workflow.states import Owner, Scope, SubjectKind

Document = dict[str, Any]
Past = dict[str, list[Document]]
_RESULT = "feedback.result"


def hq_side(session: Session, at: datetime) -> Past:
    """The body of the sandbox's `POST /api/past`, as of `at`: knowledge, announcements, replies, feedback."""
    statement = select(Subject.id).where(Subject.scope == Scope.NATIONAL)
    lives: defaultdict[SubjectKind, list[Life]] = defaultdict(list)
    for life in load_lives(session, session.exec(statement).all()).values():
        if life.versions:
            lives[life.subject.kind].append(life)
    for found in lives.values():
        found.sort(key=lambda life: (life.subject.created_at, life.subject.id))
    return {
        "knowledge": [_knowledge(life, at) for life in lives[SubjectKind.KNOWLEDGE]],
        "announcements": [_announcement(life, at) for life in lives[SubjectKind.ANNOUNCEMENT]],
        "replies": [_reply(life) for life in lives[SubjectKind.REPLY] if life.subject.owner is Owner.HQ],
        "feedback": _feedback(session),
    }


def _texts(life: Life) -> list[Document]:
    """Every accepted version with the moment it came, or comes, into force."""
    return [
        {"number": number, "content": wording(version).document(), "effectiveFrom": wire_time(version.live_from)}
        for number, version in sorted(life.versions.items())
    ]


def _ending(life: Life, at: datetime) -> Document:
    ended = life.ended_by(at)
    return {} if ended is None else {"status": "REVOKED", "reason": ended.reason.value, "reasonText": ended.reason_text}


def _knowledge(life: Life, at: datetime) -> Document:
    # Nobody is told of the demo's past, so no province is said to have it; the next version goes to each as a new item.
    ids: Document = {"knowledgeId": life.subject.id, "categoryId": life.subject.category_id, "distribution": []}
    return {**ids, "versions": _texts(life), **_ending(life, at)}


def _issuer(life: Life) -> Document:
    return {"code": life.subject.issuer_code, "name": life.subject.issuer_name}


def _announcement(life: Life, at: datetime) -> Document:
    return {"announcementId": life.subject.id, "issuer": _issuer(life), "versions": _texts(life), **_ending(life, at)}


def _reply(life: Life) -> Document:
    ids: Document = {"replyId": life.subject.id, "announcementId": life.subject.parent_id}
    return {**ids, "issuer": _issuer(life), "versions": _texts(life)}


def _feedback(session: Session) -> list[Document]:
    """What was dispatched to us, with the results that count as delivered."""
    rows = session.exec(select(Feedback).where(Feedback.origin == FeedbackOrigin.HQ).order_by(col(Feedback.created_at))).all()
    results = {m.payload["feedbackId"]: m.payload for m in session.exec(select(OutboxMessage).where(OutboxMessage.kind == _RESULT))}
    return [
        {
            "feedbackId": row.hq_id,
            "province": row.province,
            "knowledgeId": row.subject_id,
            "number": row.version_number,
            "text": row.text,
            "reporter": row.reporter_name,
            "urgency": row.urgency.value,
            "dispatch": row.dispatch,
            "opinion": row.opinion,
            "receivedAt": wire_time(row.created_at),
            "result": results.get(row.hq_id),
        }
        for row in rows
    ]
