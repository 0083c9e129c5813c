"""What time itself does: things take effect, run out, fall idle or overdue. One transaction each; `now` is the unit's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlmodel import Session, and_, col, or_, select

from kbsearch.errors import Refused
from kbsearch.services import expiry, hq_inbox, outgoing
from kbsearch.services.acceptance import end_suspension
from kbsearch.services.alarms import close_alarm, raise_alarm
from kbsearch.services.announcements import reminding
from kbsearch.services.feedback import due as feedback_due
from kbsearch.services.interim_notes import ending as note_ending
from kbsearch.services.notices import telling
from kbsearch.services.notices.reading import purge_old
from kbsearch.services.transitions import carry_out, settle_subject
from kbsearch.services.version_sync import asking
from kbsearch.services.version_sync.running import start_if_due
from kbsearch.store.submissions import lock_subject, lock_submission
from kbsearch.store.tables import Alarm, AlarmKind, DocumentType, InboxMessage, InboxStatus, Subject, Submission
from kbsearch.store.unit import SYSTEM, Store, Unit
from kbsearch.workflow.actions import Action
from kbsearch.workflow.decide import Actor, Command
from kbsearch.workflow.states import SubmissionState, Urgency

S = SubmissionState
_ACTOR = Actor("system")
_WITH_AUTHOR = (S.DRAFT, S.RETURNED, S.HQ_RETURNED, S.BASE_CONFLICT)
_AT_HQ = (S.SUBMITTED, S.PENDING_HQ, S.WITHDRAW_PENDING)
_PORTION = 500
_LOG = structlog.get_logger()


def sweep(store: Store) -> dict[str, int]:
    """Do everything that is due at this instant; returns how many of each kind were done."""
    counts = {
        "orphans": hq_inbox.finish_orphans(store),
        "deferred": hq_inbox.settle_deferred(store),
        "effective": _each(store, _due_to_take_effect, _take_effect),
        "knowledge": _each(store, _due_to_change, _change),
        "idle": _each(store, _idle, _close_or_warn),
        "overdue": _each(store, _overdue_at_hq, _ask_headquarters),
        "unacknowledged": _each(store, _unacknowledged, _alarm_unacknowledged),
        "asked": _each(store, asking.waiting_for_a_version, asking.ask),
        "waiting": _each(store, _waiting_too_long, _alarm_waiting),
        "replies": _each(store, reminding.replies_due, reminding.remind),
        "compared": start_if_due(store),
        "feedback": _each(store, feedback_due.find_due, feedback_due.remind),
        "notes": _each(store, note_ending.find_run_out, note_ending.run_out),
        "expiring": _each(store, expiry.find_expiring, expiry.remind),
        "forgotten": purge_old(store),
    }
    _close_answered(store)
    return counts


def _each(store: Store, find: Callable[[Session, Store], Sequence[str]], act: Callable[[Unit, str], bool]) -> int:
    """Run `act` on each found id in its own transaction; one that cannot be done does not stop the others."""
    with store.read() as session:
        ids = find(session, store)
    done = 0
    for document_id in ids:
        try:
            with store.write() as unit:
                done += act(unit, document_id)
        except Refused as refused:  # the state moved on between finding and locking
            _LOG.info("sweep.moved_on", document_id=document_id, why=str(refused))
    return done


def _due_to_take_effect(session: Session, store: Store) -> Sequence[str]:
    asked_back = and_(col(Submission.state) == S.WITHDRAW_PENDING, col(Submission.origin) == S.SCHEDULED)
    waiting = or_(col(Submission.state) == S.SCHEDULED, asked_back)
    statement = select(Submission.id).where(waiting, col(Submission.effective_at) <= store.clock())
    return session.exec(statement.order_by(col(Submission.effective_at)).limit(_PORTION)).all()


def _take_effect(unit: Unit, submission_id: str) -> bool:
    submission = lock_submission(unit.session, submission_id)
    if submission is None:
        return False
    carry_out(unit, submission, SYSTEM, _ACTOR, Command(Action.TAKE_EFFECT))
    return True


def _due_to_change(session: Session, store: Store) -> Sequence[str]:
    statement = select(Subject.id).where(col(Subject.next_change_at) <= store.clock())
    return session.exec(statement.order_by(col(Subject.next_change_at)).limit(_PORTION)).all()


def _change(unit: Unit, subject_id: str) -> bool:
    knowledge = lock_subject(unit.session, subject_id)
    if knowledge is None or knowledge.next_change_at is None or knowledge.next_change_at > unit.now:
        return False
    if knowledge.suspended_until is not None and knowledge.suspended_until <= unit.now:
        end_suspension(unit, knowledge, "停用满 72 小时，自动恢复")
    settle_subject(unit, subject_id)
    unit.touch(subject_id)
    return True


def _idle(session: Session, store: Store) -> Sequence[str]:
    limits, now = store.deadlines, store.clock()
    due_warning = col(Submission.warned_at).is_(None) & (col(Submission.idle_since) <= now - limits.idle_warning)
    due_closing = col(Submission.warned_at) <= now - limits.idle_close
    statement = select(Submission.id).where(col(Submission.state).in_(_WITH_AUTHOR), or_(due_warning, due_closing))
    return session.exec(statement.limit(_PORTION)).all()


def _close_or_warn(unit: Unit, submission_id: str) -> bool:
    submission = lock_submission(unit.session, submission_id)
    if submission is None or submission.state not in _WITH_AUTHOR:
        return False
    if submission.warned_at is None:
        submission.warned_at = unit.now
        unit.touch_submission(submission.id)
        text = f"已闲置 {unit.deadlines.idle_warning.days} 天，再过 {unit.deadlines.idle_close.days} 天将自动关闭"
        unit.log(SYSTEM, DocumentType.SUBMISSION, submission.id, "WARN_IDLE", reason_text=text, lock_version=submission.lock_version)
        telling.tell_idle(unit, submission)
        return True
    if submission.warned_at > unit.now - unit.deadlines.idle_close:
        return False
    carry_out(unit, submission, SYSTEM, _ACTOR, Command(Action.CLOSE_STALE, reason_text="长期无人处理"))
    return True


def _overdue_at_hq(session: Session, store: Store) -> Sequence[str]:
    now = store.clock()
    statement = select(Submission.id).where(
        col(Submission.state).in_(_AT_HQ),
        col(Submission.due_at) <= now,
        or_(col(Submission.asked_hq_at).is_(None), col(Submission.asked_hq_at) <= now - store.deadlines.hq),
    )
    return session.exec(statement.limit(_PORTION)).all()


def _ask_headquarters(unit: Unit, submission_id: str) -> bool:
    submission = lock_submission(unit.session, submission_id)
    if submission is None or submission.state not in _AT_HQ:
        return False
    outgoing.send_result_query(unit, submission)
    submission.asked_hq_at = unit.now
    text = f"停在“{submission.state.label}”已过期限，已向总部查询审批结果"
    unit.log(SYSTEM, DocumentType.SUBMISSION, submission.id, "ASK_RESULT", reason_text=text, lock_version=submission.lock_version)
    return True


def _unacknowledged(session: Session, store: Store) -> Sequence[str]:
    standing = select(Alarm.subject_id).where(Alarm.kind == AlarmKind.NOT_ACKNOWLEDGED, col(Alarm.closed_at).is_(None))
    statement = select(Submission.id).where(
        Submission.state == S.SUBMITTED,
        Submission.urgency == Urgency.URGENT,
        col(Submission.due_at) <= store.clock(),
        col(Submission.id).not_in(standing),
    )
    return session.exec(statement.limit(_PORTION)).all()


def _alarm_unacknowledged(unit: Unit, submission_id: str) -> bool:
    minutes = int(unit.deadlines.acknowledge_urgent.total_seconds() // 60)
    raise_alarm(unit, AlarmKind.NOT_ACKNOWLEDGED, submission_id, f"紧急申请提交 {minutes} 分钟后总部仍未确认接收，请电话联系")
    return True


def _close_answered(store: Store) -> None:
    """Close the alarm of every urgent submission that headquarters acknowledged, or that ended otherwise."""
    with store.read() as session:
        waiting = select(Submission.id).where(Submission.state == S.SUBMITTED)
        answered = session.exec(
            select(Alarm.subject_id).where(
                Alarm.kind == AlarmKind.NOT_ACKNOWLEDGED, col(Alarm.closed_at).is_(None), col(Alarm.subject_id).not_in(waiting)
            )
        ).all()
    if answered:
        with store.write() as unit:
            for submission_id in answered:
                close_alarm(unit, AlarmKind.NOT_ACKNOWLEDGED, submission_id)


def _waiting_too_long(session: Session, store: Store) -> Sequence[str]:
    standing = select(Alarm.subject_id).where(Alarm.kind == AlarmKind.DEFERRED_TOO_LONG, col(Alarm.closed_at).is_(None))
    statement = select(InboxMessage.id).where(
        InboxMessage.status == InboxStatus.DEFERRED,
        col(InboxMessage.received_at) <= _before(store),
        col(InboxMessage.id).not_in(standing),
    )
    return session.exec(statement.limit(_PORTION)).all()


def _before(store: Store) -> datetime:
    return store.clock() - store.deadlines.deferred_alarm


def _alarm_waiting(unit: Unit, inbox_id: str) -> bool:
    message = unit.session.get(InboxMessage, inbox_id)
    if message is None or message.status is not InboxStatus.DEFERRED:
        return False
    raise_alarm(unit, AlarmKind.DEFERRED_TOO_LONG, inbox_id, f"总部消息 {message.kind} 久等不到 {message.waits_for}，请向总部询问")
    return True
