"""Writes down when our people begin or cease to see an urgent announcement before headquarters decided; decides nothing."""

from __future__ import annotations

from kbsearch.store.tables import DocumentType, Submission
from kbsearch.store.unit import SYSTEM, Unit
from kbsearch.workflow.announcements import shown_before_hq
from kbsearch.workflow.states import SubjectKind, SubmissionState

PREVIEW, PREVIEW_ENDED = "PREVIEW", "PREVIEW_ENDED"


def record_preview(unit: Unit, submission: Submission, source: SubmissionState) -> None:
    """Log it on the announcement; what comes into force is logged there anyway."""
    if submission.subject_kind is not SubjectKind.ANNOUNCEMENT or submission.state is SubmissionState.EFFECTIVE:
        return
    before, after = (shown_before_hq(submission.kind, submission.scope, submission.urgency, state) for state in (source, submission.state))
    if before != after:
        action = PREVIEW if after else PREVIEW_ENDED
        unit.log(SYSTEM, DocumentType.ANNOUNCEMENT, submission.subject_id, action, details={"submission": submission.id})
