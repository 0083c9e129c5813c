"""The batches of feedback that one operation reads, each a fixed number of statements; visibility is the store's filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from sqlmodel import col, select

from kbsearch.schema.loading import Batch
from kbsearch.services.listings.feedback import feedback_by_id, feedback_linked_to, feedback_on
from kbsearch.store.tables import DocumentType, Feedback, OutboxMessage, Submission, TransitionLog

if TYPE_CHECKING:
    from kbsearch.schema.loader import Loader


class FeedbackBatches:
    """Feedback by its id, by knowledge item, by submission; what happened to it and what became of it.

    `answers`: submission id → the knowledge item it is about, for givers too, who may not see the submission itself.
    `results`: knowledge id → what headquarters was told about feedback on it.
    """

    def __init__(self, loader: Loader) -> None:
        self._loader, self._session, self._actor = loader, loader.session, loader.actor
        self.by_id = Batch[Feedback](self._by_id)
        self.on = Batch[list[Feedback]](lambda ids: self._all_seen(feedback_on(self._session, self._actor, ids)))
        self.linked_to = Batch[list[Feedback]](lambda ids: self._all_seen(feedback_linked_to(self._session, self._actor, ids)))
        self.log = Batch[list[TransitionLog]](lambda ids: loader.log_of(DocumentType.FEEDBACK, ids))
        self.answers = Batch[str](self._answers)
        self.results = Batch[list[OutboxMessage]](self._results)

    def saw(self, rows: Collection[Feedback]) -> None:
        """Announce what a list of feedback is likely to be asked for."""
        for row in rows:
            self.by_id.put(row.id, row)
        self._loader.pages.want({row.subject_id for row in rows})
        self._loader.submissions.want({row.submission_id for row in rows})
        self._loader.people.want({i for row in rows for i in (row.reporter_id, row.handler_id)})
        self.results.want({row.subject_id for row in rows if row.hq_id is not None})
        self.answers.want({row.submission_id for row in rows if row.subject_id is None})
        self.by_id.want({row.duplicate_of for row in rows})
        self.log.want({row.id for row in rows})

    def _by_id(self, ids: list[str]) -> Mapping[str, Feedback]:
        found = feedback_by_id(self._session, self._actor, ids)
        self.saw(found.values())
        return found

    def _all_seen(self, found: Mapping[str, list[Feedback]]) -> Mapping[str, list[Feedback]]:
        self.saw([row for rows in found.values() for row in rows])
        return found

    def _answers(self, ids: list[str]) -> Mapping[str, str]:
        return dict(self._session.exec(select(Submission.id, Submission.subject_id).where(col(Submission.id).in_(ids))).all())

    def _results(self, subject_ids: list[str]) -> Mapping[str, list[OutboxMessage]]:
        found: defaultdict[str, list[OutboxMessage]] = defaultdict(list)
        about = (OutboxMessage.destination == "hq", col(OutboxMessage.document_key).in_(subject_ids))
        statement = select(OutboxMessage).where(*about, OutboxMessage.kind == "feedback.result")
        for row in self._session.exec(statement.order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal))):
            found[row.document_key].append(row)
        return found
