"""The real services behind the Driver door: labels to ids, model contents to real ones; observers read the committed database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from kbsearch.services import drafts, knowledge, quarantine, submissions, sweep
from kbsearch.services.drafts import Draft
from kbsearch.store.lives import Life, load_lives
from kbsearch.store.submissions import content_of, latest_revision
from kbsearch.store.tables import InboxMessage, OutboxMessage, OutboxStatus, Subject, Submission
from kbsearch.store.unit import Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import Scope as RealScope
from tests.services.house import HQ_NODE, LOCAL_NODE, House, refused
from tests.store.databases import Database

from .driver import Act
from .messages import Message
from .real_payloads import NO_HASH, Wire
from .things import Content, Kind, Person, Policy, Scope, Sent
from .timeline import Interval

POLICY = Policy()


@dataclass(frozen=True)
class Seen:
    """Everything observers answer from, read in one go after each step."""

    submissions: dict[str, Submission]
    lives: dict[str, Life]
    outbox: list[Sent]


class RealDriver:
    """One real system on an empty migrated database."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        limits = Deadlines(idle_warning=POLICY.warn_after, idle_close=POLICY.close_grace, hq=POLICY.result_due, claim=POLICY.lease)
        self.house = House(database.engine, now=now, deadlines=limits)
        self.people: dict[str, Actor] = {}
        self.ids: dict[str, str] = {}  # label → our id, submissions and knowledge alike
        self.wire = Wire(self.house, self.ids)
        self._seen: Seen | None = None

    @property
    def policy(self) -> Policy:
        return POLICY

    def enroll(self, person: Person) -> None:
        self.people[person.id] = self.house.enroll(person.id, *(Role(r) for r in sorted(person.roles)))

    def _try(self, operation: Callable[[Unit], object]) -> str:
        self._seen = None
        return refused(lambda: self.house.write(operation))[0]

    # --- people

    def draft(
        self, actor: str, submission: str, knowledge: str, *, kind: Kind, scope: Scope, content: Content | None, reason: str | None
    ) -> str:
        who, kid = self.people[actor], self.ids.get(knowledge, knowledge)
        made: list[Submission] = []

        def begin(unit: Unit) -> None:
            if kind is Kind.PUBLISH:
                assert content is not None
                node = HQ_NODE if scope is Scope.NATIONAL else LOCAL_NODE
                wanted, text = RealScope(scope.value), self.wire.content(content)
                made.append(drafts.draft_publish(unit, who, scope=wanted, content=text, draft=Draft(category_id=node)))
            elif kind is Kind.UPDATE:
                assert content is not None
                made.append(drafts.draft_update(unit, who, kid, content=self.wire.content(content), draft=Draft()))
            else:
                made.append(drafts.draft_revoke(unit, who, kid, reason=RevokeReason(reason or ""), **_PLAIN_REVOKE))

        answer = self._try(begin)
        if answer == "APPLIED":
            self.ids[submission] = made[0].id
            self.ids.setdefault(knowledge, made[0].subject_id)
        return answer

    def act(self, act: Act) -> str:
        sid = self.ids.get(act.submission, act.submission)
        return self._try(lambda unit: self._carry_out(unit, act, self.people[act.actor], sid))

    def _carry_out(self, unit: Unit, act: Act, who: Actor, sid: str) -> object:
        row = unit.session.get(Submission, sid)
        assert row is not None, "machine and situations act on what was drafted"
        lock = row.lock_version - (not act.fresh_lock)
        revision = latest_revision(unit.session, sid)
        kept = content_of(revision)
        text = kept if act.content is None else self.wire.content(act.content)
        codes, why = ((ReturnReason.OTHER,), "请改") if act.explained else ((), "")
        seen = revision.submission_hash if act.sees_current else NO_HASH
        match act.action:
            case "edit" if kept is None:
                assert row.revoke_reason is not None
                return drafts.edit_revoke(unit, who, sid, lock_version=lock, reason=row.revoke_reason, **_PLAIN_REVOKE)
            case "edit":
                assert text is not None
                return drafts.edit(unit, who, sid, lock_version=lock, content=text, draft=Draft())
            case "rebase":
                return drafts.rebase(unit, who, sid, lock_version=lock, content=None if kept is None else text)
            case "approve":
                return submissions.approve(unit, who, sid, lock_version=lock, submission_hash=seen, and_submit=act.and_submit)
            case "return":
                return submissions.send_back(unit, who, sid, lock_version=lock, reason_codes=codes, reason_text=why)
            case "reassign":
                return submissions.reassign(unit, who, sid, lock_version=lock, author_id=self.people[act.to].id)
            case "submitToHq":
                return submissions.submit_to_hq(unit, who, [(sid, lock)])
        return _PLAIN[act.action](unit, who, sid, lock_version=lock)

    def act_on_item(self, action: str, actor: str, knowledge: str) -> str:
        kid, who = self.ids.get(knowledge, knowledge), self.people[actor]

        def brake(unit: Unit) -> object:
            row = unit.session.get(Subject, kid)
            reason = {"reason_text": "核实中"} if action == "suspend" else {}
            return _ON_ITEMS[action](unit, who, kid, lock_version=row.lock_version if row else 1, **reason)

        return self._try(brake)

    # --- headquarters and the clock

    def deliver(self, webhook_id: str, message: Message) -> str:
        self._seen = None
        kind, payload = self.wire.payload(message)
        return self.house.hq(kind, webhook_id, **payload).receipt.value

    def add_category(self, category: str) -> None:
        self._seen = None
        if category not in self.house.nodes:
            assert self.house.add_hq_node(category).receipt == "APPLIED"

    def apply_quarantined(self, actor: str, webhook_id: str) -> str:
        return self._try(lambda u: quarantine.apply(u, self.people[actor], **self._delivery(u, webhook_id)))

    def discard_quarantined(self, actor: str, webhook_id: str) -> str:
        why = "核对过，不用"
        return self._try(lambda u: quarantine.discard(u, self.people[actor], **self._delivery(u, webhook_id), reason_text=why))

    @staticmethod
    def _delivery(unit: Unit, webhook_id: str) -> dict[str, Any]:
        row = unit.session.exec(select(InboxMessage).where(InboxMessage.webhook_id == webhook_id)).one()
        return {"inbox_id": row.id, "lock_version": row.lock_version}

    def advance(self, to: datetime) -> None:
        self._seen = None
        self.house.now = to
        sweep.sweep(self.house.store)

    # --- observers

    def _look(self) -> Seen:
        if self._seen is None:
            self._seen = self._read()
        return self._seen

    def _read(self) -> Seen:
        labels = {ours: label for label, ours in self.ids.items()}

        def everything(session: Session) -> Seen:
            rows = {s.id: s for s in session.exec(select(Submission))}
            lives = load_lives(session, session.exec(select(Subject.id)).all())
            # Asking for versions that deferred messages wait for moves nothing; the model does not ask.
            about = (OutboxMessage.destination == "hq", OutboxMessage.kind != "version.request")
            kept = select(OutboxMessage).where(*about, OutboxMessage.status != OutboxStatus.CANCELLED)
            sent = session.exec(kept.order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal))).all()
            return Seen(rows, lives, [_as_sent(m, labels) for m in sent])

        return self.house.read(everything)

    def state(self, submission: str) -> str:
        return self._look().submissions[self.ids[submission]].state.value

    def round(self, submission: str) -> int:
        return self._look().submissions[self.ids[submission]].round

    def lock_version(self, submission: str) -> int:
        return self._look().submissions[self.ids[submission]].lock_version

    def _life(self, knowledge: str) -> Life:
        return self._look().lives[self.ids.get(knowledge, knowledge)]

    def status(self, knowledge: str) -> str:
        return self._life(knowledge).status(self.house.now).value

    def in_force(self, knowledge: str, at: datetime) -> int | None:
        return self._life(knowledge).timeline.current(at)

    def live_intervals(self, knowledge: str) -> list[Interval]:
        return [Interval(i.number, i.live_from, i.live_to) for i in self._life(knowledge).timeline.intervals]

    def outbox(self) -> list[Sent]:
        return self._look().outbox


def _as_sent(message: OutboxMessage, labels: dict[str, str]) -> Sent:
    data: dict[str, Any] = message.payload
    if message.kind == "suspension.notice":
        return Sent(message.kind, labels.get(data["knowledgeId"], data["knowledgeId"]), None, str(data["suspended"]).lower())
    reason = data["reason"] if message.kind == "withdraw.request" else None
    return Sent(message.kind, labels[data["submissionId"]], data["round"], reason)


_PLAIN_REVOKE: dict[str, Any] = {"reason_text": "", "replacement_id": None, "effective_from": None, "draft": Draft()}
_PLAIN: dict[str, Callable[..., Submission]] = {
    "submitForReview": submissions.submit_for_review,
    "recall": submissions.recall,
    "void": submissions.void,
    "withdraw": submissions.withdraw,
    "claim": submissions.claim,
    "release": submissions.release,
}
_ON_ITEMS: dict[str, Callable[..., Subject]] = {
    "suspend": knowledge.suspend,
    "resume": knowledge.resume,
    "archive": knowledge.archive,
}
