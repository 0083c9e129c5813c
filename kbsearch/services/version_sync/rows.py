"""Our side of a comparison: one row per 全网 item, read without its text; decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from kbsearch.store.tables import (
    InboxMessage,
    InboxStatus,
    Revocation,
    Subject,
    SubjectVersion,
    Submission,
    SyncDifference,
)
from kbsearch.workflow.in_force import RevocationFacts, Timeline, VersionFacts, timeline
from kbsearch.workflow.knowledge import KnowledgeFacts, status
from kbsearch.workflow.states import KnowledgeStatus, Scope, SubjectKind, SubmissionState
from kbsearch.workflow.version_sync import DifferenceKind, HeldRow, HeldStatus

_PORTION = 500
_ON_ITS_WAY = (SubmissionState.SUBMITTED, SubmissionState.PENDING_HQ, SubmissionState.SCHEDULED, SubmissionState.WITHDRAW_PENDING)
_STATUS = {
    KnowledgeStatus.PUBLISHED: HeldStatus.PUBLISHED,
    KnowledgeStatus.EXPIRED: HeldStatus.EXPIRED,
    KnowledgeStatus.REVOKED: HeldStatus.REVOKED,
}


def held_rows(session: Session, at: datetime, subject_ids: Collection[str] | None = None) -> dict[str, HeldRow]:
    """What we hold at `at` by item id, all items or these; items never in force, or on no node, have no row."""
    if subject_ids is None:
        return dict(_rows(session, at, []))
    found: dict[str, HeldRow] = {}
    for chunk in portions(sorted(subject_ids)):
        found.update(_rows(session, at, [col(Subject.id).in_(chunk)]))
    return found


def rows_on(session: Session, at: datetime, category_ids: Collection[str]) -> dict[str, HeldRow]:
    """The same for what hangs on these nodes."""
    found: dict[str, HeldRow] = {}
    for chunk in portions(sorted(category_ids)):
        found.update(_rows(session, at, [col(Subject.category_id).in_(chunk)]))
    return found


def portions(ids: list[str], size: int = _PORTION) -> Iterator[list[str]]:
    """Ids in portions a statement, or a message, takes."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _rows(session: Session, at: datetime, among: list[ColumnElement[bool]]) -> Iterator[tuple[str, HeldRow]]:
    ours: list[ColumnElement[bool]] = [
        col(Subject.scope) == Scope.NATIONAL,
        col(Subject.kind) == SubjectKind.KNOWLEDGE,
        col(Subject.category_id).is_not(None),
        *among,
    ]
    subjects = session.exec(select(Subject.id, Subject.category_id).where(*ours)).all()
    v, r = SubjectVersion, Revocation
    columns: tuple[Any, ...] = (
        v.subject_id, v.number, v.content_hash, v.live_from, v.effective_to, v.base_number, v.history_only, v.created_at,
    )  # fmt: skip
    versions: defaultdict[str, list[Any]] = defaultdict(list)
    for row in session.execute(select(*columns).join(Subject, col(Subject.id) == col(v.subject_id)).where(*ours, col(v.accepted))):
        versions[row.subject_id].append(row)
    revocations: defaultdict[str, list[RevocationFacts]] = defaultdict(list)
    ended = select(r.subject_id, r.id, r.number, r.live_from).join(Subject, col(Subject.id) == col(r.subject_id))
    for subject_id, revocation_id, number, live_from in session.exec(ended.where(*ours, col(r.accepted))):
        revocations[subject_id].append(RevocationFacts(revocation_id, number, live_from))
    for subject_id, category_id in subjects:
        held = _held(subject_id, category_id or "", versions[subject_id], revocations[subject_id], at)
        if held is not None:
            yield subject_id, held


def _held(subject_id: str, category_id: str, versions: list[Any], ends: list[RevocationFacts], at: datetime) -> HeldRow | None:
    facts = (VersionFacts(v.number, v.live_from, v.effective_to, v.base_number, v.history_only, v.created_at) for v in versions)
    line: Timeline = timeline(facts, ends)
    ended = line.ended_by(at)
    # The brake and the archive are ours alone and no part of the comparison.
    known = status(KnowledgeFacts(timeline=line, revoked_from=ended.live_from if ended is not None else None), at)
    number = ended.number if known is KnowledgeStatus.REVOKED and ended is not None else line.base(at)
    if known not in _STATUS or number is None:
        return None
    content_hash = next((v.content_hash for v in versions if v.number == number), "")
    return HeldRow(subject_id, number, _STATUS[known], content_hash, category_id)


def unknown_at_hq(session: Session) -> frozenset[str]:
    """Items we ended because headquarters does not have them: neither side counts them (docs §4)."""
    ended = select(SyncDifference.knowledge_id).where(
        SyncDifference.kind == DifferenceKind.MISSING_THERE, col(SyncDifference.repaired_at).is_not(None)
    )
    return frozenset(session.exec(ended))


def counted(rows: dict[str, HeldRow], unknown: frozenset[str]) -> dict[str, HeldRow]:
    """The rows that count: without what was ended as unknown to headquarters."""
    return {i: row for i, row in rows.items() if i not in unknown or row.status is not HeldStatus.REVOKED}


def in_flight(session: Session, subject_ids: Collection[str]) -> set[str]:
    """Items with an exchange on its way: a submission at headquarters or scheduled, a message not settled yet."""
    found: set[str] = set()
    for chunk in portions(sorted(subject_ids)):
        open_ones = select(Submission.subject_id).where(col(Submission.subject_id).in_(chunk), col(Submission.state).in_(_ON_ITS_WAY))
        unsettled = select(InboxMessage.subject_id).where(
            col(InboxMessage.subject_id).in_(chunk), col(InboxMessage.status).in_([InboxStatus.DEFERRED, InboxStatus.RECEIVED])
        )
        found |= set(session.exec(open_ones)) | {i for i in session.exec(unsettled) if i is not None}
    return found


def changed_since(session: Session, since: datetime, now: datetime, subject_ids: Collection[str]) -> set[str]:
    """Items that took or lost a version, began or ended one, or heard from headquarters, after `since`."""
    found: set[str] = set()
    for chunk in portions(sorted(subject_ids)):
        for table in (SubjectVersion, Revocation):
            found |= set(session.exec(select(table.subject_id).where(col(table.subject_id).in_(chunk), table.created_at > since)))
        heard = select(InboxMessage.subject_id).where(
            col(InboxMessage.subject_id).in_(chunk), InboxMessage.received_at > since, InboxMessage.status == InboxStatus.APPLIED
        )
        found |= {i for i in session.exec(heard) if i is not None}
        then, today = held_rows(session, since, chunk), held_rows(session, now, chunk)
        found |= {i for i in chunk if then.get(i) != today.get(i)}
    return found


def highest_held(session: Session, subject_ids: Collection[str]) -> dict[str, int]:
    """The highest accepted version number of each item that has any."""
    found: dict[str, int] = {}
    for chunk in portions(sorted(subject_ids)):
        statement = select(SubjectVersion.subject_id, func.max(SubjectVersion.number)).where(
            col(SubjectVersion.subject_id).in_(chunk), col(SubjectVersion.accepted)
        )
        found |= {i: int(n) for i, n in session.exec(statement.group_by(col(SubjectVersion.subject_id)))}
    return found
