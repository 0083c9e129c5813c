"""Feedback as people and headquarters handle it in tests of operations: every call one transaction; asserts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from kbsearch.services.feedback import giving, handling
from kbsearch.services.feedback.giving import Given
from kbsearch.services.feedback.handling import Opening
from kbsearch.services.hq_inbox import Answer
from kbsearch.store.tables import DocumentType, Feedback, Notice, NoticeAbout, Submission, TransitionLog
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.feedback import Resolution
from kbsearch.workflow.notices import NoticeKind
from tests.services.house import House


@dataclass(frozen=True)
class Desk:
    """The feedback of one house."""

    house: House

    def dispatch(self, subject_id: str, dispatch: int = 1, **changed: Any) -> Answer:
        """Headquarters' 反馈下发 FB-1 from Beijing about version 1."""
        payload = {"feedbackId": "FB-1", "province": "BJ", "knowledgeId": subject_id, "number": 1, "text": "资费与营业厅不一致"}
        return self.house.hq("hqDispatchFeedback", **{**payload, "dispatch": dispatch, **changed})

    def dispatched(self, subject_id: str, **changed: Any) -> Feedback:
        """The row it made."""
        self.dispatch(subject_id, **changed)
        return self.of_hq(changed.get("feedbackId", "FB-1"))

    def of_hq(self, hq_id: str = "FB-1") -> Feedback:
        return self.house.rows(select(Feedback).where(Feedback.hq_id == hq_id))[0]

    def get(self, feedback: Feedback) -> Feedback:
        """The committed row."""
        return self.house.read(lambda s: s.get_one(Feedback, feedback.id))

    def give(self, person: Actor, text: str = "口径写错了", **given: Any) -> Feedback:
        return self.house.write(lambda u: giving.give(u, person, Given(text, **given)))

    def open(self, reviewer: Actor, feedback: Feedback, author: Actor, **opening: Any) -> Submission:
        lock = self.get(feedback).lock_version
        asked = Opening(author.id, **opening)
        return self.house.write(lambda u: handling.open_update(u, reviewer, feedback.id, lock_version=lock, opening=asked))

    def link(self, reviewer: Actor, feedback: Feedback, submission_id: str) -> Feedback:
        lock = self.get(feedback).lock_version
        return self.house.write(lambda u: handling.link(u, reviewer, feedback.id, lock_version=lock, submission_id=submission_id))

    def unlink(self, reviewer: Actor, feedback: Feedback) -> Feedback:
        lock = self.get(feedback).lock_version
        return self.house.write(lambda u: handling.unlink(u, reviewer, feedback.id, lock_version=lock, reason_text="关联错了"))

    def resolve(
        self, reviewer: Actor, feedback: Feedback, resolution: Resolution = Resolution.NO_CHANGE, text: str = "口径无误", **more: Any
    ) -> Feedback:
        lock = more.pop("lock_version", self.get(feedback).lock_version)
        return self.house.write(
            lambda u: handling.resolve(u, reviewer, feedback.id, lock_version=lock, resolution=resolution, text=text, **more)
        )

    def reassign(self, reviewer: Actor, feedback: Feedback, handler: Actor) -> Feedback:
        lock = self.get(feedback).lock_version
        return self.house.write(lambda u: handling.reassign(u, reviewer, feedback.id, lock_version=lock, handler_id=handler.id))

    def log(self, feedback: Feedback) -> list[tuple[str, str | None, str | None]]:
        """(action, from, to), oldest first."""
        statement = select(TransitionLog).where(
            TransitionLog.document_type == DocumentType.FEEDBACK, TransitionLog.document_id == feedback.id
        )
        rows = sorted(self.house.rows(statement), key=lambda row: (row.sequence, row.ordinal))
        return [(row.action, row.from_state, row.to_state) for row in rows]

    def told(self, person: Actor, kind: NoticeKind | None = None) -> list[str]:
        """What a person's notices of a kind say, or those about feedback, oldest first."""
        rows = self.house.rows(select(Notice).where(Notice.person_id == person.id))
        wanted = [n for n in rows if (n.about is NoticeAbout.FEEDBACK if kind is None else n.kind is kind)]
        return [n.text for n in sorted(wanted, key=lambda n: (n.sequence, n.ordinal))]

    def results(self) -> list[dict[str, Any]]:
        """What headquarters is told, in order."""
        return self.house.sent("feedback.result")
