"""The lists of batches 批次 and of what is in them; reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlmodel import Session, col, select

from kbsearch.services.listings.slices import Order, Paging, Slice, one_slice
from kbsearch.store.tables import Batch, Submission
from kbsearch.store.visibility import visible_batches, visible_submissions
from kbsearch.workflow.decide import Actor


def batches(session: Session, actor: Actor, paging: Paging) -> Slice[Batch]:
    """The batches this person may see, latest first: reviewers all, authors their own."""
    order: Order[Batch] = Order((col(Batch.created_at), col(Batch.id)), lambda b: (b.created_at, b.id), descending=True)
    return one_slice(session, select(Batch).where(visible_batches(actor.id, actor.roles)), order, paging, name="batches")


def batches_by_id(session: Session, actor: Actor, ids: Collection[str]) -> Mapping[str, Batch]:
    """The batches of these ids that this person may see."""
    statement = select(Batch).where(col(Batch.id).in_(list(ids)), visible_batches(actor.id, actor.roles))
    return {batch.id: batch for batch in session.exec(statement)}


def members_of(session: Session, actor: Actor, batch_ids: Collection[str]) -> Mapping[str, list[Submission]]:
    """What is in each of these batches and this person's to see, oldest first."""
    found: defaultdict[str, list[Submission]] = defaultdict(list)
    statement = select(Submission).where(col(Submission.batch_id).in_(list(batch_ids)), visible_submissions(actor.id, actor.roles))
    for submission in session.exec(statement.order_by(col(Submission.created_at), col(Submission.id))):
        found[submission.batch_id or ""].append(submission)
    return found
