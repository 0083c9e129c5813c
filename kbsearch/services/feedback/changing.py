"""The one place where feedback changes its state: decided, entered, logged; who must hear of it is told elsewhere."""

from __future__ import annotations

from typing import Any

from kbsearch.errors import Refused
from kbsearch.store.tables import DocumentType, Feedback, Subject
from kbsearch.store.unit import Unit, Who
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import FeedbackAction, FeedbackRow, FeedbackState
from kbsearch.workflow.feedback_decisions import FeedbackCommand, FeedbackFacts, decide

SYSTEM_ACTOR = Actor("system")


def facts_of(unit: Unit, feedback: Feedback) -> FeedbackFacts:
    """What deciding needs of a row."""
    subject = unit.session.get(Subject, feedback.subject_id) if feedback.subject_id is not None else None
    return FeedbackFacts(feedback.id, feedback.state, feedback.lock_version, None if subject is None else subject.owner)


def begin(unit: Unit, feedback: Feedback, who: Who, action: FeedbackAction, *, text: str, details: dict[str, Any]) -> Feedback:
    """Store new feedback, as received or given."""
    unit.session.add(feedback)
    unit.session.flush()
    unit.stamp(Feedback, feedback.id)
    unit.log(
        who,
        DocumentType.FEEDBACK,
        feedback.id,
        action.value,
        to_state=feedback.state.value,
        reason_text=text,
        lock_version=feedback.lock_version,
        details=details,
    )
    return feedback


def carry_out(
    unit: Unit, feedback: Feedback, who: Who, actor: Actor, command: FeedbackCommand, *, details: dict[str, Any] | None = None
) -> FeedbackRow:
    """Decide one command on locked feedback and enter its state; raise Refused and leave nothing where it may not be."""
    decided = decide(facts_of(unit, feedback), actor, command)
    if not isinstance(decided, FeedbackRow):
        raise Refused(*decided)
    source = feedback.state
    feedback.state = decided.target or source
    feedback.lock_version += 1
    feedback.updated_at = unit.now
    feedback.resolved_at = unit.now if feedback.state is FeedbackState.RESOLVED else None
    unit.stamp(Feedback, feedback.id)
    unit.log(
        who,
        DocumentType.FEEDBACK,
        feedback.id,
        command.action.value,
        from_state=source.value,
        to_state=feedback.state.value,
        reason_codes=[] if command.resolution is None else [command.resolution.value],
        reason_text=command.text,
        lock_version=feedback.lock_version,
        details=details,
    )
    return decided
