"""What a submission says, round by round: working revision, freezing, hashes. Changes no state."""

from __future__ import annotations

from kbsearch.content import Content, submission_hash
from kbsearch.services.attachments import named_by_revision
from kbsearch.store.submissions import latest_revisions
from kbsearch.store.tables import Revision, Submission
from kbsearch.store.unit import Unit


def hash_of(submission: Submission, content: Content | None) -> str:
    """The submissionHash of a submission saying this."""
    return submission_hash(
        kind=submission.kind.value,
        subject=submission.subject_id,
        category=submission.category_id,
        base=submission.base_number,
        reason=submission.revoke_reason.value if submission.revoke_reason else None,
        replacement=submission.replacement_id,
        effective_from=submission.revoke_at if content is None else None,
        content_hash=None if content is None else content.hash,
    )


def write(unit: Unit, submission: Submission, content: Content | None, *, change_note: str, material: bool, editor: str) -> Revision:
    """Write the working revision in place, or begin the next one when the latest is frozen."""
    latest = latest_revisions(unit.session, [submission.id]).get(submission.id)
    replaced = latest.content if latest is not None and latest.frozen_at is None else None
    if latest is None or latest.frozen_at is not None:
        latest = Revision(
            id=unit.new_id(),
            submission_id=submission.id,
            number=1 if latest is None else latest.number + 1,
            round=submission.round,
            submission_hash="",
            edited_by=editor,
            created_at=unit.now,
        )
    latest.content = None if content is None else content.document()
    latest.content_hash = None if content is None else content.hash
    latest.submission_hash = hash_of(submission, content)
    latest.change_note, latest.material, latest.edited_by = change_note, material, editor
    unit.session.add(latest)
    unit.session.flush()
    named_by_revision(unit, submission.id, replaced, latest.content)
    return latest


def freeze(unit: Unit, submission: Submission, editor: str) -> Revision:
    """Freeze what is about to be reviewed as this round's text; a round resubmitted unchanged gets its own copy."""
    latest = latest_revisions(unit.session, [submission.id])[submission.id]
    if latest.frozen_at is not None:
        content = None if latest.content is None else Content.from_document(latest.content)
        latest = write(unit, submission, content, change_note=latest.change_note, material=latest.material, editor=editor)
    latest.round = submission.round
    latest.frozen_at = unit.now
    unit.session.flush()
    return latest
