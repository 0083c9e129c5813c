"""Everything one operation reads by id, each noun in its own batch; visibility is the store's filter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from sqlmodel import Session, col, select

from kbsearch.schema.announcement_loading import AnnouncementBatches
from kbsearch.schema.desk_loading import DeskBatches
from kbsearch.schema.feedback_loading import FeedbackBatches
from kbsearch.schema.loading import Batch
from kbsearch.schema.record_loading import RecordBatches
from kbsearch.services.attachments import held
from kbsearch.services.listings.people import tokens_of
from kbsearch.services.listings.submissions import submissions_on
from kbsearch.services.reading import Page, pages, pages_of, reads_of
from kbsearch.services.taxonomy import all_categories
from kbsearch.store.lives import Life
from kbsearch.store.submissions import gather_facts, latest_revisions
from kbsearch.store.tables import (
    ApiToken,
    Attachment,
    Category,
    DocumentType,
    OutboxMessage,
    Person,
    Revision,
    Revocation,
    SubjectVersion,
    Submission,
    TransitionLog,
)
from kbsearch.store.visibility import visible_submissions
from kbsearch.workflow.decide import Actor, Facts
from kbsearch.workflow.states import SubjectKind


class Loader:
    """The batches of one operation, over one read session at one instant."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.people = Batch[Person](self._people)
        self.pages = Batch[Page](self._pages)
        self.reads = Batch[int](lambda ids: reads_of(session, ids))
        self.submissions = Batch[Submission](self._submissions)
        self.facts = Batch[Facts](self._facts)
        self.latest = Batch[Revision](lambda ids: latest_revisions(session, ids))
        self.revisions = Batch[list[Revision]](self._revisions)
        self.log = Batch[list[TransitionLog]](lambda ids: self.log_of(DocumentType.SUBMISSION, ids))
        self.knowledge_log = Batch[list[TransitionLog]](lambda ids: self.log_of(DocumentType.KNOWLEDGE, ids))
        self.submissions_on = Batch[list[Submission]](self._submissions_on)
        self.tokens = Batch[list[ApiToken]](lambda ids: tokens_of(session, ids))
        self.outbox = Batch[list[OutboxMessage]](self._outbox)
        self.versions_of = Batch[SubjectVersion](self._versions_of)
        self.attachments = Batch[Attachment](lambda digests: held(session, digests))
        self.revocations_of = Batch[Revocation](self._revocations_of)
        self.feedback = FeedbackBatches(self)
        self.records = RecordBatches(self)
        self.announcements = AnnouncementBatches(self)
        self.desk = DeskBatches(self)

    @cached_property
    def categories(self) -> dict[str, Category]:
        """Every category by id; a few thousand at most."""
        return all_categories(self.session)

    def saw(self, rows: Sequence[Submission]) -> None:
        """Announce what a list of submissions is likely to be asked for."""
        ids = [row.id for row in rows]
        for row in rows:
            self.submissions.put(row.id, row)
        self.pages.want({row.subject_id for row in rows if row.subject_kind is SubjectKind.KNOWLEDGE})
        self.announcements.pages.want({row.subject_id for row in rows if row.subject_kind is SubjectKind.ANNOUNCEMENT})
        replies = {row.subject_id for row in rows if row.subject_kind is SubjectKind.REPLY}
        self.announcements.asked.want(replies)
        self.announcements.reply.want(replies)
        self.people.want({i for row in rows for i in (row.author_id, row.reviewer_id, row.approved_by, row.claimed_by)})
        batches: tuple[Batch[object], ...] = (
            self.facts, self.latest, self.revisions, self.log, self.outbox, self.versions_of, self.revocations_of,
        )  # type: ignore[assignment]  # fmt: skip
        for batch in batches:
            batch.want(ids)
        self.feedback.linked_to.want(ids)
        self.records.batches.want({row.batch_id for row in rows})

    def _people(self, ids: list[str]) -> Mapping[str, Person]:
        return {p.id: p for p in self.session.exec(select(Person).where(col(Person.id).in_(ids)))}

    def _pages(self, ids: list[str]) -> Mapping[str, Page]:
        return self._seen(pages(self.session, ids, self.now))

    def saw_lives(self, lives: Mapping[str, Life]) -> None:
        """Take over what a search has loaded and checked already."""
        for knowledge_id, page in self._seen(pages_of(self.session, lives, self.now)).items():
            self.pages.put(knowledge_id, page)

    def _seen(self, found: dict[str, Page]) -> dict[str, Page]:
        for batch in (self.reads, self.desk.kept, self.desk.known):
            batch.want(found)
        self.people.want({v.author_id for page in found.values() for v in page.life.versions.values()})
        self.people.want({i for page in found.values() if page.note is not None for i in (page.note.author_id, page.note.reviewed_by)})
        self.records.dossiers.want(found)
        return found

    def _submissions(self, ids: list[str]) -> Mapping[str, Submission]:
        statement = select(Submission).where(col(Submission.id).in_(ids), visible_submissions(self.actor.id, self.actor.roles))
        rows = self.session.exec(statement).all()
        self.saw(rows)
        return {s.id: s for s in rows}

    def _facts(self, ids: list[str]) -> Mapping[str, Facts]:
        rows = [row for i in ids if (row := self.submissions.get(i)) is not None]
        return gather_facts(self.session, rows, self.now)

    def _revisions(self, ids: list[str]) -> Mapping[str, list[Revision]]:
        found: defaultdict[str, list[Revision]] = defaultdict(list)
        statement = select(Revision).where(col(Revision.submission_id).in_(ids)).order_by(col(Revision.number))
        for revision in self.session.exec(statement):
            found[revision.submission_id].append(revision)
        self.people.want({r.edited_by for rows in found.values() for r in rows})
        return found

    def _submissions_on(self, ids: list[str]) -> Mapping[str, list[Submission]]:
        found = submissions_on(self.session, self.actor, ids)
        self.saw([row for rows in found.values() for row in rows])
        return found

    def log_of(self, document_type: DocumentType, ids: list[str]) -> Mapping[str, list[TransitionLog]]:
        """The log of documents of one type, oldest first."""
        found: defaultdict[str, list[TransitionLog]] = defaultdict(list)
        statement = select(TransitionLog).where(TransitionLog.document_type == document_type, col(TransitionLog.document_id).in_(ids))
        for row in self.session.exec(statement.order_by(col(TransitionLog.sequence), col(TransitionLog.ordinal))):
            found[row.document_id].append(row)
        self.people.want({row.actor_id for rows in found.values() for row in rows})
        return found

    def _outbox(self, ids: list[str]) -> Mapping[str, list[OutboxMessage]]:
        found: defaultdict[str, list[OutboxMessage]] = defaultdict(list)
        statement = select(OutboxMessage).where(col(OutboxMessage.submission_id).in_(ids))
        for row in self.session.exec(statement.order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal))):
            found[row.submission_id or ""].append(row)
        return found

    def _versions_of(self, ids: list[str]) -> Mapping[str, SubjectVersion]:
        statement = select(SubjectVersion).where(col(SubjectVersion.submission_id).in_(ids), col(SubjectVersion.accepted))
        return {v.submission_id or "": v for v in self.session.exec(statement)}

    def _revocations_of(self, ids: list[str]) -> Mapping[str, Revocation]:
        statement = select(Revocation).where(col(Revocation.submission_id).in_(ids), col(Revocation.accepted))
        return {r.submission_id or "": r for r in self.session.exec(statement)}
