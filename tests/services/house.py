"""The second-line system under a settable clock with people at their desks, for tests of operations; decides and asserts nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from kbsearch.content import Content
from kbsearch.errors import Refused
from kbsearch.services import drafts, hq_inbox, knowledge, people, submissions, sweep, taxonomy
from kbsearch.services.drafts import Draft
from kbsearch.services.hq_inbox import Answer
from kbsearch.store.submissions import latest_revision, sent_revision
from kbsearch.store.tables import OutboxMessage, Subject, Submission
from kbsearch.store.unit import Store, Unit
from kbsearch.workflow.actions import Role
from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.reasons import ReturnReason, RevokeReason
from kbsearch.workflow.states import Scope, Urgency

TEXT = Content(title="流量包", body="每月三十元")
START = datetime(2026, 11, 2, 1, tzinfo=UTC)
HQ_NODE, LOCAL_NODE = "HQ-ROOT", "LOCAL-ROOT"
INDEX = "index:embedded"
T = TypeVar("T")


class House:
    """One store with its people; every call is one transaction, as a request would make it."""

    def __init__(self, engine: Engine, *, now: datetime = START, deadlines: Deadlines | None = None) -> None:
        self.now = now
        self._ids, self._hooks, self._trees = count(1), count(1), 0
        self.nodes: list[str] = []
        self.store = Store(engine, lambda: self.now, self.new_id, deadlines or Deadlines(), (INDEX,))
        self.add_hq_node(HQ_NODE)
        self.write(lambda u: taxonomy.create_category(u, people.CONSOLE, name="本地", parent_id=None, category_id=LOCAL_NODE))

    def new_id(self) -> str:
        """Ids that repeat from run to run and sort as they were made."""
        return f"ID{next(self._ids):08d}"

    def write(self, operation: Callable[[Unit], T]) -> T:
        """Run one operation in its own transaction."""
        with self.store.write() as unit:
            return operation(unit)

    def read(self, query: Callable[[Session], T]) -> T:
        """Read what is committed."""
        with self.store.read() as session:
            found = query(session)
            session.expunge_all()  # rows stay readable after the session
            return found

    def pass_time(self, by: timedelta) -> dict[str, int]:
        """Let time go by and the sweeper run once."""
        self.now += by
        return sweep.sweep(self.store)

    def enroll(self, login: str, *roles: Role) -> Actor:
        """Somebody with these roles."""
        person = self.write(lambda u: people.create_person(u, people.CONSOLE, login=login, name=f"姓{login}", roles=roles))
        return Actor(person.id, frozenset(roles), login)

    # --- headquarters

    def hq(self, kind: str, webhook_id: str | None = None, **payload: Any) -> Answer:
        """Deliver a message, under a new webhook id unless one is given."""
        return hq_inbox.receive(self.store, webhook_id=webhook_id or f"wh-{next(self._hooks)}", kind=kind, payload=payload)

    def add_hq_node(self, node: str) -> Answer:
        """Headquarters' tree grows by one node."""
        self.nodes.append(node)
        return self._push_tree()

    def _push_tree(self) -> Answer:
        self._trees += 1
        tree = [{"id": n, "parentId": None, "name": n, "position": 0} for n in self.nodes]
        return self.hq("hqPushTaxonomy", treeVersion=self._trees, nodes=tree)

    def approval(self, submission_id: str, round_: int = 1, **more: Any) -> dict[str, Any]:
        """The payload of an approval that echoes what was sent."""
        return {"submissionId": submission_id, "round": round_, "submissionHash": self.sent_hash(submission_id, round_), **more}

    def sent_hash(self, submission_id: str, round_: int) -> str:
        """The submissionHash frozen for a round; that of the newest revision where nothing was."""

        def find(session: Session) -> str:
            revision = sent_revision(session, submission_id, round_) or latest_revision(session, submission_id)
            return revision.submission_hash

        return self.read(find)

    def hq_approves(self, submission_id: str, round_: int = 1, **more: Any) -> Answer:
        """审批通过."""
        return self.hq("hqApprove", **self.approval(submission_id, round_, **more))

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of what was written for headquarters, in order."""
        statement = select(OutboxMessage).where(OutboxMessage.destination == "hq", OutboxMessage.kind == kind)
        return [m.payload for m in self.rows(statement.order_by(col(OutboxMessage.sequence), col(OutboxMessage.ordinal)))]

    def rows(self, statement: SelectOfScalar[T]) -> list[T]:
        """Committed rows."""
        return self.read(lambda s: list(s.exec(statement).all()))

    def rows_of(self, table: type[T]) -> list[T]:
        """Every committed row of a table."""
        return self.rows(select(table))

    def drop_hq_node(self, node: str) -> Answer:
        """Headquarters' tree loses a node."""
        self.nodes.remove(node)
        return self._push_tree()

    # --- knowledge

    def _knowledge_lock(self, subject_id: str) -> int:
        return self.read(lambda s: s.get_one(Subject, subject_id).lock_version)

    def suspend(self, reviewer: Actor, subject_id: str) -> Subject:
        """停用."""
        lock = self._knowledge_lock(subject_id)
        return self.write(lambda u: knowledge.suspend(u, reviewer, subject_id, lock_version=lock, reason_text="核实中"))

    def resume(self, reviewer: Actor, subject_id: str) -> Subject:
        """恢复."""
        lock = self._knowledge_lock(subject_id)
        return self.write(lambda u: knowledge.resume(u, reviewer, subject_id, lock_version=lock))

    def archive(self, reviewer: Actor, subject_id: str) -> Subject:
        """归档."""
        lock = self._knowledge_lock(subject_id)
        return self.write(lambda u: knowledge.archive(u, reviewer, subject_id, lock_version=lock))

    # --- submissions

    def get(self, submission_id: str) -> Submission:
        """The committed row."""
        row = self.read(lambda s: s.get(Submission, submission_id))
        assert row is not None
        return row

    def draft(
        self, author: Actor, content: Content | None = None, *, scope: Scope = Scope.NATIONAL, urgency: Urgency = Urgency.NORMAL
    ) -> Submission:
        """A new publication."""
        draft = Draft(category_id=HQ_NODE if scope is Scope.NATIONAL else LOCAL_NODE, urgency=urgency)
        text = content or TEXT
        return self.write(lambda u: drafts.draft_publish(u, author, scope=scope, content=text, draft=draft))

    def draft_update(self, author: Actor, subject_id: str, content: Content | None = None) -> Submission:
        """A change of what is in force."""
        return self.write(lambda u: drafts.draft_update(u, author, subject_id, content=content, draft=Draft()))

    def draft_revoke(self, author: Actor, subject_id: str, reason: RevokeReason = RevokeReason.SERVICE_RETIRED, **more: Any) -> Submission:
        """An end of what is in force."""
        given = {"reason_text": "", "replacement_id": None, "effective_from": None, "draft": Draft(), **more}
        return self.write(lambda u: drafts.draft_revoke(u, author, subject_id, reason=reason, **given))

    def submit(self, author: Actor, submission_id: str) -> Submission:
        """提交审核."""
        lock = self.get(submission_id).lock_version
        return self.write(lambda u: submissions.submit_for_review(u, author, submission_id, lock_version=lock))

    def approve(self, reviewer: Actor, submission_id: str, *, and_submit: bool = False) -> Submission:
        """审核通过."""
        lock, seen = self.get(submission_id).lock_version, self.read(lambda s: latest_revision(s, submission_id).submission_hash)
        return self.write(
            lambda u: submissions.approve(u, reviewer, submission_id, lock_version=lock, submission_hash=seen, and_submit=and_submit)
        )

    def send_back(self, reviewer: Actor, submission_id: str) -> Submission:
        """审核退回."""
        lock, codes = self.get(submission_id).lock_version, (ReturnReason.OTHER,)
        return self.write(
            lambda u: submissions.send_back(u, reviewer, submission_id, lock_version=lock, reason_codes=codes, reason_text="请改")
        )

    def withdraw(self, actor: Actor, submission_id: str) -> Submission:
        """撤回."""
        lock = self.get(submission_id).lock_version
        return self.write(lambda u: submissions.withdraw(u, actor, submission_id, lock_version=lock))

    def void(self, actor: Actor, submission_id: str) -> Submission:
        """作废."""
        lock = self.get(submission_id).lock_version
        return self.write(lambda u: submissions.void(u, actor, submission_id, lock_version=lock))

    def to_hq(self, author: Actor, reviewer: Actor, submission_id: str) -> Submission:
        """From the author's desk to SUBMITTED."""
        self.submit(author, submission_id)
        return self.approve(reviewer, submission_id, and_submit=True)

    def in_force(self, author: Actor, reviewer: Actor, content: Content | None = None, *, scope: Scope = Scope.NATIONAL) -> str:
        """A knowledge item in force by the ordinary way; its id."""
        submission = self.draft(author, content, scope=scope)
        self.submit(author, submission.id)
        self.approve(reviewer, submission.id, and_submit=scope is Scope.NATIONAL)
        if scope is Scope.NATIONAL:
            self.hq_approves(submission.id)
        return submission.subject_id


def refused(operation: Callable[[], object]) -> tuple[str, str | None]:
    """(code, rule) of the first refusal; ("APPLIED", None) when it was carried out."""
    try:
        operation()
    except Refused as answer:
        return answer.refusals[0].code.value, answer.refusals[0].rule
    return "APPLIED", None
