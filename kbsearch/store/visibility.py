"""Who may see which rows, as query filters, in this one place."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col

from kbsearch.store.tables import Submission
from kbsearch.workflow.actions import Role


def visible_submissions(person_id: str, roles: frozenset[Role]) -> ColumnElement[bool]:
    """Reviewers see every submission (they reassign absent people's work), authors their own, nobody else any."""
    if Role.REVIEWER in roles:
        return true()
    if Role.AUTHOR in roles:
        return col(Submission.author_id) == person_id
    return false()


def visible_submission_to(submission: Submission, person_id: str, roles: frozenset[Role]) -> bool:
    """The same rule for one loaded row."""
    return Role.REVIEWER in roles or (Role.AUTHOR in roles and submission.author_id == person_id)
