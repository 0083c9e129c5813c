"""One submission of the demo from its draft to the state it is to stand in, by the operations people and headquarters use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kbsearch.content import Content
from kbsearch.seed.content import Calendar
from kbsearch.seed.headquarters import APPROVER, Headquarters, provinces_for
from kbsearch.services import drafts, submissions
from kbsearch.services.drafts import Draft
from kbsearch.store.submissions import latest_revision
from kbsearch.store.tables import Submission
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import Scope, SubmissionKind, SubmissionState, Urgency

S = SubmissionState
_TO_HQ = ("draft", "submit", "approve", "to_hq")
_AT_HQ = (*_TO_HQ, "acknowledge")
_PATHS: dict[SubmissionState, tuple[str, ...]] = {
    S.DRAFT: ("draft",),
    S.PENDING_REVIEW: ("draft", "submit"),
    S.RETURNED: ("draft", "submit", "send_back"),
    S.APPROVED: ("draft", "submit", "approve"),
    S.SUBMITTED: _TO_HQ,
    S.PENDING_HQ: _AT_HQ,
    S.HQ_RETURNED: (*_AT_HQ, "hq_return"),
    S.HQ_REJECTED: (*_AT_HQ, "hq_reject"),
    S.SCHEDULED: (*_AT_HQ, "hq_approve"),
    S.EFFECTIVE: (*_AT_HQ, "hq_approve"),
    S.WITHDRAW_PENDING: (*_AT_HQ, "withdraw"),
    S.BASE_CONFLICT: (*_AT_HQ, "push"),
    S.WITHDRAWN: ("draft", "submit", "approve", "withdraw"),
    S.VOIDED: ("draft", "void"),
    S.SUPERSEDED: ("draft", "submit"),  # another scene's revocation does the rest
    S.CLOSED_STALE: ("draft",),  # the sweeper does the rest
}
_ALL_LOCAL = ("draft", "submit", "approve")
# How long before loading the last step took place: everything waiting is in time, drafts are not idle yet.
_AGE: dict[SubmissionState, timedelta] = {
    S.DRAFT: timedelta(hours=20),
    S.PENDING_REVIEW: timedelta(hours=3),
    S.RETURNED: timedelta(hours=21),
    S.APPROVED: timedelta(hours=2),
    S.SUBMITTED: timedelta(minutes=15),
    S.PENDING_HQ: timedelta(hours=4),
    S.HQ_RETURNED: timedelta(hours=18),
    S.HQ_REJECTED: timedelta(days=3, hours=2),
    S.SCHEDULED: timedelta(days=1, hours=6),
    S.EFFECTIVE: timedelta(days=2, hours=4),
    S.WITHDRAW_PENDING: timedelta(hours=1),
    S.BASE_CONFLICT: timedelta(hours=26),
    S.WITHDRAWN: timedelta(days=4),
    S.VOIDED: timedelta(days=3),
    S.SUPERSEDED: timedelta(days=5),
    S.CLOSED_STALE: timedelta(days=44),
}
_URGENT_AGE = timedelta(minutes=10)
# How long after the step before each step comes; urgent work moves ten times as fast.
_AFTER = {
    "submit": timedelta(minutes=70),
    "send_back": timedelta(minutes=95),
    "approve": timedelta(minutes=110),
    "to_hq": timedelta(minutes=12),
    "acknowledge": timedelta(minutes=3),
    "hq_return": timedelta(hours=5),
    "hq_reject": timedelta(hours=6),
    "hq_approve": timedelta(hours=4),
    "withdraw": timedelta(hours=2),
    "push": timedelta(hours=7),
    "void": timedelta(hours=9),
}
_APART = timedelta(minutes=7)


@dataclass
class Scene:
    """`people` are actors by login; `submission_id` is known once the draft is made."""

    data: dict[str, Any]
    people: dict[str, Actor]
    calendar: Calendar
    headquarters: Headquarters
    submission_id: str = ""

    @property
    def local(self) -> bool:
        """Whether headquarters has no part in it."""
        return bool(self.data["scope"] == Scope.LOCAL)

    @property
    def state(self) -> SubmissionState:
        """Where it is to stand in the end."""
        return SubmissionState(self.data["state"])

    @property
    def match(self) -> str:
        """Words of the title headquarters' desk shows this submission under: a REVOKE is known there by its reason."""
        return str(self.data["content"]["title"] if self.data["content"] else self.data["revoke"]["text"])

    def steps(self, place: int) -> list[tuple[timedelta, Callable[[Store], None]]]:
        """(how long before loading, what happens), first to last; `place` in the file keeps scenes apart where it says no `ago`."""
        path = _PATHS[self.state]
        if self.local and self.state in (S.SCHEDULED, S.EFFECTIVE):
            path = _ALL_LOCAL
        urgent = self.data["urgency"] == Urgency.URGENT
        waiting = self.state in (S.PENDING_REVIEW, S.PENDING_HQ, S.SUBMITTED)
        ago = _URGENT_AGE if urgent and waiting else _AGE[self.state] + _APART * (0 if self.state is S.SUBMITTED else 40 - place)
        if "ago" in self.data:
            ago = self.calendar.now - self.calendar.at(self.data["ago"])
        told: list[tuple[timedelta, Callable[[Store], None]]] = []
        for name in reversed(path):
            told.insert(0, (ago, getattr(self, name)))
            ago += _AFTER.get(name, timedelta()) / (10 if urgent else 1)
        return told

    def _content(self) -> Content | None:
        return self.calendar.content(self.data["content"]) if self.data["content"] else None

    def draft(self, store: Store) -> None:
        """The author writes it."""
        with store.write() as unit:
            self.submission_id = self._draft(unit, self.people[self.data["author"]]).id

    def _draft(self, unit: Unit, author: Actor) -> Submission:
        content, told = self._content(), self.data["content"] or {}
        draft = Draft(
            category_id=self.data["categoryId"],
            urgency=Urgency(self.data["urgency"]),
            change_note=told.get("changeNote"),
            material=told.get("material"),
        )
        if self.data["kind"] == SubmissionKind.PUBLISH:
            return drafts.draft_publish(unit, author, scope=Scope(self.data["scope"]), content=content or Content(), draft=draft)
        if self.data["kind"] == SubmissionKind.UPDATE:
            return drafts.draft_update(unit, author, self.data["sourceId"], content=content, draft=draft)
        revoke = self.data["revoke"]
        reason = RevokeReason(revoke["reason"])
        return drafts.draft_revoke(
            unit,
            author,
            self.data["sourceId"],
            reason=reason,
            reason_text=revoke["text"],
            replacement_id=revoke["replacementSourceId"] if reason is RevokeReason.MERGED else None,
            effective_from=None,
            draft=Draft(urgency=Urgency(self.data["urgency"])),
        )

    def _lock(self, unit: Unit) -> int:
        return unit.session.get_one(Submission, self.submission_id).lock_version

    def submit(self, store: Store) -> None:
        """The author hands it to the reviewers."""
        with store.write() as unit:
            submissions.submit_for_review(unit, self.people[self.data["author"]], self.submission_id, lock_version=self._lock(unit))

    def approve(self, store: Store) -> None:
        """The reviewer approves what they see."""
        with store.write() as unit:
            seen = latest_revision(unit.session, self.submission_id).submission_hash
            reviewer = self.people[self.data["reviewer"]]
            submissions.approve(unit, reviewer, self.submission_id, lock_version=self._lock(unit), submission_hash=seen)

    def send_back(self, store: Store) -> None:
        """The reviewer returns it with reasons."""
        why = self.data["returnReason"]
        codes = [ReturnReason(c) for c in why["codes"]]
        with store.write() as unit:
            reviewer = self.people[self.data["reviewer"]]
            submissions.send_back(
                unit, reviewer, self.submission_id, lock_version=self._lock(unit), reason_codes=codes, reason_text=why["text"]
            )

    def to_hq(self, store: Store) -> None:
        """The reviewer hands it to headquarters."""
        with store.write() as unit:
            submissions.submit_to_hq(unit, self.people[self.data["reviewer"]], [(self.submission_id, self._lock(unit))])

    def withdraw(self, store: Store) -> None:
        """The author asks for it back."""
        with store.write() as unit:
            author = self.people[self.data["author"]]
            submissions.withdraw(unit, author, self.submission_id, lock_version=self._lock(unit), reason_text=self.data["note"])

    def void(self, store: Store) -> None:
        """The author ends it."""
        with store.write() as unit:
            author = self.people[self.data["author"]]
            submissions.void(unit, author, self.submission_id, lock_version=self._lock(unit), reason_text=self.data["note"])

    def acknowledge(self, store: Store) -> None:
        """Headquarters has it."""
        self.headquarters.answer(store, "hqAcknowledge", self.submission_id)

    def hq_approve(self, store: Store) -> None:
        """Headquarters approves and says who gets it."""
        self.headquarters.answer(store, "hqApprove", self.submission_id, distribution=self._distribution(), approver=APPROVER)

    def _distribution(self) -> list[str]:
        return provinces_for(self._content())

    def hq_return(self, store: Store) -> None:
        """Headquarters returns it with reasons."""
        self._decline(store, "hqReturn")

    def hq_reject(self, store: Store) -> None:
        """Headquarters rejects it for good."""
        self._decline(store, "hqReject")

    def _decline(self, store: Store, kind: str) -> None:
        why = self.data["returnReason"]
        more = {"reasonCodes": why["codes"], "reasonText": why["text"], "approver": APPROVER}
        self.headquarters.answer(store, kind, self.submission_id, **more)

    def push(self, store: Store) -> None:
        """Headquarters publishes its own next version under the open update."""
        pushed = self.data["baseMovedBy"]
        content = self.calendar.content(pushed)
        source_id, category_id = self.data["sourceId"], self.data["categoryId"]
        self.headquarters.push(store, source_id, category_id, number=pushed["number"], content=content, note=pushed["changeNote"])
