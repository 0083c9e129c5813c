"""The invariants of product.md §3.4 on the committed rows of the real database at the end of a history; they change nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from sqlmodel import Session, col, select

from kbsearch.store.lives import load_lives
from kbsearch.store.submissions import counts_as_open
from kbsearch.store.tables import DocumentType, OutboxMessage, SequenceCounter, Subject, Submission, TransitionLog
from kbsearch.workflow.actions import Action
from kbsearch.workflow.states import SubmissionKind

_WRITES = {Action.CREATE, Action.EDIT, Action.REBASE, Action.SUBMIT_FOR_REVIEW}
_RETURNS = {Action.RETURN, Action.HQ_RETURN, Action.HQ_REJECT}


def check_all(session: Session) -> None:
    """Every invariant the store alone can show."""
    rows = session.exec(select(TransitionLog).order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))).all()
    submissions = {s.id: s for s in session.exec(select(Submission))}
    log: defaultdict[str, list[TransitionLog]] = defaultdict(list)
    for row in rows:
        if row.document_type is DocumentType.SUBMISSION:
            log[row.document_id].append(row)
    _sequence_is_whole(session, rows)
    for submission in submissions.values():
        _replays(submission, log[submission.id])
    slots = Counter((s.subject_id, s.kind is SubmissionKind.REVOKE) for s in submissions.values() if counts_as_open(s))
    assert all(count == 1 for count in slots.values())
    for life in load_lives(session, session.exec(select(Subject.id)).all()).values():
        assert all(one.live_to is not None and one.live_to <= other.live_from for one, other in pairwise(life.timeline.intervals))


def _sequence_is_whole(session: Session, rows: Sequence[TransitionLog]) -> None:
    """Each number was given to one transaction; all that carries it existed by then."""
    last = session.get_one(SequenceCounter, "main").value
    seen = {r.sequence for r in rows} | set(session.exec(select(OutboxMessage.sequence))) | set(session.exec(select(Submission.sequence)))
    assert max(seen) <= last
    assert min(seen) >= 1


def _replays(submission: Submission, log: list[TransitionLog]) -> None:
    """The log gives state and lock version back; returns have reasons; nobody approved what they wrote."""
    state, lock, writers = None, 0, set()
    for row in log:
        if row.to_state is not None:  # a warning or a question moves nothing
            assert row.from_state == state
            assert row.lock_version > lock or row.from_state == row.to_state
            state, lock = row.to_state, row.lock_version
        if row.action in _WRITES:
            writers.add(row.actor_id)
        assert row.action != Action.APPROVE or row.actor_id not in writers
        assert row.action not in _RETURNS or (row.reason_codes and row.reason_text)
    assert (state, lock) == (submission.state.value, submission.lock_version)
