"""Plays headquarters for the demo: its messages go through the same inbox as real ones; anything but APPLIED is a bug."""

from __future__ import annotations

from itertools import count
from typing import Any

from kbsearch.content import Content
from kbsearch.services import hq_inbox
from kbsearch.store.submissions import sent_revision
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Store
from kbsearch.workflow.hq_decisions import Receipt

APPROVER = "总部知识审核岗"
_EVERYWHERE = ("BJ", "GD", "SC", "SH", "ZJ")


def provinces_for(content: Content | None) -> list[str]:
    """Whom a text is given to: where it applies, or some of the big ones."""
    return list(content.regions if content is not None and content.regions else _EVERYWHERE)


class Headquarters:
    """Says what it is told to say, with references and webhook ids counted up."""

    def __init__(self) -> None:
        self._messages = count(1)

    def say(self, store: Store, kind: str, payload: dict[str, Any]) -> None:
        """Deliver one message."""
        answer = hq_inbox.receive(store, webhook_id=f"demo-{next(self._messages):04}", kind=kind, payload=payload)
        if answer.receipt is not Receipt.APPLIED:
            raise RuntimeError(f"demo content does not fit: {kind} was answered {answer.receipt}: {answer.reason}")

    def answer(self, store: Store, kind: str, submission_id: str, **more: Any) -> None:
        """Deliver a message about the present round of a submission, with its reference."""
        with store.read() as session:
            submission = session.get_one(Submission, submission_id)
            revision = sent_revision(session, submission_id, submission.round)
        if revision is None:
            raise RuntimeError(f"submission {submission_id} has not been sent")
        payload: dict[str, Any] = {"submissionId": submission_id, "round": submission.round, "hqReference": f"ZB-{submission_id[:8]}"}
        if kind == "hqApprove":
            payload |= {"submissionHash": revision.submission_hash}
        self.say(store, kind, payload | more)

    def push(self, store: Store, subject_id: str, category_id: str, *, number: int, content: Content, note: str) -> None:
        """Deliver a version that headquarters made itself."""
        payload = {
            "knowledgeId": subject_id,
            "number": number,
            "categoryId": category_id,
            "base": number - 1 or None,
            "content": content.document(),
            "contentHash": content.hash,
            "distribution": provinces_for(content),
            "changeNote": note,
        }
        self.say(store, "hqPushVersion", payload)
