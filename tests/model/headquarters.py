"""What HQ's messages do in the model: product.md §3.1 rows for HQ and the races of §3.3, each answered with a receipt."""

from __future__ import annotations

from dataclasses import replace

from .ledger import Delivery
from .messages import Acknowledge, Approve, Message, PushRevocation, PushVersion, Reject, Return, SubmissionMessage, WithdrawResult
from .people import APPLIED, ILLEGAL_TRANSITION, NOT_FOUND, PERMISSION_DENIED, RULE_VIOLATED, PeopleActions
from .things import AT_HQ, TERMINAL, Decision, Kind, Knowledge, Revocation, S, Scope, State, Submission, Version
from .timeline import last_in_force, walk

DUPLICATE, DEFERRED, OUT_OF_DATE, QUARANTINED, REJECTED = "DUPLICATE", "DEFERRED", "OUT_OF_DATE", "QUARANTINED", "REJECTED"
DISCARDED = "DISCARDED"


class HqActions(PeopleActions):
    """`deliver` is the only door; everything behind it runs once per distinct message."""

    def deliver(self, webhook_id: str, message: Message) -> str:
        """Store the message, carry it out, answer a receipt; the same id is answered as the first time."""
        known = self.inbox.get(webhook_id)
        if known is not None:
            if known.message == message:
                return known.receipt
            self.alarms.append(f"same id, other payload: {webhook_id}")
            return QUARANTINED
        receipt = self._judge(message)
        if receipt in {QUARANTINED, DEFERRED} and any(d.message == message and d.outcome == receipt for d in self.inbox.values()):
            receipt = DUPLICATE
        self.inbox[webhook_id] = Delivery(message, receipt, receipt)
        self._finish_deferred()
        return receipt

    def add_category(self, category: str) -> None:
        """The taxonomy grew: what waited for it is applied."""
        self.categories.add(category)
        self._finish_deferred()

    def _finish_deferred(self) -> None:
        progress = True
        while progress:
            progress = False
            for delivery in self.inbox.values():
                if delivery.outcome == DEFERRED:
                    delivery.outcome = self._judge(delivery.message, again=True)
                    progress |= delivery.outcome != DEFERRED

    def _judge(self, message: Message, *, again: bool = False) -> str:
        if isinstance(message, PushVersion | PushRevocation):
            if not again and any(d.message == message and d.outcome in {APPLIED, DEFERRED} for d in self.inbox.values()):
                return DUPLICATE
            return self._push_version(message) if isinstance(message, PushVersion) else self._push_revocation(message)
        s = self.submissions.get(message.submission)
        if s is None or s.scope is Scope.LOCAL or message.round > s.round or message.round < 1:
            return REJECTED
        if isinstance(message, Acknowledge):
            return self._acknowledge(s, message)
        if isinstance(message, WithdrawResult):
            return self._withdraw_result(s, message)
        return self._decide(s, message)

    # --- receipt and withdrawal

    def _acknowledge(self, s: Submission, message: Acknowledge) -> str:
        if s.acknowledged.get(message.round) == message.reference:
            return DUPLICATE
        s.acknowledged[message.round] = s.references[message.round] = message.reference
        if message.round == s.round and s.state is State.SUBMITTED:
            self.record(s, "HQ", "acknowledge", State.PENDING_HQ)
            return APPLIED
        return OUT_OF_DATE

    def _withdraw_result(self, s: Submission, message: WithdrawResult) -> str:
        current = message.round == s.round
        asked = current and (s.state is S.WITHDRAW_PENDING or (s.state is S.SCHEDULED and s.withdraw_asked))
        answers = s.withdraw_answers.setdefault(message.round, [])
        if asked:
            answers.append(message.granted)
            s.withdraw_asked = False
            self._withdrawal_answered(s, granted=message.granted)
            return APPLIED
        if message.granted in answers:
            return DUPLICATE
        if message.granted and current and s.state is S.EFFECTIVE:
            self.alarms.append(f"withdrawal granted after {s.id} took effect")
            return QUARANTINED
        return OUT_OF_DATE

    def _withdrawal_answered(self, s: Submission, *, granted: bool) -> None:
        if granted:
            self.unaccept(s)
            self.record(s, "HQ", "withdrawGranted", State.WITHDRAWN)
        else:
            scheduled = State.SCHEDULED in {s.state, s.came_from}
            self.record(s, "HQ", "withdrawRefused", State.SCHEDULED if scheduled else State.PENDING_HQ)

    # --- decisions

    def _decide(self, s: Submission, message: Approve | Return | Reject) -> str:
        if self._malformed(s, message):
            return REJECTED
        if not self._awaits_decision(s, message.round):
            return self._decision_without_row(s, message)
        decision = self._decision(s, message)
        if isinstance(message, Approve):
            if self._contradicts(s, message, decision):
                self.alarms.append(f"approval of {s.id} contradicts what is held")
                return QUARANTINED
            self._carry_out_approval(s, decision, message)
            decision = replace(decision, number=self._number_given(s))
        s.decisions[message.round] = decision
        if isinstance(message, Return):
            self.record(s, "HQ", "hqReturn", State.HQ_RETURNED, message.codes)
        elif isinstance(message, Reject):
            self.record(s, "HQ", "hqReject", State.HQ_REJECTED, message.codes)
        return APPLIED

    @staticmethod
    def _malformed(s: Submission, message: Approve | Return | Reject) -> bool:
        if not isinstance(message, Approve):
            return not message.codes or not message.text
        text_wrong = message.content is not None and (s.kind is Kind.REVOKE or not message.content.valid or not message.content_hash_ok)
        return text_wrong or (message.number is not None and message.number < 1)

    @staticmethod
    def _awaits_decision(s: Submission, round_: int) -> bool:
        """SUBMITTED, PENDING_HQ, or WITHDRAW_PENDING that came from these, in this very round."""
        waiting = s.state is State.WITHDRAW_PENDING and s.came_from in AT_HQ
        return round_ == s.round and (waiting or s.state in AT_HQ)

    def _decision(self, s: Submission, message: SubmissionMessage) -> Decision:
        if not isinstance(message, Approve):
            return Decision("RETURN" if isinstance(message, Return) else "REJECT")
        ours = s.sent[message.round][1] if message.round in s.sent else s.content
        content = message.content or ours
        return Decision("APPROVE", message.number, content.moved(message.effective_from) if content else None, message.effective_from)

    def _decision_without_row(self, s: Submission, message: Approve | Return | Reject) -> str:
        """An older, ended or decided round: same decision DUPLICATE; another one on a decided round QUARANTINED."""
        first, now = s.decisions.get(message.round), self._decision(s, message)
        if first is not None and _same(first, now) and (not isinstance(message, Approve) or message.echoes or message.content):
            return DUPLICATE
        if first is None and not isinstance(message, Approve):
            return OUT_OF_DATE
        self.alarms.append(f"decision on round {message.round} of {s.id} comes too late or second")
        return QUARANTINED

    def _contradicts(self, s: Submission, message: Approve, decision: Decision) -> bool:
        if not message.echoes and message.content is None:
            return True
        if s.kind is Kind.REVOKE or message.number is None:
            return False
        item = self.knowledge[s.knowledge]
        held = item.held(message.number)
        if held is not None:
            return held.content != decision.content
        floor = max([s.base or 0, *(r.number for r in walk(item, self.now).effective_revocations)])
        return message.number <= floor

    def _carry_out_approval(self, s: Submission, decision: Decision, message: Approve) -> None:
        if s.kind is Kind.REVOKE:
            s.effective_from = message.effective_from or s.effective_from
        else:
            s.content = decision.content
        held = self.knowledge[s.knowledge].held(message.number) if s.kind is not Kind.REVOKE else None
        if held is not None:  # the number is held with this very text: a confirmation, no new version
            held.submission = held.submission or s.id
            day = held.live_from
            self.record(s, "HQ", "hqApprove", State.SCHEDULED if day > self.now else State.EFFECTIVE)
            return
        self.finally_approved(s, "HQ", "hqApprove", message.number)

    def _number_given(self, s: Submission) -> int | None:
        return next((v.number for v in self.knowledge[s.knowledge].versions if v.submission == s.id), None)

    # --- pushes

    def _push_version(self, message: PushVersion) -> str:
        if message.number < 1 or not message.content_hash_ok or not message.content.valid:
            return REJECTED
        item = self.knowledge.get(message.knowledge)
        if item is not None and item.scope is Scope.LOCAL:
            return QUARANTINED
        if message.category not in self.categories:
            return DEFERRED
        origin = self.submissions.get(message.origin[0]) if message.origin else None
        if message.origin and (origin is None or origin.knowledge != message.knowledge or origin.kind is Kind.REVOKE):
            return REJECTED
        if message.origin and origin is not None and self._awaits_decision(origin, message.origin[1]):
            return self._approval_by_push(origin, message)
        held = item.held(message.number) if item else None
        if item is not None and held is not None:
            return self._confirm(item, held, message)
        if message.origin and origin is not None:
            return self._approval_by_push(origin, message)
        history = item is not None and self._is_history(item, message.number)
        if message.base is not None and not history and (item is None or item.held(message.base) is None):
            return DEFERRED
        self._store_push(message)
        return APPLIED

    def _approval_by_push(self, s: Submission, message: PushVersion) -> str:
        assert message.origin is not None
        if message.origin[1] > s.round:
            return REJECTED
        approval = Approve(s.id, message.origin[1], echoes=True, number=message.number, content=message.content)
        return self._decide(s, approval)

    def _confirm(self, item: Knowledge, held: Version, message: PushVersion) -> str:
        """The number is held: the same text is a confirmation and brings category and distribution, another is a contradiction."""
        if held.content != message.content:
            self.alarms.append(f"number {held.number} of {item.id} held with other content")
            return QUARANTINED
        category = message.category if self._places(item, held.number) else item.category
        if (item.category, held.distribution) == (category, message.distribution):
            return DUPLICATE
        item.category, held.distribution = category, message.distribution
        return APPLIED

    def _is_history(self, item: Knowledge, number: int) -> bool:
        """Below the version last in force, or ended by a revocation that took effect."""
        here = walk(item, self.now)
        return number < (here.last.number if here.last else 0) or number <= here.ended_up_to

    @staticmethod
    def _places(item: Knowledge, number: int) -> bool:
        """The highest number says where the item hangs, in whatever order they come."""
        return number >= max((v.number for v in item.versions if v.accepted), default=0)

    def _store_push(self, message: PushVersion) -> None:
        item = self.knowledge.get(message.knowledge)
        if item is None:
            item = self.knowledge[message.knowledge] = Knowledge(message.knowledge, Scope.NATIONAL, "HQ", message.category)
        history = self._is_history(item, message.number)
        live_from = self.live_from(message.content.effective_from)
        version = Version(message.number, message.content, live_from, self.now, message.base, history_only=history)
        version.distribution = message.distribution
        if self._places(item, message.number):
            item.category = message.category
        item.versions.append(version)
        self.settle(item)

    def _push_revocation(self, message: PushRevocation) -> str:
        if message.number < 1 or (message.reason == "MERGED") != (message.replacement is not None):
            return REJECTED
        item = self.knowledge.get(message.knowledge)
        if item is None:  # arrives first: a tombstone
            item = self.knowledge[message.knowledge] = Knowledge(message.knowledge, Scope.NATIONAL, "HQ", "HQ-ROOT")
        if item.scope is Scope.LOCAL:
            return QUARANTINED
        known = next((r for r in item.revocations if r.accepted and r.at <= self.now and r.number == message.number), None)
        if known is not None:
            return DUPLICATE if known.reason == message.reason else QUARANTINED
        item.revocations.append(Revocation(message.number, self.live_from(message.effective_from), message.reason))
        self.settle(item)
        return APPLIED

    # --- quarantine

    def apply_quarantined(self, actor: str, webhook_id: str) -> str:
        """A reviewer applies it: an approval as HQ's push, anything else through the table again; answers APPLIED or a refusal."""
        if refusal := self._quarantine_refused(actor, webhook_id):
            return refusal
        delivery = self.inbox[webhook_id]
        if isinstance(delivery.message, Approve):
            outcome = self._approval_as_push(delivery.message)
        else:
            outcome = self._judge(delivery.message, again=True)
        if outcome not in {APPLIED, DUPLICATE}:
            return RULE_VIOLATED  # it still contradicts: it stays in quarantine, to be discarded or sent anew
        delivery.outcome = APPLIED
        self._finish_deferred()
        return APPLIED

    def discard_quarantined(self, actor: str, webhook_id: str) -> str:
        """A reviewer sets it aside for good."""
        if refusal := self._quarantine_refused(actor, webhook_id):
            return refusal
        self.inbox[webhook_id].outcome = DISCARDED
        return APPLIED

    def _quarantine_refused(self, actor: str, webhook_id: str) -> str | None:
        roles = self.people[actor].roles
        if "REVIEWER" not in roles:
            return PERMISSION_DENIED
        if webhook_id not in self.inbox:
            return NOT_FOUND
        return None if self.inbox[webhook_id].outcome == QUARANTINED else ILLEGAL_TRANSITION

    def _approval_as_push(self, message: Approve) -> str:
        s = self.submissions[message.submission]
        item = self.knowledge[s.knowledge]
        if message.round not in s.sent and (s.kind is Kind.REVOKE or message.content is None):
            return QUARANTINED  # nobody knows what HQ approved there
        last = last_in_force(item, self.now)
        base, ours = s.sent.get(message.round, (last.number if last else None, None))
        content = (message.content or ours) if s.kind is not Kind.REVOKE else None
        number = message.number or item.next_number()
        held = item.held(number)
        if held is not None and content is not None and held.content != content.moved(message.effective_from):
            return QUARANTINED
        if s.state not in TERMINAL:
            self.supersede(s, tell_hq=message.round < s.round)
        if content is not None:
            if held is None:
                self._store_push(PushVersion(s.knowledge, number, content.moved(message.effective_from), item.category, base))
        elif base is not None:
            item.revocations.append(Revocation(base, self.live_from(message.effective_from or s.effective_from), s.reason or ""))
            self.settle(item)
        return APPLIED


def _same(first: Decision, second: Decision) -> bool:
    """Two approvals agree when text, date and, where both name one, number agree; other decisions by their kind."""
    numbers = {n for n in (first.number, second.number) if n is not None}
    same_day = first.content is not None or first.effective_from == second.effective_from  # a text has its day in it
    return first.kind == second.kind and len(numbers) < 2 and first.content == second.content and same_day
