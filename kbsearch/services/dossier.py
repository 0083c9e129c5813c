"""The whole record of a document 全程记录: its log, its submissions', feedback's and notes', and what went to and came from HQ.

One list in commit order, for those who work on it; loads any number of documents in a fixed number of statements, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, true
from sqlmodel import Session, and_, col, or_, select

from kbsearch.services.cursors import decode_cursor, encode_cursor
from kbsearch.services.listings.slices import Paging, Slice
from kbsearch.store.tables import (
    DocumentType,
    Feedback,
    InboxMessage,
    InterimNote,
    OutboxMessage,
    SubjectVersion,
    Submission,
    TransitionLog,
)
from kbsearch.store.visibility import visible_feedback, visible_notes, visible_submissions
from kbsearch.workflow.actions import Action, ActorKind, Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.labels import Labelled

_HQ = "hq"
_OWN_TYPES = (DocumentType.KNOWLEDGE, DocumentType.ANNOUNCEMENT, DocumentType.REPLY)
_ACCEPTING = (Action.APPROVE.value, Action.HQ_APPROVE.value)
_LOGGED, _SENT = 0, 1  # within a transaction: what happened, then what left because of it


class DossierParty(Labelled):
    """Which system an entry comes from."""

    PEOPLE = "PEOPLE", "人员", "本系统的人员"
    SYSTEM = "SYSTEM", "本系统", "时间到了，或随别的变动而来"
    HQ = "HQ", "一级客服系统", "总部的决定与下发"


_PARTIES = {ActorKind.USER: DossierParty.PEOPLE, ActorKind.SYSTEM: DossierParty.SYSTEM, ActorKind.HQ: DossierParty.HQ}


@dataclass(frozen=True, slots=True)
class DossierEntry:
    """One entry: a log row (`inbox` beside it where it settles a message of headquarters) or a message that left."""

    row: TransitionLog | None = None
    inbox: InboxMessage | None = None
    outbox: OutboxMessage | None = None
    version_number: int | None = None

    @property
    def position(self) -> tuple[int, int, int]:
        """Its place in the total order."""
        if self.row is not None:
            return self.row.sequence, _LOGGED, self.row.ordinal
        if self.outbox is not None:
            return self.outbox.sequence, _SENT, self.outbox.ordinal
        raise RuntimeError("an entry is a log row or a message")

    @property
    def at(self) -> datetime:
        """When."""
        if self.row is not None:
            return self.row.at
        if self.outbox is not None:
            return self.outbox.created_at
        raise RuntimeError("an entry is a log row or a message")

    @property
    def party(self) -> DossierParty:
        """Whose doing it is; what leaves is the system's."""
        return DossierParty.SYSTEM if self.row is None else _PARTIES[self.row.actor_kind]


def dossiers(session: Session, actor: Actor, subject_ids: Collection[str]) -> Mapping[str, list[DossierEntry]]:
    """Everything about each of these documents that this person may see, oldest first.

    Authors see what concerns the document, their own submissions, feedback linked to them, their own notes; reviewers and
    operators all. Others nothing.
    """
    if not actor.roles & {Role.AUTHOR, Role.REVIEWER, Role.OPERATOR}:
        return {}
    ids = sorted(subject_ids)
    submissions = _owners(session, Submission, ids, _sees(actor, visible_submissions(actor.id, actor.roles)))
    feedback = _owners(session, Feedback, ids, _sees(actor, visible_feedback(actor.id, actor.roles)))
    notes = _owners(session, InterimNote, ids, _sees(actor, visible_notes(actor.id, actor.roles)))
    inbox = _received(session, ids, submissions)
    belongs: dict[tuple[DocumentType, str], str] = {(kind, i): i for kind in _OWN_TYPES for i in ids}
    belongs |= {(DocumentType.SUBMISSION, i): subject for i, subject in submissions.items()}
    belongs |= {(DocumentType.FEEDBACK, i): subject for i, subject in feedback.items()}
    belongs |= {(DocumentType.INTERIM_NOTE, i): subject for i, subject in notes.items()}
    belongs |= {(DocumentType.INBOX, m.id): subject for subject, messages in inbox.items() for m in messages}
    messages = {m.id: m for found in inbox.values() for m in found}
    made = _versions(session, ids)
    found: defaultdict[str, list[DossierEntry]] = defaultdict(list)
    for row in _logged(session, belongs):
        subject = belongs[row.document_type, row.document_id]
        message = messages.get(row.document_id) if row.document_type is DocumentType.INBOX else None
        found[subject].append(DossierEntry(row=row, inbox=message, version_number=_version_of(row, made)))
    for sent in _sent(session, ids):
        if sent.submission_id is None or sent.submission_id in submissions:
            found[sent.document_key].append(DossierEntry(outbox=sent))
    return {i: sorted(entries, key=lambda entry: entry.position) for i, entries in found.items()}


def _sees(actor: Actor, filtered: ColumnElement[bool]) -> ColumnElement[bool]:
    return true() if Role.OPERATOR in actor.roles else filtered


def _owners(
    session: Session, table: type[Submission | Feedback | InterimNote], ids: list[str], visible: ColumnElement[bool]
) -> dict[str, str]:
    statement = select(table.id, table.subject_id).where(col(table.subject_id).in_(ids), visible)
    return {i: subject or "" for i, subject in session.exec(statement)}


def _received(session: Session, ids: list[str], submissions: Mapping[str, str]) -> dict[str, list[InboxMessage]]:
    """Messages about the documents themselves, and about those of their submissions this person sees."""
    about = and_(col(InboxMessage.subject_id).in_(ids), col(InboxMessage.submission_id).is_(None))
    theirs = col(InboxMessage.submission_id).in_(list(submissions)) if submissions else false()
    found: defaultdict[str, list[InboxMessage]] = defaultdict(list)
    for message in session.exec(select(InboxMessage).where(or_(about, theirs))):
        found[submissions.get(message.submission_id or "") or message.subject_id or ""].append(message)
    return found


def _logged(session: Session, belongs: Mapping[tuple[DocumentType, str], str]) -> Sequence[TransitionLog]:
    by_type: defaultdict[DocumentType, list[str]] = defaultdict(list)
    for kind, document_id in belongs:
        by_type[kind].append(document_id)
    each = [and_(TransitionLog.document_type == kind, col(TransitionLog.document_id).in_(keys)) for kind, keys in by_type.items()]
    return session.exec(select(TransitionLog).where(or_(*each))).all()


def _sent(session: Session, ids: list[str]) -> Sequence[OutboxMessage]:
    return session.exec(select(OutboxMessage).where(OutboxMessage.destination == _HQ, col(OutboxMessage.document_key).in_(ids))).all()


def _versions(session: Session, ids: list[str]) -> Mapping[tuple[str, datetime], int]:
    """(submission, instant it was accepted) → the number it got."""
    columns: Any = select(SubjectVersion.submission_id, SubjectVersion.created_at, SubjectVersion.number)
    rows = session.exec(columns.where(col(SubjectVersion.subject_id).in_(ids), col(SubjectVersion.submission_id).is_not(None)))
    return {(submission, at): number for submission, at, number in rows}


def _version_of(row: TransitionLog, made: Mapping[tuple[str, datetime], int]) -> int | None:
    if row.document_type is DocumentType.SUBMISSION:
        return made.get((row.document_id, row.at)) if row.action in _ACCEPTING else None
    number = row.details.get("number")
    return number if isinstance(number, int) else None


def one_page(entries: Sequence[DossierEntry], subject_id: str, paging: Paging) -> Slice[DossierEntry]:
    """A page of a document's record, continued behind a signed position."""
    purpose = f"dossier:{subject_id}"
    behind = list(entries)
    if paging.after is not None:
        position = tuple(decode_cursor(paging.secret, purpose, paging.after))
        behind = [entry for entry in entries if entry.position > position]
    kept = behind[: paging.first]
    cursors = [encode_cursor(paging.secret, purpose, list(entry.position)) for entry in kept]
    return Slice(kept, cursors, len(behind) > paging.first)
